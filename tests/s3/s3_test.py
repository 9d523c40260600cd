#!/usr/bin/python3
"""A real ACPI S3: a QEMU guest with libvirtd and the nemuri agent, its BMC, and `nemuri run`.

The controller orders the sleep, sees by IPMI that the host is down, has it woken by IPMI, and hears
its hello. Nothing here is a model: the guest's kernel suspends and resumes.
"""
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "lab"))

import guest  # noqa: E402
from bmc import Bmc, free_port  # noqa: E402
from lab import NEMURI, content_of, run, until  # noqa: E402
from tail import Tail  # noqa: E402

AGENT_INI = """host=s1
pool=s3
redis=10.0.2.2:{redis}
redis-user=agent-s1
redis-password-file=/etc/nemuri/redis.password
libvirt-uri=qemu+tcp://127.0.0.1:{libvirt}/system
suspend=sys
"""
SETTINGS = {"pool": "s3", "start_patience": "1s", "libvirt": {"reconnect_longest": "1s"}}


class Guest:
    """The QEMU that the BMC has started, by its files."""

    def __init__(self, folder):
        self.folder = folder
        self.port = None

    def console(self):
        try:
            return content_of(f"{self.folder}/console")
        except FileNotFoundError:
            return ""

    def ask(self, command):
        """What a shell command in the guest prints."""
        if not self.port:
            self.port = socket.socket(socket.AF_UNIX)
            self.port.settimeout(10)
            self.port.connect(f"{self.folder}/serial")
        word = f"done-{time.monotonic_ns()}"
        self.port.sendall(f'{command}; echo "{word[:4]}""{word[4:]}"\n'.encode())
        said = ""
        while word not in said:
            said += self.port.recv(4096).decode(errors="replace")
        return said.split(word)[0].replace("\r", "").strip()

    def end(self):
        if self.port:
            self.port.close()
        try:
            pid = int(content_of(f"{self.folder}/qemu.pid"))
            os.kill(pid, signal.SIGKILL)
        except (FileNotFoundError, ProcessLookupError):
            return
        until(lambda: not os.path.exists(f"/proc/{pid}"), 10, "QEMU ends")


