"""Rounds of a fault each, and loads that make guests move about; meanwhile somebody reads the tail."""
import collections
import random
import signal
import time

from lab import BUSY, IDLE, until
from losses import Fault
from soaked_pool import fault, say

CONTROLLER_KILLED, HOST_CRASHED = "controller-killed", "host-crashed"
# A host that crashes takes its guests with it, which no controller can help, and an emptied Redis
# the journal; for a step of its clock the controller runs by one of its own.
IF_ASKED = (HOST_CRASHED, "redis-emptied", "clock-ahead", "clock-back")
BY_DEFAULT = [kind for kind in fault.KINDS if kind not in IF_ASKED]
LASTS_S = (2, 12)
PHASES = ("copying", "switched", "resumed")
SLOW_MBIT = "48"   # of h1 in some rounds: a move then takes some 15 s instead of one


def kinds_of(asked):
    kinds = asked.kinds.split(",") if asked.kinds else list(BY_DEFAULT)
    return kinds + ([HOST_CRASHED] if asked.crashes else [])


class Rounds:
    def __init__(self, asked, pool, operator, faults):
        self.random = random.Random(asked.seed)
        self.kinds, self.every_s, self.kill_share = kinds_of(asked), asked.every, asked.kills
        self.pool, self.operator = pool, operator
        self.faults = faults   # all that were begun
        self.drawn, self.not_begun = collections.Counter(), collections.Counter()
        self.to_undo = []
        self.kill_at = None  # monotonic time, of the controller, besides the fault of the round

    def start_controller(self):
        """As whoever supervises it would do: again, if it ends, and by then without the fault."""
        until(lambda: self.pool.controller_starts() or self.undo(), 120, "the controller starts")

    def one_round(self):
        began = time.monotonic()
        if self.random.random() < self.kill_share:
            self.kill_at = began + self.random.uniform(0, self.every_s)
        self.change_loads()
        kind, host, lasts = self.draw()
        self.drawn[kind] += 1
        say(f"{kind}{' ' + host if kind in fault.OF_A_HOST else ''} for {lasts:.0f} s")
        self.do(kind, host, lasts)
        self.undo()
        self.go_on(max(0.0, began + self.every_s - time.monotonic()))

    def draw(self):
        kind = self.random.choice(self.kinds)
        host = self.random.choice(self.pool.awake())
        if self.random.random() < 0.6:
            host = self.wait_for_move(host)
        return kind, host, self.random.uniform(*LASTS_S)

    def do(self, kind, host, lasts):
        this = Fault(kind, host, time.monotonic())
        self.faults.append(this)
        try:
            self.begin(this, lasts)
        except AssertionError as error:
            self.not_begun[kind] += 1
            self.faults.remove(this)
            say(f"  not done: {error}")

    def begin(self, this, lasts):
        if this.kind == CONTROLLER_KILLED:
            return self.kill_controller(lasts)
        self.to_undo.append(this)
        fault.KINDS[this.kind][0](self.pool.lab, this.host)
        return self.go_on(lasts)

    def undo(self):
        """What can't be undone now (its host fell asleep, say) is undone later."""
        for this in list(self.to_undo):
            try:
                fault.KINDS[this.kind][1](self.pool.lab, this.host)
                this.ended = time.monotonic()
                self.to_undo.remove(this)
            except fault.Broken as error:
                say(f"  undone later: {error}")

    def all_undone(self):
        for host in {this.host for this in self.to_undo}:
            self.pool.lab_does("wake", host)
        self.undo()
        return not self.to_undo

    def kill_controller(self, lasts):
        self.operator.heed()
        self.pool.controller.end(signal.SIGKILL)
        time.sleep(lasts / 4)
        self.start_controller()

    # One guest at work at a time: the machine has two cores. Some moves are slow.
    def change_loads(self):
        busy = self.random.choice(self.pool.guests + [None])
        for vm in self.pool.guests:
            self.pool.load(vm, *((BUSY, self.random.choice((2, 12)), 24) if vm == busy else (IDLE,)))
        self.pool.lab_does("slow", "h1", self.random.choice(("off", SLOW_MBIT)))

    def wait_for_move(self, otherwise):
        """One end of the next migration that comes into a phase drawn, within some seconds."""
        phase, mark = self.random.choice(PHASES), self.pool.tail.mark()
        try:
            line = self.pool.tail.wait(8, after=mark, actor="migration", to=phase)
        except AssertionError:
            return otherwise
        now = line.get("host"), self.pool.target_of(line["name"])
        return self.random.choice([host for host in self.pool.lab.names if host in now] or [otherwise])

    def go_on(self, seconds):
        """Time passes; meanwhile somebody reads the tail."""
        end = time.monotonic() + seconds
        while True:
            self.operator.look()
            if self.kill_at and time.monotonic() >= self.kill_at:
                self.kill_besides()
            if time.monotonic() >= end:
                return
            time.sleep(min(1.0, max(0.0, end - time.monotonic())))

    def kill_besides(self):
        self.kill_at = None
        self.drawn[CONTROLLER_KILLED] += 1
        say(f"  and {CONTROLLER_KILLED}")
        self.kill_controller(self.random.uniform(*LASTS_S))

    def until(self, condition, within, what):
        def looked():
            self.go_on(0)
            return condition()

        return until(looked, within, what)
