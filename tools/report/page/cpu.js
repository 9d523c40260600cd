// CPU of each host with its VMs stacked (the paper's Fig. 6), in per cent of the host's capacity.

function capacityOf(place) { return place < data.hosts.length ? data.hosts[place].capacity : null; }

// All unnamed hosts together have no capacity of their own: their sum is shown in cores.
function cpuLayers(host, place) {
  const capacity = capacityOf(place), scale = capacity ? 100 / capacity : 1 / 1000;
  const unit = capacity ? ' %' : ' cores';
  const text = (column) => (row) => (column[row] ? number(column[row] * scale, 1) + unit : '');
  const layer = (label, color, column) =>
    ({ label, color, column: column.map((value) => value * scale), text: text(column) });
  const layers = host.vms.map(([vm, column]) => layer(data.vms[vm], vmColors[vm], column)).reverse();
  if (host.rest) layers.push(layer('other VMs', restColor, host.rest));
  layers.push(layer('host itself', ownColor, host.own));
  return { layers, unit };
}

function peakLine(host, place) {
  if (!host.peak) return [];
  const scale = 100 / capacityOf(place);
  return [{ label: 'highest second', color: 'transparent', text: (row) => `${number(host.peak[row] * scale, 1)} %` }];
}

const moveHeight = 5;

// Above the load: whose migration is under way on this host; at the level of the capacity, a line.
function drawUnder(place, mode) {
  const moves = mode.shown.moves.filter(([, source, target]) => source === place || target === place);
  return (context, area, chart) => {
    for (const [vm, , , from, to] of moves) {
      const x = chart.toDomXCoord(from);
      context.fillStyle = vm < data.vms.length ? vmColors[vm] : '#6b6b6b';
      context.fillRect(x, area.y, Math.max(1.5, chart.toDomXCoord(to) - x), moveHeight);
    }
  };
}

// What the highest second was, above the mean of its bucket, and the capacity.
function drawOver(host, place) {
  return (plotter) => {
    if (plotter.seriesIndex !== 0) return;
    const { drawingContext: context, plotArea: area, dygraph: chart } = plotter;
    context.strokeStyle = '#1a1a1a';
    context.lineWidth = .6;
    context.setLineDash([3, 3]);
    context.beginPath();
    context.moveTo(area.x, chart.toDomYCoord(100));
    context.lineTo(area.x + area.w, chart.toDomYCoord(100));
    context.stroke();
    context.setLineDash([]);
    if (host.peak) drawPeaks(context, chart, host.peak, 100 / capacityOf(place));
  };
}

function drawPeaks(context, chart, peaks, scale) {
  context.lineWidth = .7;
  context.beginPath();
  peaks.forEach((peak, i) => {
    const y = chart.toDomYCoord(peak * scale);
    context.lineTo(chart.toDomXCoord(times[i]), y);
    context.lineTo(chart.toDomXCoord(times[i] + data.bucket), y);
  });
  context.stroke();
}

function loadTop() {
  let top = 100;
  for (const mode of detailedModes)
    mode.shown.cpu.slice(0, data.hosts.length).forEach((host, place) => {
      const sums = host.own.map((own, i) => own + (host.rest ? host.rest[i] : 0) +
        host.vms.reduce((all, [, column]) => all + column[i], 0));
      top = Math.max(top, ...(host.peak || sums).map((sum) => sum * 100 / capacityOf(place)));
    });
  return top * 1.12;
}

function drawHost(mode, place, last, top, height) {
  const host = mode.shown.cpu[place], known = place < data.hosts.length;
  const div = newPanel('cpu-grid', hostName(place), known ? data.hosts[place].role : 'together, in cores');
  const { layers, unit } = cpuLayers(host, place);
  const options = {
    ...stacked, height: height + (last ? 20 : 0), axes: { x: { drawAxis: last }, y: { pixelsPerLabel: 24 } },
  };
  if (known) {
    options.underlayCallback = drawUnder(place, mode);
    options.valueRange = [0, top];
    options.plotter = [Dygraph.Plotters.fillPlotter, drawOver(host, place)];
  }
  const sum = totalLine(layers.map((layer) => layer.column), 1, 1, unit);
  addChart(div, `${hostName(place)}, ${mode.name}`, layers, options, [sum, ...peakLine(host, place)]);
}

const used = (place) => detailedModes.some((mode) =>
  mode.shown.cpu[place].own.some((value) => value > 0) || mode.shown.cpu[place].vms.length > 0);

function vmLegend() {
  data.vms.forEach((name, vm) => put('vm-legend', element('span', {}, swatch(vmColors[vm]), name)));
  if (data.otherVms) put('vm-legend', element('span', {}, swatch(restColor), `${data.otherVms} other VMs`));
  put('vm-legend', element('span', {}, swatch(ownColor), 'host itself'));
}

function drawCpu() {
  document.getElementById('cpu').hidden = detailedModes.length === 0;
  if (!detailedModes.length) return;
  put('cpu-note', 'In % of the host\u2019s capacity (dashed). A bar along the top: a migration of the VM of that ' +
    'colour is under way on this host.' + (data.bucket > 1 ? ' The thin line is the highest second of each bucket.' : ''));
  vmLegend();
  startGrid('cpu-grid');
  const places = detailedModes[0].shown.cpu.map((_, place) => place);
  const drawn = places.filter(used), top = loadTop(), height = drawn.length > 6 ? 74 : 120;
  for (const place of drawn)
    for (const mode of detailedModes) drawHost(mode, place, place === drawn[drawn.length - 1], top, height);
  const unused = places.filter((place) => !used(place)).map(hostName);
  if (unused.length) put('unused-note', `Not drawn, as they used no CPU in any mode: ${unused.join(', ')}.`);
}