class S3Test(unittest.TestCase):
    """A controller and a guest each, from the start of both."""

    settings = {}

    def setUp(self):
        assert os.access(NEMURI, os.X_OK), f"there is no {NEMURI}: build it, or set NEMURI"
        self.folder = tempfile.mkdtemp(prefix="nemuri-s3-test.")
        self.addCleanup(shutil.rmtree, self.folder)
        self.bmc = Bmc(self.folder)
        self.addCleanup(self.bmc.end)
        self.redis_port, self.libvirt_port = (free_port(socket.SOCK_STREAM) for _ in range(2))
        self.state = f"{self.folder}/nemuri"
        self.tail = None
        self.guest = Guest(self.folder)
        self.addCleanup(self.guest.end)
        self.addCleanup(self.show_if_failed)
        self.make_guest()
        self.start_controller()
        self.boot()

    def start_controller(self):
        hosts = [{"name": "w1", "role": "warehouse", "may_sleep": False},
                 {"name": "s1", "role": "server", "wake": [{"ipmi": self.bmc.way()}],
                  "suspend": {"verify": "s3"}}]
        conf = {**SETTINGS, **self.settings, "state_dir": self.state, "hosts": hosts,
                "redis": {"listen": f"127.0.0.1:{self.redis_port}"}}
        with open(f"{self.folder}/conf.yaml", "w", encoding="utf-8") as out:
            out.writelines(f"{key}: {json.dumps(value)}\n" for key, value in conf.items())
        with open(f"{self.folder}/log", "wb") as log:
            process = subprocess.Popen([NEMURI, "run", "--config", f"{self.folder}/conf.yaml"],
                                       stdout=log, stderr=log)
        self.addCleanup(self.end_controller, process)
        self.tail = until(lambda: Tail.connect(f"{self.state}/nemuri.sock"), 20, "the tail's socket")
        self.addCleanup(self.tail.close)
        self.wait(actor="pool", to="leading")

    @staticmethod
    def end_controller(process):
        process.terminate()
        process.wait(20)

    def make_guest(self):
        """Its agent's password is there before the controller, which takes it as it is."""
        for folder in (self.state, f"{self.state}/secrets"):
            os.mkdir(folder, mode=0o700)
        with open(os.open(f"{self.state}/secrets/agent-s1", os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="utf-8") as out:
            out.write("0123456789abcdef" * 4)
        secret = content_of(f"{self.state}/secrets/agent-s1")
        ini = AGENT_INI.format(redis=self.redis_port, libvirt=self.libvirt_port)
        initrd = guest.build(self.folder, NEMURI, ini, {"etc/nemuri/redis.password": secret})
        with open(f"{self.folder}/command", "w", encoding="utf-8") as out:
            json.dump(guest.qemu_command(self.folder, initrd, self.libvirt_port), out)

    def boot(self):
        self.bmc.ipmitool("power", "on")
        until(lambda: "guest: up" in self.guest.console(), 120, "the guest is up")
        self.kept = self.guest.ask("sha256sum /run/kept")
        self.assertRegex(self.kept, "^[0-9a-f]{64}  /run/kept$")

    def wait(self, within=30, **wanted):
        return self.tail.wait(within, **wanted)

    def show_if_failed(self):
        result = self._outcome.result
        if any(test is self for test, _ in result.errors + result.failures):
            print("\n".join(["tail:", *map(str, self.tail.lines[-60:] if self.tail else []), "log:", *(content_of(f"{self.folder}/{name}")[-1000:] for name in ("qemu.log", "bmc.log", "calls") if os.path.exists(f"{self.folder}/{name}")),
                             content_of(f"{self.folder}/log")[-4000:], "guest:",
                             self.guest.console()[-2000:]]))

    def report(self, text):
        print(f"  {self.id().split('.')[-1]}: {text}", flush=True)

    def redis(self, *words):
        environment = dict(os.environ,
                           REDISCLI_AUTH=content_of(f"{self.state}/secrets/controller").strip())
        return run("redis-cli", "-p", str(self.redis_port), "--user", "nemuri-controller", *words,
                   env=environment, limit=20).stdout.strip()

    def hash_of_s1(self):
        words = self.redis("HGETALL", "nemuri:{s3}:host:s1").splitlines()
        return dict(zip(words[::2], words[1::2]))

    def order(self, kind, **fields):
        """Into the stream as a controller does; its id."""
        hello = self.hash_of_s1()
        words = {"order": kind, "boot": hello["boot"], "epoch": hello["epoch"], "ttl_ms": 10000, **fields}
        return self.redis("XADD", "nemuri:{s3}:orders:s1", "*",
                          *(str(word) for pair in words.items() for word in pair))

    def reply(self, kind, order=None, within=30):
        """The agent's first reply of this kind, as fields."""
        def look():
            for _, words in json.loads(self.redis("--json", "XRANGE", "nemuri:{s3}:replies", "-", "+")):
                fields = words if isinstance(words, dict) else dict(zip(words[::2], words[1::2]))
                if fields["reply"] == kind and order in (None, fields["order"]):
                    return fields
            return None

        return until(look, within, f"the agent's {kind}")

    def memory_is_kept(self):
        self.assertEqual(self.guest.ask("sha256sum /run/kept"), self.kept)

    def only_woken(self):
        """The BMC was never told anything but `on`."""
        for call in self.bmc.calls():
            self.assertRegex(call, "^power on, ")


class ByTheController(S3Test):
    settings = {"power": {"proof": "required", "drill_sleep": "3s", "idle_before_sleep": "8s"}}

    def test_a_drill_suspends_it_and_wakes_it_by_ipmi(self):
        ordered = self.wait(actor="host", name="s1", to="suspending", text="a drill")
        asleep = self.wait(actor="host", name="s1", to="asleep", after=ordered)
        self.assertIn("off", self.bmc.ipmitool("power", "status"))
        waking = self.wait(actor="host", name="s1", to="waking", after=asleep)
        awake = self.wait(actor="host", name="s1", to="awake", after=waking)
        self.wait(actor="host", name="s1", text="it wakes: ", after=asleep)
        slept_ms = int(self.reply("resumed")["slept_ms"])
        self.assertGreater(slept_ms, 500)
        self.memory_is_kept()
        self.only_woken()
        self.report(f"order -> asleep {asleep.read_at - ordered.read_at:.2f} s, wake order -> hello "
                    f"{awake.read_at - waking.read_at:.2f} s, slept {slept_ms / 1000:.2f} s by the host's clocks")
        print("\n".join(f"    {line}" for line in self.tail.lines), flush=True)


class ByOrders(S3Test):
    """The controller only watches; the test gives the orders."""

    settings = {"dry_run": True}

    def test_nobody_wakes_it_and_its_own_clock_does(self):
        self.wait(actor="host", name="s1", to="awake")
        suspend = self.order("suspend", wake_after_ms=4000)
        self.reply("going_down", suspend)
        self.assertEqual(self.guest.ask("cat /sys/class/rtc/rtc0/wakealarm"), "")  # tried, and off
        began = time.monotonic()
        self.order("ack", of=suspend)
        until(lambda: "off" in self.bmc.ipmitool("power", "status"), 10, "the guest is in S3")
        resumed = self.reply("resumed", suspend)
        took, slept = time.monotonic() - began, int(resumed["slept_ms"]) / 1000
        # The clock that runs while it sleeps counts whole seconds, and one goes by on the way down.
        self.assertLess(slept, took + 1)
        self.assertGreater(slept, 2)
        self.assertEqual(self.guest.ask("cat /sys/class/rtc/rtc0/wakealarm"), "")
        self.assertEqual(self.guest.ask("cat /sys/power/suspend_stats/success"), "1")
        self.memory_is_kept()
        self.assertEqual(self.bmc.calls(), ["power on, it was off"])
        self.report(f"alarm in 4 s: back after {took:.2f} s, slept {slept:.2f} s")

    def test_what_cannot_go_well_is_refused_before_the_goodbye(self):
        self.wait(actor="host", name="s1", to="awake")
        self.guest.ask("mkdir /tmp/none; mount --bind /tmp/none /sys/class/rtc")
        refused = self.reply("refused", self.order("suspend", wake_after_ms=4000))
        self.assertEqual(refused["refusal"], "unable")
        self.assertIn("rtc0 is missing", refused["detail"])
        self.assertEqual(self.hash_of_s1()["state"], "up")
        self.assertEqual(self.guest.ask("cat /sys/power/suspend_stats/success"), "0")


if __name__ == "__main__":
    unittest.main()
