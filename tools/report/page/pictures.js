// The paper's pictures: active hosts and watts of all modes (Fig. 8, 9), watts by host (Fig. 7) and
// CPU by VM (Fig. 6).

function band(track, scale) {
  return track.mean.map((mean, i) => [track.low[i] * scale, mean * scale, track.high[i] * scale]);
}

function trackText(track, scale, digits, unit) {
  return (row) => {
    const value = number(track.mean[row] * scale, digits);
    const range = track.low[row] === track.high[row] ? ''
      : ` (${number(track.low[row] * scale, 0)} \u2026 ${number(track.high[row] * scale, 0)})`;
    return `${value}${unit}${range}`;
  };
}

// Whole hosts only.
function hostTicks(from, to, pixels) {
  const step = Math.max(1, niceStep(to - from, pixels / 22)), ticks = [];
  for (let tick = 0; tick <= to; tick += step) ticks.push({ v: tick, label: String(tick) });
  return ticks;
}

// A baseline so far above all others that it would press them to the ground is left above the picture.
const kFarAbove = 5;

function farAbove(name) {
  const none = shownModes.find((mode) => mode.name === 'none');
  const others = shownModes.filter((mode) => mode !== none);
  if (!none || !others.length) return undefined;
  const top = Math.max(...others.flatMap((mode) => mode.shown[name].high));
  return Math.min(...none.shown[name].low) > kFarAbove * top ? none : undefined;
}

function sayFarAbove() {
  const hosts = farAbove('on'), watts = farAbove('watts'), mean = (row) => row.reduce((a, b) => a + b, 0) / row.length;
  const said = [hosts && `${number(mean(hosts.shown.on.mean) / 100, 0)} hosts`,
    watts && `${number(mean(watts.shown.watts.mean) / 10, 0)} W`].filter(Boolean);
  if (said.length) put('above-note', `none, with ${said.join(' and ')} in the mean, lies far above the picture.`);
}

// The widest line first, so that a thin one over it hides nothing.
function drawTogether(id, name, scale, digits, unit, options) {
  const modes = [...shownModes].sort((one, other) => modeStyle(other).width - modeStyle(one).width);
  const series = modes.map((mode) => ({
    label: mode.name, color: modeStyle(mode).color, key: () => modeKey(mode),
    column: band(mode.shown[name], scale), text: trackText(mode.shown[name], scale, digits, unit),
  }));
  const each = {};
  modes.forEach((mode, i) => {
    each[`s${i}`] = { strokePattern: modeStyle(mode).dash || null, strokeWidth: modeStyle(mode).width };
  });
  const drawn = shownModes.filter((mode) => mode !== farAbove(name));
  const top = Math.max(...drawn.flatMap((mode) => mode.shown[name].high)) * scale;
  addChart(document.getElementById(id), '', series,
    { customBars: true, fillAlpha: .15, series: each, valueRange: [0, top * 1.08 || 1], ...options });
}

function drawModesTogether() {
  for (const mode of shownModes) put('modes', element('span', {}, modeKey(mode), mode.name));
  const whole = data.bucket === 1 ? 0 : 2;
  drawTogether('hosts-on', 'on', .01, whole, '', { height: 130, axes: { y: { ticker: hostTicks } } });
  drawTogether('watts', 'watts', .1, 0, ' W', { height: 230, showRangeSelector: true, rangeSelectorHeight: 26,
    rangeSelectorPlotStrokeColor: '#b5b5b5', rangeSelectorPlotFillColor: '#e3e3e3' });
  sayFarAbove();
  if (data.bucket > 1)
    put('bucket-note', `This run is long: each point stands for ${data.bucket} s; lines are means, bands reach from ` +
      'the lowest to the highest second.');
}

function newPanel(gridId, title, role) {
  const chart = element('div');
  const panel = element('div', { class: 'panel' });
  if (title) panel.append(element('h4', {}, title, ' ', element('i', {}, role || '')));
  panel.append(chart);
  put(gridId, panel);
  return chart;
}

function startGrid(id) {
  document.getElementById(id).style.setProperty('--columns', detailedModes.length);
  for (const mode of detailedModes) put(id, element('h3', {}, modeKey(mode), mode.name));
}

function totalLine(columns, scale, digits, unit) {
  const sum = (row) => columns.reduce((all, column) => all + column[row], 0);
  return { label: 'together', color: 'transparent', text: (row) => number(sum(row) * scale, digits) + unit };
}

function powerLayers(shown) {
  const text = (column) => (row) => (column[row] ? `${number(column[row] / 10, 1)} W` : '');
  const layer = (label, color, column) =>
    ({ label, color, column: column.map((value) => value / 10), text: text(column) });
  const hosts = shown.hostWatts.map((column, i) => layer(hostName(i), hostColor(i), column));
  const switches = shown.switchWatts.map((column, i) =>
    layer(data.switches[i], switchColors[i % switchColors.length], column));
  return [...hosts, ...switches];
}

function drawPower() {
  document.getElementById('power').hidden = detailedModes.length === 0;
  startGrid('power-grid');
  const top = Math.max(0, ...detailedModes.flatMap((mode) => mode.shown.watts.high)) / 10;
  for (const mode of detailedModes) {
    const layers = powerLayers(mode.shown).reverse();
    addChart(newPanel('power-grid'), mode.name, layers, { ...stacked, height: 260, valueRange: [0, top * 1.05] },
      [totalLine(layers.map((layer) => layer.column), 1, 1, ' W')]);
  }
  if (detailedModes.length)
    for (const layer of powerLayers(detailedModes[0].shown))
      put('power-legend', element('span', {}, swatch(layer.color), layer.label));
}
