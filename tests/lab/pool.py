"""A pool of lab hosts under a real `nemuri run`, for acceptance tests.

PoolTest makes one lab a class (hosts, guests) and one controller a test; all that was started is
ended by its PID, and the end of the class asserts that nothing of the lab is left on the machine. Times are
scaled down (window 4 s) and loads are low, so that a pool fits on two cores: overloaded is 50 %.
"""
import functools
import json
import os
import signal
import subprocess
import time
import unittest

from lab import ADDRESS, IDLE, LAB_TOOL, NEMURI, REDIS_PORT, Lab, content_of, merged, run, until
from tail import Tail


class Controller:
    """A `nemuri run` with its tail. `clocked`: by a clock that faults can step."""

    def __init__(self, lab, settings=None, options=(), config="conf.yaml", clocked=False):
        self.lab = lab
        self.config = os.path.join(lab.scratch, config)
        self.configure(settings or {})
        self.state_dir = merged({"state_dir": f"{lab.folder}/nemuri"}, settings or {})["state_dir"]
        self.log_path = os.path.join(lab.scratch, f"{config}.log")
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen(
                [*([LAB_TOOL, "clocked"] if clocked else []), NEMURI, "run", "--config", self.config,
                 *options], stdout=log, stderr=log, env=lab.environment)
        self.began = time.monotonic()
        self.tail = None

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(self.lab.conf(settings))

    @property
    def socket(self):
        return f"{self.state_dir}/nemuri.sock"

    def follow(self, within=20):
        def connect():
            if self.process.poll() is not None:
                raise AssertionError(f"nemuri run ended: exit {self.process.returncode}")
            return Tail.connect(self.socket)

        self.tail = until(connect, within, "the tail's socket")
        return self.tail

    def log(self):
        return content_of(self.log_path)

    def send(self, number):
        self.process.send_signal(number)

    def end(self, number=signal.SIGTERM, within=75):
        """Its exit code; one that does not end by the signal is killed, which fails the test."""
        if self.process.poll() is None:
            self.send(number)
        try:
            return self.process.wait(within)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise AssertionError(f"nemuri run did not end within {within} s") from None
        finally:
            if self.tail:
                self.tail.close()

    def status(self):
        return json.loads(run(NEMURI, "status", "--json", "--socket", self.socket).stdout)


class Redis:
    """The pool's Redis, by redis-cli as a user of it."""

    def __init__(self, lab, user="nemuri-controller", secret="controller"):
        self.user = user
        self.secret = f"{lab.folder}/nemuri/secrets/{secret}"
        self.url = f"tcp://{ADDRESS}:{REDIS_PORT}"

    def __call__(self, *words, check=True, text=None):
        password = content_of(self.secret).strip()
        return run("redis-cli", "-h", ADDRESS, "-p", str(REDIS_PORT), "--user", self.user, *words,
                   check=check, env=dict(os.environ, REDISCLI_AUTH=password), input=text,
                   limit=20).stdout.strip()

    def replay(self, *options):
        return run(NEMURI, "replay", "--pool", "lab", "--redis", self.url, "--user", self.user,
                   "--password-file", self.secret, *options).stdout


class PoolTest(unittest.TestCase):
    hosts, guests = 2, ["vm0", "vm1"]

    @classmethod
    def setUpClass(cls):
        assert os.access(NEMURI, os.X_OK), f"there is no {NEMURI}: build it, or set NEMURI"
        cls.lab = Lab()
        cls.addClassCleanup(cls.lab.down)
        cls.lab.up(cls.hosts, cls.guests)

    def start(self, settings=None, **more):
        """A controller that is ended after the test, and what it said is shown if the test fails."""
        controller = Controller(self.lab, settings, **more)
        self.addCleanup(self.finish, controller)
        return controller

    def run_pool(self, settings=None, **more):
        """A controller that knows all hosts and VMs, with idle guests on h1 and h2.. asleep."""
        for vm in self.guests:
            self.lab.load(vm, IDLE)
        self.controller = self.start(settings, **more)
        self.tail = self.controller.follow()
        self.wait(actor="pool", to="leading")
        return self.controller

    def settled(self, within=60):
        """Waits until all guests are parked on h1, free to move, and all other hosts sleep."""
        until(lambda: is_settled(self.controller.status()), within, "the pool is at rest")
        for vm in self.guests:
            self.wait(actor="vm", name=vm, to="parked")  # the tail comes behind the status

    def finish(self, controller):
        if self.failed():
            lines = controller.tail.lines if controller.tail else []
            print("\n".join(["tail:", *map(str, lines[-60:]), "log:", controller.log()[-4000:]]))
        if controller.process.poll() is None:
            controller.end()

    def failed(self):
        outcome = self._outcome
        result = outcome.result
        return any(test is self for test, _ in result.errors + result.failures)

    def wait(self, within=60, **wanted):
        return self.tail.wait(within, **wanted)

    def slow_link(self, host, mbit):
        """For the rest of the test; returns what ends it sooner."""
        self.lab("slow", host, str(mbit))
        heal = functools.partial(self.lab, "slow", host, "off")
        self.addCleanup(heal)
        return heal

    def begin_fault(self, *words):
        """`tools/lab fault` with these words; it waits by itself for the moment that they name."""
        waits = subprocess.Popen([LAB_TOOL, "fault", *words], env=self.lab.environment)
        self.addCleanup(waits.wait, 60)
        return waits

    def is_killed(self, controller):
        """By a fault, within a minute."""
        self.assertEqual(controller.process.wait(60), -signal.SIGKILL)
        controller.end()

    def postcopy_of(self, vm, after):
        """The last line of a migration that begins behind `after` and switches before it is complete.

        Which of `switched` and `resumed` are said is left open: the ends' news come by a connection
        each, so the target's may be first, and QEMU has none of `resumed` if next to nothing is left
        to copy. A test that needs the middle makes one by a slow link.
        """
        copying = self.wait(actor="migration", name=vm, to="copying", after=after)
        done = self.wait(actor="migration", name=vm, to="complete", after=copying)
        self.assertIn(done["from"], ("switched", "resumed"), done)
        return done

    def replay(self, *options):
        text = Redis(self.lab).replay(*options)
        self.assertIn("identical", text)
        self.assertNotIn("not replayed", text)  # nothing of the journal was lost on its way
        self.report(f"replay {' '.join(options)}: {text.strip()}")

    def report(self, text):
        print(f"  {self.id().split('.')[-1]}: {text}", flush=True)


def is_settled(status):
    states = {host["name"]: host["state"] for host in status["hosts"]}
    others = [state for name, state in states.items() if name != "h1"]
    return states["h1"] == "awake" and set(others) == {"asleep"} and all(
        vm["state"] == "parked" and vm["host"] == "h1" and "waits" not in vm
        for vm in status["vms"])
