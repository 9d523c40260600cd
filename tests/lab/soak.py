#!/usr/bin/python3
"""Random loads and faults on a real pool, for as long as is asked; then calm, and nothing may be lost.

What is checked when the faults are over: every guest runs exactly once, with all of its memory as it
wrote it; no ticket is out; hosts are asleep or in use; a replay of the journal is identical. A guest
that nobody can save (LAB.md of the lab: its target's libvirtd or a host dies under half of it, or an
emulated guest hangs as its pages go missing) is counted, with what the tail says of it, and started anew.
"""
import argparse
import collections
import os
import random
import signal
import statistics
import sys
import time

sys.dont_write_bytecode = True
HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(os.path.dirname(HERE)), "tools", "lab.d"))

import fault  # noqa: E402
from lab import BUSY, IDLE, Lab, until  # noqa: E402
from pool import Controller, Redis, is_settled  # noqa: E402

SETTINGS = {"migration": {"doubt_limit": "12s", "resume_wait": "2s", "resume_limit": "60s",
                          "cool_down": "5s", "cool_down_longest": "20s"},
            "power": {"wake_each": "10s", "wake_deadline": "20s", "backoff_first": "5s",
                      "backoff_longest": "20s"}}
CONTROLLER_KILLED = "controller-killed"
# A host that crashes takes its guests with it, which no controller can help: not drawn by default.
BY_DEFAULT = [kind for kind in fault.KINDS if kind != "host-crashed"] + [CONTROLLER_KILLED]
EVERY_S, LASTS_S = 20, (2, 12)   # a fault, and how long it lasts
PHASES = ("copying", "switched", "resumed")
CALM_S = 240


