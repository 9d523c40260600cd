"""The pool of a soak: a lab, and a controller that is followed from one start of it to the next."""
import os
import signal
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from lab import IDLE, Lab  # noqa: E402
from pool import Controller  # noqa: E402
import fault  # noqa: E402

SETTINGS = {"migration": {"doubt_limit": "12s", "resume_wait": "2s", "resume_limit": "60s",
                          "cool_down": "5s", "cool_down_longest": "20s"},
            "redis": {"keep": "24h"},  # all of it is replayed
            "power": {"wake_each": "10s", "wake_deadline": "20s", "backoff_first": "5s",
                      "backoff_longest": "20s"}}
QUERY = '{"execute":"query-status"}'


def say(text):
    print(f"{time.strftime('%H:%M:%S')} {text}", flush=True)


class SoakedPool:
    def __init__(self, guests, clocked):
        self.guests = [f"vm{n}" for n in range(guests)]
        self.clocked = clocked
        self.lab = Lab()
        self.controller = None
        self.lines = []   # of all tails, as far as they were looked at
        self.looked_at = 0  # lines of the tail that is on

    def up(self, hosts):
        self.lab.up(hosts, self.guests)
        self.lab.limit = fault.LIMIT_S

    def controller_starts(self):
        """Whether it does."""
        self.controller = Controller(self.lab, SETTINGS, clocked=self.clocked)
        try:
            self.controller.follow()
            self.looked_at = 0
            return True
        except AssertionError as error:
            say(f"  the controller does not start: {error}: {self.controller.log()[-500:]}")
            self.controller.end(signal.SIGKILL)
            return False

    @property
    def tail(self):
        return self.controller.tail

    def news(self):
        """Lines of the tail that were not looked at; a new tail begins with the end of the last one."""
        lines = self.tail.lines[self.looked_at:]
        self.looked_at += len(lines)
        news = [line for line in lines if line not in self.lines]
        self.lines += news
        return news

    def load(self, vm, *load):
        return self.tried(self.lab.load, vm, *load)

    def lab_does(self, *words):
        return self.tried(self.lab, *words)

    @staticmethod
    def tried(call, *words):
        """Whether it could be done: the guest may be in the middle of something, say."""
        try:
            call(*words)
            return True
        except AssertionError:
            return False

    def idle(self, vm):
        return self.load(vm, IDLE)

    def awake(self):
        return [host for host in self.lab.names if self.lab.state_of(host) == "awake"] or ["h1"]

    def where(self):
        lists = {host: self.lab("in", host, "virsh", "-q", "list", "--all", "--name").split()
                 for host in self.awake()}
        return {vm: [host for host, names in lists.items() if vm in names] for vm in self.guests}

    def nowhere(self):
        """A set, in a tuple; None if a host can't be asked now, as it falls asleep, say."""
        try:
            return ({vm for vm, on in self.where().items() if not on},)
        except AssertionError:
            return None

    def memory(self):
        return {vm: self.lab("verify", vm, check=False) for vm in self.guests}

    def target_of(self, vm):
        """None if it does not move, or the controller is busy."""
        try:
            vms = self.controller.status()["vms"]
        except AssertionError:
            return None
        return next((seen.get("target") for seen in vms if seen["name"] == vm), None)

    def hangs(self, vm):
        """A host on which its emulator answers to nothing: it waits for a page with its lock held."""
        for host in self.awake():
            asks = ["in", host, "timeout", "10", "virsh", "-q", "qemu-monitor-command", vm, QUERY]
            if self.lab("in", host, "virsh", "-q", "domstate", vm, check=False).startswith("running") \
                    and not self.lab_does(*asks):
                return host
        return None

    def end(self):
        if self.controller and self.controller.process.poll() is None:
            self.controller.end()
        self.lab.down()
