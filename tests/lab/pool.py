"""A pool of lab hosts under a real `nemuri run`, for acceptance tests.

PoolTest makes one lab a class (hosts, guests) and one controller a test; all that was started is
ended by its PID, and tearDownClass asserts that nothing of the lab is left on the machine. Times are
scaled down (window 4 s) and loads are low, so that a pool fits on two cores: overloaded is 40 %.
"""
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

from tail import Tail

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
LAB_TOOL = os.path.join(REPO, "tools", "lab")
NEMURI = os.environ.get("NEMURI", os.path.join(REPO, "build", "nemuri"))
REDIS_PORT = 7379
LAB_IS_FREE_WITHIN = int(os.environ.get("NEMURI_LAB_WAIT", "60"))  # s; one machine has one lab
ADDRESS = "10.77.0.254"
BUSY, IDLE = 70, 2  # % of a vCPU: above and below both thresholds, whatever the noise

WINDOW_S = 4
SETTINGS = {
    "snapshot_every": "10s",
    "window": f"{WINDOW_S}s",
    "distribution": {"threshold": "40%", "min_relief": "5%"},
    "consolidation": {"return_threshold": "25%"},
    "hold": {"server": "4s", "warehouse": "4s"},
    "warehouse": {"memory_reserve": "128MiB"},
    "libvirt": {"reconnect_longest": "1s"},
}

# Hosts are woken by this, so that a test can count the calls and let them come to nothing.
WAKE = """#!/bin/sh
echo "$1" >>"{scratch}/wakes"
[ -e "{scratch}/no-wake-$1" ] || exec "{tool}" wake "$1"
"""


def run(*command, check=True, limit=120, **options):
    done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=limit, **options)
    if check and done.returncode != 0:
        raise AssertionError(f"{' '.join(command)}: exit {done.returncode}: {done.stdout.strip()}")
    return done


