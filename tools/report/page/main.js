function drawHeader() {
  document.title = `${data.scenario} \u2013 nemuri sim`;
  put('title', data.scenario);
  const runs = Math.max(...data.modes.map((mode) => mode.runs.length));
  const shown = runs > 1 ? `${runs} seeds; the pictures show seed ${data.seed}` : `seed ${data.seed}`;
  const length = data.seconds <= 1200 ? `${data.seconds} s` : clock(data.seconds) + ` (${timeUnit})`;
  put('about', `Simulated by nemuri: ${data.hosts.length + data.otherHosts} hosts, ` +
    `${data.vms.length + data.otherVms} VMs, ${length}; ${shown}.`);
  put('command', data.command);
  put('made-by', `nemuri sim ${data.version}`);
}

drawHeader();
drawHeadline();
drawFigures();
drawCauses();
drawSeeds();
if (shownModes.length) {
  drawModesTogether();
  drawPower();
  drawCpu();
  followEachOther();
} else {
  for (const id of ['together', 'power', 'cpu']) document.getElementById(id).hidden = true;
}
drawCommands();
drawRuns();
