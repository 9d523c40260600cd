// Numbers, times, colours and elements, the same all over the page.

const kThin = '\u202f';  // a narrow space between thousands

function number(value, digits) {
  const [integer, fraction] = Math.abs(value).toFixed(digits).split('.');
  const grouped = integer.replace(/\B(?=(\d{3})+$)/g, kThin);
  const sign = value < 0 && Number(value.toFixed(digits)) !== 0 ? '\u2212' : '';
  return sign + grouped + (fraction ? '.' + fraction : '');
}

const two = (value) => String(value).padStart(2, '0');

// Seconds as the run is long: 85 s, or 3:05:00.
function clock(seconds) {
  if (data.seconds <= 1200) return `${seconds}`;
  const h = Math.floor(seconds / 3600), m = Math.floor(seconds / 60) % 60, s = Math.floor(seconds % 60);
  return h || data.seconds > 3600 ? `${h}:${two(m)}${s ? ':' + two(s) : ''}` : `${m}:${two(s)}`;
}
const timeUnit = data.seconds <= 1200 ? 's' : data.seconds > 3600 ? 'h:mm' : 'm:ss';

// Okabe and Ito's colours; widths and dots tell the modes in black and white, too.
const modeStyles = {
  none: { color: '#8a8a8a', width: 1.5 },
  ideal: { color: '#000000', dash: [2, 2], width: 1.5 },
  postcopy: { color: '#0072b2', width: 3 },
  precopy: { color: '#d55e00', width: 1.6 },
};
const moreColors = ['#009e73', '#cc79a7', '#e69f00', '#56b4e9'];

function modeStyle(mode) {
  if (modeStyles[mode.name]) return modeStyles[mode.name];
  const others = data.modes.filter((other) => !modeStyles[other.name]);
  return { color: moreColors[others.indexOf(mode) % moreColors.length], width: 2 };
}

// Paul Tol's "muted": nine that a colour-blind eye can tell apart, and greys for what has no name.
const vmColors = ['#cc6677', '#332288', '#ddcc77', '#117733', '#88ccee', '#882255', '#44aa99', '#999933',
  '#aa4499'];
const ownColor = '#9b9b9b', restColor = '#cfcfcf', switchColors = ['#8a8a8a', '#bdbdbd'];

// Warehouse nodes in browns, server nodes in blues; neighbours differ in lightness.
const hostRamps = {
  warehouse: ['#8c510a', '#d8a657', '#a6701f', '#ecc98b'],
  server: ['#08519c', '#9ecae1', '#3182bd', '#c6dbef', '#2171b5', '#6baed6'],
};

function hostColor(place) {
  if (place >= data.hosts.length) return '#d9e6ef';
  const role = data.hosts[place].role === 'warehouse' ? 'warehouse' : 'server';
  const before = data.hosts.slice(0, place)
    .filter((host) => (host.role === 'warehouse') === (role === 'warehouse')).length;
  return hostRamps[role][before % hostRamps[role].length];
}

const hostName = (place) =>
  place < data.hosts.length ? data.hosts[place].name : `${data.otherHosts} other hosts`;

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

function svg(tag, attributes, text) {
  const made = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

const put = (id, ...children) => document.getElementById(id).append(...children);

function swatch(color) {
  const key = element('span', { class: 'key' });
  key.style.background = color;
  return key;
}

function modeKey(mode) {
  const style = modeStyle(mode);
  const key = svg('svg', { class: 'line', viewBox: '0 0 26 10' });
  key.append(svg('line', { x1: 0, x2: 26, y1: 5, y2: 5, stroke: style.color, 'stroke-width': style.width + .5,
    'stroke-dasharray': (style.dash || []).join(' ') }));
  return key;
}
