// The page's data; see page_data.h. Numbers in a row come as differences of neighbours.

function whole(differences) {
  let sum = 0;
  return differences.map((difference) => (sum += difference));
}

function wholeTrack(track) {
  const mean = whole(track.mean);
  return { mean, low: track.low ? whole(track.low) : mean, high: track.high ? whole(track.high) : mean };
}

function wholeHost(host) {
  return {
    own: whole(host.own),
    rest: host.rest && whole(host.rest),
    peak: host.peak && whole(host.peak),
    vms: host.vms.map(([vm, row]) => [vm, whole(row)]),
  };
}

function wholeShown(shown) {
  return {
    on: wholeTrack(shown.on),
    watts: wholeTrack(shown.watts),
    hostWatts: shown.hostWatts.map(whole),
    switchWatts: shown.switchWatts.map(whole),
    cpu: shown.cpu.map(wholeHost),
    moves: shown.moves,
  };
}

function readData() {
  const data = JSON.parse(document.getElementById('data').textContent);
  for (const mode of data.modes) if (mode.shown) mode.shown = wholeShown(mode.shown);
  return data;
}

const data = readData();
const several = data.modes.some((mode) => mode.runs.length > 1);
const shownModes = data.modes.filter((mode) => mode.shown);

// Pictures of single hosts: of what really ran, and of a baseline only where nothing else did.
const isBaseline = (mode) => mode.name === 'none' || mode.name === 'ideal';
const withHosts = shownModes.filter((mode) => mode.shown.cpu.length > 0);
const detailedModes = withHosts.some((mode) => !isBaseline(mode))
  ? withHosts.filter((mode) => !isBaseline(mode)) : withHosts;
