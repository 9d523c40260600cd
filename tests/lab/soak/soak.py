#!/usr/bin/python3
"""Random loads and faults on a real pool, for as long as is asked; then calm, and nothing may be lost.

What is checked when the faults are over: every guest runs exactly once, with all of its memory as it
wrote it; no ticket is out; hosts are asleep or in use; a replay of the journal is identical. What the
tail asks of an operator is done as he would do it. A guest that nobody can save is counted, explained
by the fault that took it, and started anew; one whose loss no fault explains is wrong.
"""
import argparse
import collections
import glob
import os
import random
import re
import signal
import statistics
import subprocess
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
CONTROLLER_KILLED, HOST_CRASHED = "controller-killed", "host-crashed"
# A host that crashes takes its guests with it, which no controller can help, and an emptied Redis
# the journal; for a step of its clock the controller runs by one of its own.
IF_ASKED = (HOST_CRASHED, "redis-emptied", "clock-ahead", "clock-back")
BY_DEFAULT = [kind for kind in fault.KINDS if kind not in IF_ASKED]
LASTS_S = (2, 12)
PHASES = ("copying", "switched", "resumed")
SLOW_MBIT = "48"   # of h1 in some rounds: a move then takes some 15 s instead of one
CALM_S = 240
LIMIT_S = 60   # of one command of the lab: its host may fall asleep meanwhile, and freeze it
NEEDS_OPERATOR = "NEEDS OPERATOR: "
# What may take a guest under way: its target's libvirtd dies, or hangs for longer than keepalives
# wait, between switch and resume; its connection breaks, and its emulator hangs with a lock held as
# it waits for a page that is gone.
TAKES_GUESTS = ("libvirtd-killed", "libvirtd-stopped", "connection-broken", "connection-lost", "link-cut",
                HOST_CRASHED)
EXPLAINS_FOR_S = 180
IF_IN_VAIN = "; if that does not help, it is lost: "
QUERY = '{"execute":"query-status"}'
# A guest that stands still for its pages calls that a lockup; that is none.
KERNEL_CRASH = re.compile(r"BUG: (?!soft lockup)|Oops|Kernel panic|general protection|Bad page state")


