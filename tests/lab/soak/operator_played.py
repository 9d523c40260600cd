"""Whoever reads the tail: does what it asks for, and starts anew the guests that are lost."""
import collections
import glob
import re
import subprocess
import time

from losses import explanation
from soaked_pool import fault, say

NEEDS_OPERATOR = "NEEDS OPERATOR: "
IF_IN_VAIN = "; if that does not help, it is lost: "
# A guest that stands still for its pages calls that a lockup; that is none.
KERNEL_CRASH = re.compile(r"BUG: (?!soft lockup)|Oops|Kernel panic|general protection|Bad page state")


class Operator:
    def __init__(self, pool, faults):
        self.pool, self.faults = pool, faults
        self.asked_for = collections.Counter()
        self.lost = []      # (line, the fault that explains it or None)
        self.crashed = {}   # guest: what its kernel said
        self.hung = {}      # guest: the host on which its emulator hung
        self.targets = {}   # guest: of its last migration
        self.to_start = []

    def look(self):
        self.heed()
        self.read_consoles()
        self.start_lost()

    def heed(self):
        for line in self.pool.news():
            if line.get("actor") == "migration":
                self.heed_migration(line)
            if line.get("actor") == "vm" and line.get("to") == "gone":
                self.lose(line)

    def heed_migration(self, line):
        if line["to"] == "copying":
            self.targets[line["name"]] = self.pool.target_of(line["name"])
        if NEEDS_OPERATOR in line["text"]:
            self.obey(line)

    def obey(self, line):
        """Types what the line says."""
        self.asked_for[line["reason"]["code"]] += 1
        say(f"  {line['name']}: {line['text']}")
        first, _, else_lost = line["text"].split(NEEDS_OPERATOR)[1].partition(IF_IN_VAIN)
        self.type_all(first, line)
        hangs = else_lost and self.pool.hangs(line["name"])
        if hangs:
            self.hung[line["name"]] = hangs
            self.type_all(else_lost, line)

    def type_all(self, commands, line):
        for command in commands.split("; "):
            as_root = command.partition("as root: ")[2]
            self.type_in(line["reason"]["about"] if as_root else None, as_root or command)

    def type_in(self, host, command):
        """In a host, or outside."""
        words = ([fault.LAB_TOOL, "in", host] if host else []) + command.split()
        try:
            done = fault.run(*words, check=False, limit=fault.LIMIT_S, env=self.pool.lab.environment,
                             stdin=subprocess.DEVNULL)
            said = f"exit {done.returncode} {done.stdout.strip()}"
        except fault.Broken as broken:
            said = broken
        say(f"  {host or ''} $ {command}: {said}")

    def read_consoles(self):
        """A guest's kernel that crashed, and did so on a host that it may have left since."""
        for vm in set(self.pool.guests) - set(self.crashed):
            for path in glob.glob(f"{self.pool.lab.folder}/hosts/*/log/{vm}.console"):
                with open(path, encoding="utf-8", errors="replace") as console:
                    text = console.read()
                if KERNEL_CRASH.search(text):
                    self.crashed[vm] = text
                    say(f"  CRASHED {path}:\n{text}")

    def lose(self, line):
        why = explanation(line, self.pool.lines, self.faults, self.hung.pop(line["name"], None))
        self.lost.append((line, why))
        self.to_start.append(line["name"])
        say(f"  LOST ({why}) {line}")
        if not why:
            self.show_what_led_to(line)

    def show_what_led_to(self, loss):
        """All there is to see of a loss that nothing explains: later on nobody can look."""
        told = [line for line in self.pool.lines
                if (line.get("actor"), line.get("name")) == ("migration", loss["name"])]
        faults = [f"{fault} from {fault.began:.1f} to {fault.ended:.1f} s" for fault in self.faults]
        say("\n    ".join(["  before it:", *map(str, told[-8:]), *faults[-6:]]))

    def lose_missing(self, wait):
        """Those that ended while no controller ran, so no tail says it. One that moves may be on
        neither list of one look; `wait` lets time pass."""
        missing = set(self.pool.guests)
        for _ in range(3):
            wait.go_on(5 if missing else 0)
            missing &= wait.until(self.pool.nowhere, 60, "all hosts list their guests")[0]
            missing -= set(self.to_start)
        for vm in sorted(missing):
            self.lose({"name": vm, "t_ms": int(time.monotonic() * 1000), "text": "it is nowhere",
                       "reason": {"code": "lost"}, "host": self.last_seen_on(vm),
                       "target": self.targets.get(vm)})

    def last_seen_on(self, vm):
        lines = [line for line in self.pool.lines if (line.get("actor"), line.get("name")) == ("vm", vm)]
        return lines[-1]["host"] if lines else None

    def start_lost(self):
        for vm in list(self.to_start):
            for host in self.pool.lab.names:
                self.pool.lab_does("in", host, "virsh", "-q", "destroy", vm)
            if self.pool.lab_does("guest", "h1", vm):
                self.to_start.remove(vm)