def content_of(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


def until(condition, within, what):
    """What `condition` returns once it is true; an AssertionError after `within` seconds."""
    end = time.monotonic() + within
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {within} s: {what}")
        time.sleep(0.05)


def merged(base, changes):
    out = dict(base)
    for key, value in changes.items():
        out[key] = {**out.get(key, {}), **value} if isinstance(value, dict) else value
    return out


class Lab:
    """The hosts and guests; see docs/lab.md."""

    def __init__(self):
        self.scratch = tempfile.mkdtemp(prefix="nemuri-lab-test.")
        self.folder = os.path.join(self.scratch, "lab")
        self.environment = dict(os.environ, NEMURI_LAB=self.folder, NEMURI=NEMURI)
        self.names = []

    def __call__(self, *words, check=True):
        return run(LAB_TOOL, *words, check=check, env=self.environment, limit=240).stdout.strip()

    def up(self, hosts, guests):
        self.names = [f"h{n + 1}" for n in range(hosts)]
        until(lambda: not owner_of_bridge(), LAB_IS_FREE_WITHIN, "the machine's lab is free")
        self("up", str(hosts))
        starts = [subprocess.Popen([LAB_TOOL, "guest", "h1", name], env=self.environment)
                  for name in guests]
        codes = [start.wait() for start in starts]
        assert codes == [0] * len(guests), f"guests: exit codes {codes}"
        time.sleep(WINDOW_S)  # their boot was work, but none to move a guest for

    def load(self, vm, percent, dirty_mib_s=2, wss_mib=16):
        self("load", vm, str(percent), str(dirty_mib_s), str(wss_mib))

    def state_of(self, host):
        return dict(line.split() for line in self("hosts").splitlines())[host]

    def conf(self, settings):
        """conf.yaml of the pool. JSON is YAML, hence one line of it a section."""
        wake = os.path.join(self.scratch, "wake")
        hosts = [{"name": name, "role": "warehouse" if name == "h1" else "server",
                  "wake": [{"exec": [wake, name]}]} for name in self.names]
        base = {"pool": "lab", "state_dir": f"{self.folder}/nemuri", "hosts": hosts,
                "redis": {"listen": f"{ADDRESS}:{REDIS_PORT}"}}
        all_of_it = merged(merged(base, SETTINGS), settings)
        with open(wake, "w", encoding="utf-8") as out:
            out.write(WAKE.format(scratch=self.scratch, tool=LAB_TOOL))
        os.chmod(wake, 0o755)
        return "".join(f"{key}: {json.dumps(value)}\n" for key, value in all_of_it.items())

    def let_wakes_fail(self, host, fail=True):
        path = pathlib.Path(self.scratch, f"no-wake-{host}")
        path.touch() if fail else path.unlink()

    def wakes_of(self, host):
        path = f"{self.scratch}/wakes"
        return content_of(path).split().count(host) if os.path.exists(path) else 0

    def down(self):
        self.end_redis()
        self("down", check=False)
        left = until_none(self.leftovers, within=10)
        shutil.rmtree(self.scratch, ignore_errors=True)
        assert not left, f"left behind: {left}"

    def end_redis(self):
        """The controller's own Redis outlives a controller that is killed."""
        for pid in map(int, (path.split("/")[2] for path in glob.glob("/proc/[0-9]*/cwd"))):
            if is_in(f"/proc/{pid}/cwd", f"{self.folder}/nemuri/redis"):
                os.kill(pid, signal.SIGKILL)

    def leftovers(self):
        """Processes, mounts, cgroups, links and folders of the lab that are still there."""
        word = self.scratch.encode()
        found = [path for path in glob.glob("/proc/[0-9]*/cmdline") if mentions(path, word)]
        found += [path for path in glob.glob("/proc/[0-9]*/mountinfo") if mentions(path, word)]
        found += [path for path in glob.glob("/proc/[0-9]*/cwd") if is_in(path, self.scratch)]
        if owner_of_bridge() in ("", self.folder):  # else somebody else's lab came up meanwhile
            found += glob.glob("/sys/fs/cgroup/**/nemuri-lab.*", recursive=True)
            found += glob.glob("/sys/class/net/lab*")
        return found + ([self.folder] if os.path.exists(self.folder) else [])


def owner_of_bridge():
    """The folder of the lab that is up, if one is."""
    try:
        return content_of("/sys/class/net/labbr/ifalias").strip()
    except OSError:
        return ""


def mentions(path, word):
    try:
        return word in pathlib.Path(path).read_bytes()
    except OSError:  # it ended meanwhile
        return False


def is_in(link, folder):
    try:
        return os.readlink(link).startswith(folder)
    except OSError:
        return False


def until_none(look, within):
    end = time.monotonic() + within
    while (found := look()) and time.monotonic() < end:
        time.sleep(0.1)
    return found


class Controller:
    """A `nemuri run` with its tail."""

    def __init__(self, lab, settings=None, options=(), config="conf.yaml"):
        self.lab = lab
        self.config = os.path.join(lab.scratch, config)
        self.configure(settings or {})
        self.state_dir = merged({"state_dir": f"{lab.folder}/nemuri"}, settings or {})["state_dir"]
        self.log_path = os.path.join(lab.scratch, f"{config}.log")
        with open(self.log_path, "a") as log:
            self.process = subprocess.Popen([NEMURI, "run", "--config", self.config, *options],
                                            stdout=log, stderr=log)
        self.began = time.monotonic()
        self.tail = None

    def configure(self, settings):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(self.lab.conf(settings))

    @property
    def socket(self):
        return f"{self.state_dir}/nemuri.sock"

    def follow(self):
        def connect():
            if self.process.poll() is not None:
                raise AssertionError(f"nemuri run ended: exit {self.process.returncode}")
            return Tail.connect(self.socket)

        self.tail = until(connect, 20, "the tail's socket")
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
        """Waits until all guests are parked on h1 and all other hosts sleep."""
        until(lambda: is_settled(self.controller.status()), within, "the pool is at rest")

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

    def replay(self, *options):
        text = Redis(self.lab).replay(*options)
        self.assertIn("identical", text)
        self.report(f"replay {' '.join(options)}: {text.strip()}")

    def report(self, text):
        print(f"  {self.id().split('.')[-1]}: {text}", flush=True)


def is_settled(status):
    states = {host["name"]: host["state"] for host in status["hosts"]}
    others = [state for name, state in states.items() if name != "h1"]
    return states["h1"] == "awake" and set(others) == {"asleep"} and all(
        vm["state"] == "parked" and vm["host"] == "h1" for vm in status["vms"])