class Soak:
    def __init__(self, asked):
        self.random = random.Random(asked.seed)
        self.hosts, self.every_s, self.kill_share = asked.hosts, asked.every, asked.kills
        self.kinds = asked.kinds.split(",") if asked.kinds else list(BY_DEFAULT)
        self.kinds += [HOST_CRASHED] if asked.crashes else []
        self.guests = [f"vm{n}" for n in range(asked.guests)]
        self.lab = Lab()
        self.breaker = fault.Lab(self.lab.environment)
        self.faults, self.not_begun, self.asked_for = (collections.Counter() for _ in range(3))
        self.begun = []     # (monotonic time, kind, host)
        self.lines = []     # of tails that are over
        self.heeded = 0     # lines of the tail that is on
        self.lost = []      # (line, the fault that explains it or None)
        self.crashed = {}   # guest: what its kernel said
        self.hung = {}      # guest: the host on which its emulator hung
        self.to_start = []
        self.to_undo = []
        self.kill_at = None  # monotonic time, of the controller, besides the fault of the round

    def run(self, minutes):
        try:
            self.lab.up(self.hosts, self.guests)
            self.lab.limit = LIMIT_S
            self.start_controller()
            end = time.monotonic() + minutes * 60
            while time.monotonic() < end:
                self.one_round()
            return self.calm()
        finally:
            self.end()

    def start_controller(self):
        until(self.controller_starts, 120, "the controller starts")

    def controller_starts(self):
        """As whoever supervises it would do: again, if it ends, and by then without the fault."""
        clocked = any(kind.startswith("clock-") for kind in self.kinds)
        self.controller = Controller(self.lab, SETTINGS, clocked=clocked)
        try:
            self.tail = self.controller.follow()
            self.heeded = 0
            return True
        except AssertionError as error:
            say(f"  the controller does not start: {error}: {self.controller.log()[-500:]}")
            self.controller.end(signal.SIGKILL)
            self.undo()
            return False

    # A fault in each, and loads that make guests move about.
    def one_round(self):
        began = time.monotonic()
        if self.random.random() < self.kill_share:
            self.kill_at = began + self.random.uniform(0, self.every_s)
        self.change_loads()
        kind = self.random.choice(self.kinds)
        host = self.random.choice(self.awake())
        if self.random.random() < 0.6:
            host = self.wait_for_move(host)
        lasts = self.random.uniform(*LASTS_S)
        self.faults[kind] += 1
        say(f"{kind}{' ' + host if kind in fault.OF_A_HOST else ''} for {lasts:.0f} s")
        try:
            self.do(kind, host, lasts)
        except (fault.Broken, AssertionError) as error:
            self.not_begun[kind] += 1
            self.begun.pop()
            say(f"  not done: {error}")
        self.undo()
        self.go_on(max(0.0, began + self.every_s - time.monotonic()))

    def do(self, kind, host, lasts):
        self.begun.append((time.monotonic(), kind, host))
        if kind == CONTROLLER_KILLED:
            return self.kill_controller(lasts)
        begin, end = fault.KINDS[kind]
        self.to_undo.append((end, host))
        begin(self.breaker, host)
        return self.go_on(lasts)

    def undo(self):
        """What can't be undone now (its host fell asleep, say) is undone later."""
        for end, host in list(self.to_undo):
            try:
                end(self.breaker, host)
                self.to_undo.remove((end, host))
            except fault.Broken as error:
                say(f"  undone later: {error}")

    def kill_controller(self, lasts):
        self.keep_tail()
        self.controller.end(signal.SIGKILL)
        time.sleep(lasts / 4)
        self.start_controller()

    # A new tail begins with what the last one ended with.
    def keep_tail(self):
        self.heed()
        self.lines += [line for line in self.tail.lines if line not in self.lines]

    # One guest at work at a time: the machine has two cores. Some moves are slow.
    def change_loads(self):
        busy = self.random.choice(self.guests + [None])
        for vm in self.guests:
            self.try_load(vm, *((BUSY, self.random.choice((2, 12)), 24) if vm == busy else (IDLE,)))
        self.try_lab("slow", "h1", self.random.choice(("off", SLOW_MBIT)))

    def try_load(self, vm, *load):
        return self.tried(self.lab.load, vm, *load)

    def try_lab(self, *words):
        return self.tried(self.lab, *words)

    @staticmethod
    def tried(call, *words):
        """Whether it could be done: the guest may be in the middle of something, say."""
        try:
            call(*words)
            return True
        except AssertionError:
            return False

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
        try:
            vms = self.controller.status()["vms"]
        except AssertionError:  # it is busy, say
            return None
        return next((vm.get("target") for vm in vms if vm["name"] == line["name"]), None)

    def go_on(self, seconds):
        """Time passes; meanwhile somebody reads the tail."""
        end = time.monotonic() + seconds
        while True:
            self.heed()
            self.read_consoles()
            self.start_lost()
            if self.kill_at and time.monotonic() >= self.kill_at:
                self.kill_at = None
                self.faults[CONTROLLER_KILLED] += 1
                say(f"  and {CONTROLLER_KILLED}")
                self.kill_controller(self.random.uniform(*LASTS_S))
            if time.monotonic() >= end:
                return
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))

    def heed(self):
        lines = self.tail.lines[self.heeded:]
        self.heeded += len(lines)
        for line in lines:
            if line in self.lines:
                continue
            if line.get("actor") == "migration" and NEEDS_OPERATOR in line["text"]:
                self.obey(line)
            if line.get("actor") == "vm" and line.get("to") == "gone":
                self.lose(line)

    def obey(self, line):
        """Types what the line says."""
        self.asked_for[line["reason"]["code"]] += 1
        say(f"  {line['name']}: {line['text']}")
        first, _, else_lost = line["text"].split(NEEDS_OPERATOR)[1].partition(IF_IN_VAIN)
        self.type_all(first, line)
        hangs = else_lost and self.hangs(line["name"])
        if hangs:
            self.hung[line["name"]] = hangs
            self.type_all(else_lost, line)

    def type_all(self, commands, line):
        for command in commands.split("; "):
            as_root = command.partition("as root: ")[2]
            self.type_in(line["reason"]["about"] if as_root else None, as_root or command)

    def hangs(self, vm):
        """A host on which its emulator answers to nothing: it waits for a page with its lock held."""
        for host in self.awake():
            asks = ["in", host, "timeout", "10", "virsh", "-q", "qemu-monitor-command", vm, QUERY]
            if self.lab("in", host, "virsh", "-q", "domstate", vm, check=False).startswith("running") \
                    and not self.try_lab(*asks):
                return host
        return None

    def type_in(self, host, command):
        """In a host, or outside."""
        words = ([fault.LAB_TOOL, "in", host] if host else []) + command.split()
        try:
            done = subprocess.run(words, env=self.lab.environment, text=True, timeout=LIMIT_S,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            code, text = done.returncode, done.stdout.strip()
        except subprocess.TimeoutExpired:
            code, text = "none", f"not over in {LIMIT_S} s"
        say(f"  {host or ''} $ {command}: exit {code} {text}")

    def read_consoles(self):
        """A guest's kernel that crashed, and did so on a host that it may have left since."""
        for vm in set(self.guests) - set(self.crashed):
            for path in glob.glob(f"{self.lab.folder}/hosts/*/log/{vm}.console"):
                with open(path, encoding="utf-8", errors="replace") as console:
                    text = console.read()
                if KERNEL_CRASH.search(text):
                    self.crashed[vm] = text
                    say(f"  CRASHED {path}:\n{text}")

    def lose(self, line):
        why = self.explanation(line)
        self.lost.append((line, why))
        self.to_start.append(line["name"])
        say(f"  LOST ({why}) {line}")

    def lose_missing(self):
        """Those that ended while no controller ran, so no tail says it. One that moves may be on
        neither list of one look."""
        missing = set(self.guests) - set(self.to_start)
        for _ in range(3):
            missing &= until(self.nowhere, 60, "all hosts list their guests")[0]
            self.go_on(5 if missing else 0)
        for vm in sorted(missing):
            self.lose({"name": vm, "text": "it is nowhere", "reason": {"code": "lost"}})

    def nowhere(self):
        """A set, in a tuple; None if a host can't be asked now, as it falls asleep, say."""
        try:
            return ({vm for vm, on in self.where().items() if not on},)
        except AssertionError:
            return None

    def explanation(self, line):
        """An emulator that hung, or the newest fault that can have taken it; a `stopped` one can only
        have been on a crashed host."""
        if line["name"] in self.hung:
            return f"its emulator on {self.hung.pop(line['name'])} hung"
        kinds = TAKES_GUESTS if line["reason"]["code"] == "lost" else (HOST_CRASHED,)
        fits = [f"{kind} {host}" for began, kind, host in self.begun
                if kind in kinds and time.monotonic() - began < EXPLAINS_FOR_S]
        return fits[-1] if fits else None

    def start_lost(self):
        for vm in list(self.to_start):
            for host in self.lab.names:
                self.try_lab("in", host, "virsh", "-q", "destroy", vm)
            if self.try_lab("guest", "h1", vm):
                self.to_start.remove(vm)

    def calm(self):
        """What is wrong; nothing should be."""
        self.try_lab("slow", "h1", "off")
        self.kill_at = None
        self.until(self.all_undone, 120, f"undone: {self.to_undo}")
        self.lose_missing()
        wrong = []
        for vm in self.guests:
            wrong += self.missed(lambda vm=vm: self.try_load(vm, IDLE), 120,
                                 f"{vm} answers")
        wrong += self.missed(lambda: is_settled(self.controller.status()), CALM_S, "the pool is at rest")
        wrong += [f"{vm} runs on {on}" for vm, on in self.where().items() if len(on) != 1]
        wrong += [f"{vm}: its kernel crashed" for vm in self.crashed]
        wrong += [f"{vm}: {reply}" for vm, reply in self.memory().items() if "bad_pages=0" not in reply]
        wrong += [f"a ticket is out: {host}" for host in self.controller.status()["hosts"]
                  if host.get("desk", {}).get("tickets_out", 0)]
        wrong += [f"nothing explains this loss: {line}" for line, why in self.lost if not why]
        replay = Redis(self.lab).replay("--all")
        if "identical" not in replay:
            wrong.append(f"replay: {replay}")
        print(f"replay: {replay.strip()}")
        return wrong

    def until(self, condition, within, what):
        def looked():
            self.go_on(0)
            return condition()

        return until(looked, within, what)

    def missed(self, condition, within, what):
        try:
            self.until(condition, within, what)
            return []
        except AssertionError as error:
            tail = "\n".join(map(str, self.tail.lines[-40:]))
            return [f"{error}: {self.controller.status()}\n{tail}\n{self.controller.log()[-2000:]}"]

    def all_undone(self):
        for host in {host for _, host in self.to_undo}:
            self.try_lab("wake", host)
        self.undo()
        return not self.to_undo

    def awake(self):
        return [host for host in self.lab.names if self.lab.state_of(host) == "awake"] or ["h1"]

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
        print(f"faults: {sum(self.faults.values())}: {dict(self.faults)}, of them not to be begun: "
              f"{dict(self.not_begun)}")
        ended = collections.Counter(line["to"] for line in self.lines if line.get("actor") == "migration"
                                    and line["to"] in ("complete", "stayed", "lost"))
        resumed = len([line for line in self.lines if line.get("from") == "recovering"
                       and line.get("to") == "complete"])
        print(f"migrations: {dict(ended)}, of the complete ones resumed: {resumed}; "
              f"an operator was asked for: {dict(self.asked_for)}")
        self.report_times()
        print(f"guests lost: {len(self.lost)}")
        for line, why in self.lost:
            print(f"  {why}: {line}")

    def report_times(self):
        """Of each migration that the controller saw whole: downtime and total time, in ms."""
        done = [line for line in self.lines if line.get("actor") == "migration"
                and line.get("to") == "complete"
                and line["reason"]["code"] in ("migration_complete", "moved_in")]
        for name, place in (("downtime", 0), ("in all", 1)):
            values = sorted(line["reason"]["values"][place] for line in done)
            if values:
                print(f"{name} (ms): median {statistics.median(values):.0f}, largest {values[-1]}, "
                      f"of {len(values)}")
        print("each (VM downtime/in all):", ", ".join(
            f"{line['name']} {line['reason']['values'][0]}/{line['reason']['values'][1]}" for line in done))


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


def arguments():
    parser = argparse.ArgumentParser(prog="tools/lab soak", description=__doc__.splitlines()[0])
    parser.add_argument("--minutes", type=float, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--hosts", type=int, default=3)
    parser.add_argument("--guests", type=int, default=3)
    parser.add_argument("--every", type=float, default=20, metavar="SECONDS", help="a fault")
    parser.add_argument("--kills", type=float, default=0, metavar="SHARE",
                        help="of rounds, 0 to 1, with the controller killed at a random moment besides")
    parser.add_argument("--kinds", help="comma-separated; default: " + ",".join(BY_DEFAULT))
    parser.add_argument("--crashes", action="store_true",
                        help="hosts crash too; their guests count as lost, and explained")
    return parser.parse_args()


def main():
    asked = arguments()
    soak = Soak(asked)
    wrong = soak.run(asked.minutes)
    soak.report()
    for what in wrong:
        print(f"WRONG {what}")
    print(f"soak: {len(wrong)} wrong")
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
