"""The machine's lab: its hosts and guests for a test class, and what must not be left of them."""
import glob
import json
import os
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time

REPO = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(REPO, "tools", "lab.d"))
from fault import LAB_TOOL, RunningLab, fault, run  # noqa: E402, F401

NEMURI = os.environ.get("NEMURI", os.path.join(REPO, "build", "nemuri"))
REDIS_PORT = 7379
LAB_IS_FREE_WITHIN = int(os.environ.get("NEMURI_LAB_WAIT", "60"))  # s; one machine has one lab
ADDRESS = "10.77.0.254"
BUSY, IDLE = 70, 2  # % of a vCPU: above and below both thresholds, whatever the noise

WINDOW_S = 4
SETTINGS = {
    "snapshot_every": "10s",
    "window": f"{WINDOW_S}s",
    "distribution": {"threshold": "50%", "min_relief": "15%"},  # idle guests: 48 % beside builds
    "consolidation": {"return_threshold": "25%"},
    "hold": {"server": "4s", "warehouse": "4s"},
    "warehouse": {"memory_reserve": "128MiB"},
    "libvirt": {"reconnect_longest": "1s"},
    "power": {"proof": "off", "dead_man": "0s"},  # they have no clock of their own
}

# Hosts are woken by this, so that a test can count the calls and let them come to nothing.
WAKE = """#!/bin/sh
echo "$1" >>"{scratch}/wakes"
[ -e "{scratch}/no-wake-$1" ] || exec "{tool}" wake "$1"
"""


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


class Lab(RunningLab):
    """One of a test's own; see docs/lab.md."""

    def __init__(self):
        self.scratch = tempfile.mkdtemp(prefix="nemuri-lab-test.")
        super().__init__(dict(os.environ, NEMURI_LAB=os.path.join(self.scratch, "lab"), NEMURI=NEMURI))
        self.names = []
        self.limit = 240  # s: of `up`, on a machine that is busy

    def up(self, hosts, guests):
        self.names = [f"h{n + 1}" for n in range(hosts)]
        until(lambda: not owner_of_bridge(), LAB_IS_FREE_WITHIN, "the machine's lab is free")
        self("up", str(hosts))
        starts = [subprocess.Popen([LAB_TOOL, "guest", "h1", name], env=self.environment)
                  for name in guests]
        codes = [start.wait() for start in starts]
        assert codes == [0] * len(guests), f"guests: exit codes {codes}"
        time.sleep(1)  # their boot was work, but none to move a guest for: no sample has it

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
