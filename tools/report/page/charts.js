// dygraphs as this page uses it: one time axis, one zoom and one cursor for all charts, and a box
// with the values under the cursor.

const charts = [];
const times = shownModes.slice(0, 1).flatMap((mode) => mode.shown.on.mean.map((_, i) => i * data.bucket));

// A value holds until the next one, and the last one to the end of the run.
function table(columns) {
  const rows = times.map((time, i) => [time, ...columns.map((column) => column[i])]);
  if (rows.length) rows.push([data.seconds, ...rows[rows.length - 1].slice(1)]);
  return rows;
}

const timeSteps = [1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600, 7200, 14400, 21600, 43200, 86400];
const shortSteps = [1, 2, 5, 10, 20, 50, 100, 200];

function timeTicks(from, to, pixels) {
  const steps = data.seconds <= 1200 ? shortSteps : timeSteps;
  const step = steps.find((one) => (to - from) / one <= pixels / 65) || steps[steps.length - 1];
  const ticks = [];
  for (let tick = Math.ceil(from / step) * step; tick <= to; tick += step) ticks.push({ v: tick, label: clock(tick) });
  if (ticks.length && timeUnit === 's') ticks[0].label += ' s';
  return ticks;
}

const common = {
  stepPlot: true, pixelRatio: Math.max(2, window.devicePixelRatio), legend: 'never', strokeWidth: 0,
  gridLineColor: '#ececec', axisLineColor: '#888888', axisLabelFontSize: 12, highlightCircleSize: 0,
  xAxisHeight: 22, xRangePad: 0, fillAlpha: 1,
};

// layers: [{label, color, column, text(row)}], the first on top; lines: more for the box with values.
function addChart(div, title, layers, options, lines = []) {
  const { axes = {}, ...rest } = options, said = [...layers, ...lines];
  div.classList.add('chart');
  div.setAttribute('role', 'img');
  div.setAttribute('aria-label', title || div.id);
  charts.push(new Dygraph(div, table(layers.map((layer) => layer.column)), {
    ...common,
    labels: ['time', ...layers.map((_, i) => `s${i}`)],
    colors: layers.map((layer) => layer.color),
    axes: { x: { ticker: timeTicks, ...axes.x }, y: { axisLabelWidth: 50, ...axes.y } },
    plugins: [new Dygraph.Plugins.Crosshair({ direction: 'vertical', strokeStyle: 'rgba(0,0,0,.45)' })],
    highlightCallback: (event, x, points, row) => showTip(event, title, said, Math.min(row, times.length - 1)),
    unhighlightCallback: hideTip,
    ...rest,
  }));
}

// dygraphs stacks from the last layer up.
const stacked = { stackedGraph: true, fillGraph: true };

const tip = document.getElementById('tip');

function tipLine(key, name, value) {
  return element('div', {}, element('span', {}, key, name), element('span', {}, value));
}

function timeText(row) {
  const from = times[row];
  if (data.bucket === 1) return timeUnit === 's' ? `${from} s` : clock(from);
  return `${clock(from)} \u2026 ${clock(Math.min(from + data.bucket, data.seconds))}`;
}

function showTip(event, title, said, row) {
  const lines = said.filter((one) => one.text(row)).map((one) =>
    tipLine(one.key ? one.key() : swatch(one.color), one.label, one.text(row)));
  tip.replaceChildren(element('b', {}, `${timeText(row)}${title ? ' \u00b7 ' + title : ''}`), ...lines);
  tip.hidden = false;
  const room = document.documentElement.clientWidth;
  const left = event.pageX + 16 + tip.offsetWidth > room ? event.pageX - 16 - tip.offsetWidth : event.pageX + 16;
  tip.style.left = `${left}px`;
  tip.style.top = `${event.pageY + 12}px`;
}

function hideTip() { tip.hidden = true; }

function followEachOther() {
  const button = document.getElementById('whole');
  const zoomed = (chart) => { button.hidden = !chart.isZoomed('x'); };
  for (const chart of charts) chart.updateOptions({ drawCallback: zoomed }, true);
  if (charts.length > 1) Dygraph.synchronize(charts, { range: false });
  button.addEventListener('click', () => charts[0].resetZoom());
}
