// The energy of the run shown by what it was spent on: a bar for each mode, all on one scale.

const causes = {
  vms: ['running VMs', '#4d7f52'],
  idle: ['hosts awake: their idle power', '#e0b95b'],
  transition: ['hosts going to sleep and waking', '#c8703f'],
  migration: ['migrations', '#7d5a94'],
  sleep: ['hosts asleep', '#93a7b8'],
  network: ['switches', '#c6c6c6'],
};
const causeName = (cause) => (causes[cause] || [cause])[0];
const causeColor = (cause) => (causes[cause] || ['', '#6b6b6b'])[1];

const bar = { left: 110, width: 1000, row: 30, height: 20 };

function drawBar(picture, mode, row, scale) {
  const y = row * bar.row;
  picture.append(svg('text', { x: 0, y: y + 15, class: 'name' }, mode.name));
  let x = bar.left;
  for (const [cause, joules] of mode.booked) {
    const part = svg('rect', { x, y, width: joules * scale, height: bar.height, fill: causeColor(cause) });
    part.append(svg('title', {}, `${mode.name}, ${causeName(cause)}: ${energyText(joules)}`));
    picture.append(part);
    if (joules * scale > 45) picture.append(svg('text', { x: x + 5, y: y + 15, class: 'part' }, energyText(joules, '')));
    x += joules * scale;
  }
}

function drawCauses() {
  const modes = data.modes.filter((mode) => mode.booked);
  if (!modes.length) return;
  document.getElementById('causes').hidden = false;
  const total = (mode) => mode.booked.reduce((all, [, joules]) => all + joules, 0);
  const scale = (bar.width - bar.left - 20) / Math.max(...modes.map(total));
  const picture = svg('svg', { viewBox: `0 0 ${bar.width} ${modes.length * bar.row}`, width: bar.width, role: 'img',
    'aria-label': 'Energy by cause' });
  modes.forEach((mode, row) => drawBar(picture, mode, row, scale));
  put('bars', picture);
  put('causes-note', `In ${energyUnit}, of seed ${data.seed}. Every joule is booked to one cause.`);
  for (const cause of Object.keys(causes))
    if (modes.some((mode) => mode.booked.some(([name, joules]) => name === cause && joules > 0)))
      put('causes-legend', element('span', {}, swatch(causeColor(cause)), causeName(cause)));
}
