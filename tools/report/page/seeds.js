// Every seed a mark, 10 to 90 % of them a bar, the median a line: one strip a mode.

const strip = { left: 110, width: 1000, row: 34, top: 20 };

function niceStep(span, most) {
  const raw = span / most, power = 10 ** Math.floor(Math.log10(raw));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => step >= raw);
}

function scaleOf(values) {
  const step = niceStep(Math.max(...values) - Math.min(...values) || 1, 8);
  const low = Math.floor(Math.min(...values) / step) * step, high = Math.ceil(Math.max(...values) / step) * step;
  const ticks = [];
  for (let tick = low; tick <= high + step / 2; tick += step) ticks.push(Math.round(tick / step) * step);
  const at = (value) => strip.left + (value - low) / (high - low || 1) * (strip.width - strip.left - 20);
  return { at, ticks };
}

function drawStrip(picture, scale, figure, mode, row) {
  const y = strip.top + row * strip.row + strip.row / 2, color = modeStyle(mode).color;
  const [low, median, high] = mode.all[figure].map(scale.at);
  picture.append(svg('text', { x: 0, y: y + 4, class: 'name' }, mode.name),
    svg('rect', { x: low, y: y - 9, width: Math.max(1, high - low), height: 18, fill: color, opacity: .18 }));
  for (const run of mode.runs)
    picture.append(svg('line', { x1: scale.at(run[figure]), x2: scale.at(run[figure]), y1: y - 6, y2: y + 6,
      stroke: color, 'stroke-width': 1, opacity: .55 }));
  picture.append(svg('line', { x1: median, x2: median, y1: y - 12, y2: y + 12, stroke: color, 'stroke-width': 3 }));
  drawReference(picture, scale, mode.reference && mode.reference[figure], y);
}

function drawReference(picture, scale, value, y) {
  if (value === undefined || value === null) return;
  const x = scale.at(value);
  picture.append(svg('path', { d: `M${x} ${y - 9} l5 -8 h-10 z`, fill: '#000' }));
}

function drawStrips(figure, title, without) {
  const modes = data.modes.filter((mode) => mode.all[figure] && mode.runs.length > 1 && mode.name !== without);
  if (!modes.length) return;
  const values = modes.flatMap((mode) => [...mode.runs.map((run) => run[figure]),
    ...(mode.reference && typeof mode.reference[figure] === 'number' ? [mode.reference[figure]] : [])]);
  const scale = scaleOf(values), bottom = strip.top + modes.length * strip.row;
  const picture = svg('svg', { viewBox: `0 0 ${strip.width} ${bottom + 20}`, width: strip.width, role: 'img',
    'aria-label': title });
  for (const tick of scale.ticks)
    picture.append(svg('line', { x1: scale.at(tick), x2: scale.at(tick), y1: strip.top, y2: bottom, stroke: '#e3e3e3' }),
      svg('text', { x: scale.at(tick), y: bottom + 15, 'text-anchor': 'middle' }, `${tick} %`));
  modes.forEach((mode, row) => drawStrip(picture, scale, figure, mode, row));
  put('strips', element('h3', {}, title), picture);
}

function drawSeeds() {
  if (!several) return;
  document.getElementById('seeds').hidden = false;
  const reference = data.modes.some((mode) => mode.reference) ? `; a black triangle is the value of ${data.reference}` : '';
  put('seeds-note', `A thin mark is one seed, the shaded bar 10 to 90 % of them, the thick mark the median${reference}.`);
  drawStrips('saved_pct', 'Saved energy, of none');
  drawStrips('eliminated_pct', 'Share of the avoidable overhead eliminated', 'ideal');
}