class Soak:
    def __init__(self, seed, kinds, hosts, guests):
        self.random = random.Random(seed)
        self.kinds, self.hosts = kinds, hosts
        self.guests = [f"vm{n}" for n in range(guests)]
        self.lab = Lab()
        self.breaker = fault.Lab(self.lab.environment)
        self.faults = collections.Counter()
        self.not_begun = collections.Counter()
        self.lines = []   # of tails that are over
        self.lost = []
        self.to_undo = []

    def run(self, minutes):
        try:
            self.lab.up(self.hosts, self.guests)
            self.start_controller()
            end = time.monotonic() + minutes * 60
            while time.monotonic() < end:
                self.one_round()
            return self.calm()
        finally:
            self.end()

    def start_controller(self):
        self.controller = Controller(self.lab, SETTINGS)
        self.tail = self.controller.follow()

    # A fault in each, and loads that make guests move about.
    def one_round(self):
        began = time.monotonic()
        self.change_loads()
        kind = self.random.choice(self.kinds)
        host = self.random.choice(self.awake())
        if self.random.random() < 0.6:
            host = self.wait_for_move(host)
        lasts = self.random.uniform(*LASTS_S)
        self.faults[kind] += 1
        print(f"{time.strftime('%H:%M:%S')} {kind} {host} for {lasts:.0f} s", flush=True)
        try:
            self.do(kind, host, lasts)
        except (fault.Broken, AssertionError) as error:
            self.not_begun[kind] += 1
            print(f"  not done: {error}", flush=True)
        self.undo()
        self.restart_lost()
        time.sleep(max(0, began + EVERY_S - time.monotonic()))

    def do(self, kind, host, lasts):
        if kind == CONTROLLER_KILLED:
            return self.kill_controller(lasts)
        begin, end = fault.KINDS[kind]
        self.to_undo.append((end, host))
        begin(self.breaker, host)
        time.sleep(lasts)
        return None

    def undo(self):
        """What can't be undone now (its host fell asleep, say) is undone later."""
        for end, host in list(self.to_undo):
            try:
                end(self.breaker, host)
                self.to_undo.remove((end, host))
            except fault.Broken as error:
                print(f"  undone later: {error}", flush=True)

    def kill_controller(self, lasts):
        self.keep_tail()
        self.controller.end(signal.SIGKILL)
        time.sleep(lasts / 4)
        self.start_controller()

    def keep_tail(self):
        self.lines += self.tail.lines

    # One guest at work at a time: the machine has two cores.
    def change_loads(self):
        busy = self.random.choice(self.guests + [None])
        for vm in self.guests:
            load = (BUSY, self.random.choice((2, 12)), 24) if vm == busy else (IDLE,)
            try:
                self.lab.load(vm, *load)
            except AssertionError:
                pass  # it is in the middle of something

    def wait_for_move(self, otherwise):
        """One end of the next migration that comes into a phase drawn, within some seconds."""
        phase, mark = self.random.choice(PHASES), self.tail.mark()
        try:
            line = self.tail.wait(8, after=mark, actor="migration", to=phase)
        except AssertionError:
            return otherwise
        ends = [host for host in self.lab.names if host in (line.get("host"), self.target_of(line))]
        return self.random.choice(ends or [otherwise])

    def target_of(self, line):
        goes = [vm.get("target") for vm in self.controller.status()["vms"] if vm["name"] == line["name"]]
        return goes[0] if goes else None

    def restart_lost(self):
        known = len(self.lost)
        for line in self.tail.find(actor="vm", to="gone"):
            if line not in self.lost:
                self.lost.append(line)
        for line in self.lost[known:]:
            print(f"  LOST {line}", flush=True)
            self.start_anew(line["name"])

    def start_anew(self, vm):
        for host in self.lab.names:
            try:
                self.lab("in", host, "virsh", "-q", "destroy", vm)
            except AssertionError:
                continue
        self.lab("guest", "h1", vm)

    def calm(self):
        """What is wrong; nothing should be."""
        until(self.all_undone, 120, f"undone: {self.to_undo}")
        for vm in self.guests:
            until(lambda vm=vm: self.idle(vm), 120, f"{vm} can be reached")
        wrong = []
        try:
            until(lambda: is_settled(self.controller.status()), CALM_S, "the pool is at rest")
        except AssertionError as error:
            wrong.append(f"{error}: {self.controller.status()}")
        wrong += [f"{vm} runs on {on}" for vm, on in self.where().items() if len(on) != 1]
        wrong += [f"{vm}: {reply}" for vm, reply in self.memory().items() if "bad_pages=0" not in reply]
        wrong += [f"a ticket is out: {host}" for host in self.controller.status()["hosts"]
                  if host.get("desk", {}).get("tickets_out", 0)]
        replay = Redis(self.lab).replay("--all")
        if "identical" not in replay:
            wrong.append(f"replay: {replay}")
        print(f"replay: {replay.strip()}")
        return wrong

    def all_undone(self):
        for host in {host for _, host in self.to_undo}:
            self.lab("wake", host)
        self.undo()
        return not self.to_undo

    def awake(self):
        return [host for host in self.lab.names if self.lab.state_of(host) == "awake"] or ["h1"]

    def idle(self, vm):
        try:
            self.lab.load(vm, IDLE)
            return True
        except AssertionError:
            return False

    def where(self):
        lists = {host: self.lab("in", host, "virsh", "-q", "list", "--all", "--name").split()
                 for host in self.awake()}
        return {vm: [host for host, names in lists.items() if vm in names] for vm in self.guests}

    def memory(self):
        return {vm: self.lab("verify", vm, check=False) for vm in self.guests}

    def end(self):
        if hasattr(self, "tail"):
            self.keep_tail()
        if hasattr(self, "controller") and self.controller.process.poll() is None:
            self.controller.end()
        self.lab.down()

    def report(self):
        done = [line for line in self.lines if line.get("actor") == "migration"
                and line.get("to") == "complete"]
        figures = [line["reason"]["values"] for line in done if line["reason"]["code"] == "migration_complete"]
        downtimes, totals = (sorted(values[n] for values in figures) for n in (0, 1))
        print(f"faults: {dict(self.faults)}, of them not to be begun: {dict(self.not_begun)}")
        print(f"migrations complete: {len(done)}, resumed: "
              f"{len([line for line in done if line.get('from') == 'recovering'])}")
        for name, values in (("downtime", downtimes), ("in all", totals)):
            if values:
                print(f"{name} (ms): median {statistics.median(values):.0f}, "
                      f"largest {values[-1]}, of {len(values)}")
        print(f"guests lost: {len(self.lost)}")
        for line in self.lost:
            print(f"  {line}")


def main():
    parser = argparse.ArgumentParser(prog="tools/lab soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--guests", type=int, default=3)
    parser.add_argument("--kinds", help="comma-separated; default: " + ",".join(BY_DEFAULT))
    asked = parser.parse_args()
    kinds = asked.kinds.split(",") if asked.kinds else BY_DEFAULT
    soak = Soak(asked.seed, kinds, asked.hosts, asked.guests)
    wrong = soak.run(asked.minutes)
    soak.report()
    for what in wrong:
        print(f"WRONG {what}")
    print(f"soak: {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
