// The energy table (the paper's Table IV), the sentence above it and the table of all runs.

const mostEnergy = Math.max(...data.modes.map((mode) => mode.all.energy_j[1]));
const inKwh = mostEnergy >= 100e6;
const energyScale = inKwh ? 3.6e6 : 1000, energyUnit = inKwh ? 'kWh' : 'kJ';
const energyText = (joules, unit = ` ${energyUnit}`) => number(joules / energyScale, 1) + unit;

// As many places as the greatest of a column needs.
function fineDigits(name) {
  const most = Math.max(0, ...data.modes.map((mode) => (mode.all[name] ? mode.all[name][1] : 0)));
  return most >= 10 ? 1 : most >= .1 ? 2 : 4;
}

const figureColumns = [
  { name: 'energy_j', title: `Energy (${energyUnit})`, scale: 1 / energyScale, digits: 1 },
  { name: 'saved_pct', title: 'Saved energy (%)', digits: 1 },
  { name: 'eliminated_pct', title: 'Avoidable overhead eliminated (%)', digits: 1 },
  { name: 'hosts_on_mean', title: 'Hosts on, mean', digits: 2 },
  { name: 'lost_cpu_s', title: 'Lost CPU (s)', digits: 1 },
  { name: 'migrations', title: 'Migrations', digits: 0 },
  { name: 'downtime_ms_p99', title: 'Downtime p99 (ms)', digits: 0 },
  { name: 'slatah_pct', title: 'SLATAH (%)', digits: fineDigits('slatah_pct') },
  { name: 'pdm_pct', title: 'PDM (%)', digits: fineDigits('pdm_pct') },
];

const show = (column, value) => number(value * (column.scale || 1), column.digits);

function figureCell(mode, column) {
  const spread = mode.all[column.name];
  if (!spread) return element('td', {}, '\u2013');
  const cell = element('td', { 'data-mode': mode.name, 'data-figure': column.name, 'data-value': spread[1] },
    show(column, spread[1]));
  if (mode.runs.length > 1)
    cell.append(element('small', {}, `${show(column, spread[0])} \u2026 ${show(column, spread[2])}`));
  const reference = mode.reference && mode.reference[column.name];
  if (reference !== undefined && reference !== null)
    cell.append(element('small', { class: 'reference' }, `paper ${show(column, reference)}`));
  return cell;
}

function heads(titles) {
  return element('thead', {}, element('tr', {}, ...titles.map((title) => element('th', {}, title))));
}

function drawFigures() {
  const rows = data.modes.map((mode) => element('tr', {},
    element('td', {}, modeKey(mode), mode.name),
    ...figureColumns.map((column) => figureCell(mode, column))));
  put('figures', heads(['', ...figureColumns.map((column) => column.title)]), element('tbody', {}, ...rows));
  const notes = ['Saved: of the energy of none. Avoidable overhead: what ideal saves.',
    'Lost CPU: what VMs asked for and did not get. SLATAH: of the time of awake hosts, while VMs on one lacked CPU. ' +
    'PDM: of the CPU asked for, what VMs lacked while they migrated.'];
  if (several) notes.unshift('Medians of all seeds; below each, 10 \u2026 90 % of the seeds.');
  if (data.modes.some((mode) => mode.reference)) notes.push(`Paper: ${data.reference}.`);
  put('figures-note', notes.join(' '));
}

function sentence(mode) {
  const saved = mode.all.saved_pct, share = mode.all.eliminated_pct;
  const median = mode.runs.length > 1 ? ` in the median of ${mode.runs.length} seeds` : '';
  const less = saved[1] < 0 ? 'more' : 'less';
  let text = ` used ${number(Math.abs(saved[1]), 1)}\u00a0% ${less} energy than no consolidation${median}`;
  if (share) text += `: ${number(share[1], 1)}\u00a0% of what could have been avoided`;
  return element('p', {}, element('strong', {}, mode.name), text + '.');
}

function drawHeadline() {
  for (const mode of data.modes)
    if (!isBaseline(mode) && mode.all.saved_pct) put('headline', sentence(mode));
}

const kMostRows = 1000;

function drawRuns() {
  const rows = data.modes.flatMap((mode) => mode.runs.map((run) => ({ mode, run })));
  const body = rows.slice(0, kMostRows).map(({ mode, run }) => element('tr', {},
    element('td', {}, mode.name), element('td', {}, String(run.seed)),
    ...figureColumns.map((column) => element('td', {},
      run[column.name] === null ? '\u2013' : show(column, run[column.name])))));
  put('runs', heads(['', 'Seed', ...figureColumns.map((column) => column.title)]), element('tbody', {}, ...body));
  const left = rows.length - body.length;
  put('runs-note', left > 0 ? `${left} more are in summary.json.` : 'The same figures are in summary.json.');
}

function drawCommands() {
  for (const mode of data.modes)
    if (mode.command) put('commands', element('p', {}, modeKey(mode), `${mode.name}, seed ${data.seed}`),
      element('code', {}, mode.command));
}
