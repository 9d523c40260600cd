#!/usr/bin/python3
"""The program as people use it: help, exit codes, a controller with its own Redis, tail and status."""
import grp
import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

NEMURI = os.environ["NEMURI"]
COMMANDS = ["run", "agent", "tail", "status", "replay", "doctor", "wake", "power",
            "sim"]
CONF = """pool: cli
state_dir: {state}
redis: {{listen: ""}}
tail: {{group: "{group}"}}
hosts:
- {{name: wh1, role: warehouse, wake: [{{exec: ["/bin/true"]}}]}}
- {{name: s1, role: server, wake: [{{exec: ["/bin/true"]}}]}}
"""


def nemuri(*words, **more):
    return subprocess.run([NEMURI, *words], capture_output=True, text=True, timeout=20, **more)


class Usage(unittest.TestCase):
    def test_help_has_an_example(self):
        for command in COMMANDS:
            done = nemuri(command, "--help")
            self.assertEqual(done.returncode, 0)
            self.assertRegex(done.stdout, rf"Examples?:\s+nemuri {command} ")

    def test_version(self):
        done = nemuri("version")
        self.assertEqual(done.returncode, 0)
        self.assertRegex(done.stdout, r"\d+\.\d+\.\d+")

    def test_bad_usage_is_2(self):
        for words in ([], ["dance"], ["tail", "--since", "soon"], ["run", "--no-such-option"],
                      ["doctor", "--limit", "soon"], ["doctor", "--config", "/nonexistent"]):
            self.assertEqual(nemuri(*words).returncode, 2, words)

    def test_an_agent_with_two_ways_of_suspending_or_none_is_2(self):
        agent = ["agent", "--host", "h1", "--redis", "unix:/nonexistent", "--libvirt-uri", "test:///default"]
        for words in (["--suspend", "command"], ["--suspend", "nap"],
                      ["--suspend", "sys", "--suspend-command", "/bin/true"]):
            done = nemuri(*agent, *words)
            self.assertEqual(done.returncode, 2, words)
            self.assertIn("--suspend", done.stderr)

    def test_nobody_listens_is_1_and_says_what_to_do(self):
        for command in ("tail", "status"):
            done = nemuri(command, "--socket", "/nonexistent/nemuri.sock")
            self.assertEqual(done.returncode, 1)
            self.assertIn("does `nemuri run` run?", done.stderr)


class Controller(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nemuri-cli-test.")
        self.addCleanup(shutil.rmtree, self.folder)
        self.state, self.config = f"{self.folder}/state", f"{self.folder}/conf.yaml"
        self.socket = f"{self.state}/nemuri.sock"
        self.group = grp.getgrgid(os.getgroups()[-1] if os.getgroups() else os.getgid())
        self.write(CONF)

    def write(self, text):
        with open(self.config, "w", encoding="utf-8") as out:
            out.write(text.format(state=self.state, group=self.group.gr_name))

    def start(self, *options):
        with open(f"{self.folder}/log", "ab") as log:
            process = subprocess.Popen([NEMURI, "run", "--config", self.config, *options],
                                       stdout=log, stderr=log)
        self.addCleanup(self.end, process)
        self.until(lambda: nemuri("status", "--socket", self.socket).returncode == 0)
        self.until(lambda: self.status()["state"] == "leading")
        return process

    def end(self, process):
        if process.poll() is None:
            process.send_signal(signal.SIGTERM)
        return process.wait(20)

    def until(self, condition):
        end = time.monotonic() + 60  # beside builds one start took 13 s
        while not condition():
            self.assertLess(time.monotonic(), end, self.log())
            time.sleep(0.05)

    def log(self):
        with open(f"{self.folder}/log", encoding="utf-8") as text:
            return text.read()

    def status(self):
        return json.loads(nemuri("status", "--json", "--socket", self.socket).stdout)

    def tail(self, *options):
        """One that ends with its controller."""
        process = subprocess.Popen([NEMURI, "tail", "--socket", self.socket, "--since", "1m", *options],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def test_settings_with_faults_are_2_and_all_are_named(self):
        self.write(CONF + "window: soon\nno_such_setting: 1\n")
        for check in (["--check"], []):
            done = nemuri("run", "--config", self.config, *check)
            self.assertEqual(done.returncode, 2)
            for fault in ("conf.yaml:8:", "conf.yaml:9:", "no_such_setting"):
                self.assertIn(fault, done.stderr)

    def test_people_are_told_by_their_own_command(self):
        got = f"{self.folder}/alerts"
        alert = f'alert: {{{{command: [sh, -c, "cat >> {got}"], held_after: 0s}}}}\n'
        self.write(CONF + alert)
        self.start()

        def told():
            with open(got, encoding="utf-8") as lines:
                return [json.loads(line) for line in lines]

        self.until(lambda: os.path.exists(got) and len(told()) == 2)
        raised, cleared = told()  # each start has a moment of blindness
        for line, step in ((raised, "raised"), (cleared, "cleared")):
            self.assertEqual((line["alert"], line["step"], line["times"]), ("held", step, 1))
            self.assertEqual((line["actor"], line["name"], line["pool"]), ("pool", "cli", "cli"))
            self.assertLess(abs(line["since_ms"] - time.time() * 1000), 30_000)
        self.assertIn("nothing is moved", raised["text"])
        self.assertIn("leads the pool", cleared["text"])

    def test_an_alert_that_reaches_nobody_is_said(self):
        self.write(CONF + 'alert: {{command: [sh, -c, "echo no mail >&2; exit 9"], held_after: 0s}}\n')
        self.start()
        tail = self.tail()
        said = next(line for line in tail.stdout if "alert.command" in line)
        self.assertIn("exit status 9: no mail", said)

    def test_status_and_tail(self):
        process = self.start("--dry-run")
        text = nemuri("status", "--socket", self.socket).stdout
        for word in ("cli", "dry run", "wh1", "s1", "silent"):
            self.assertIn(word, text)
        of_s1, plain, lines = self.tail("--host", "s1"), self.tail(), self.tail("--json")
        self.assertEqual(json.loads(next(lines.stdout))["actor"], "pool")
        self.assertTrue(any("leads the pool" in line for line in plain.stdout))
        self.assertEqual(self.end(process), 0)
        self.assertEqual(of_s1.stdout.read(), "")
        self.assertEqual([of_s1.wait(20), plain.wait(20), lines.wait(20)], [0, 0, 0])

    def test_the_socket_is_for_owner_and_group(self):
        self.start()
        info = os.stat(self.socket)
        self.assertEqual(stat.S_IMODE(info.st_mode), 0o660)
        self.assertEqual(info.st_gid, self.group.gr_gid)

    def test_told_to_read_its_settings_again(self):
        process = self.start()
        self.write(CONF + "window: 20s\n")
        process.send_signal(signal.SIGHUP)
        self.until(lambda: "read again" in self.log())
        self.assertIn("window: 10s -> 20s", self.log())
        self.assertTrue(any("window: 10s -> 20s" in line for line in self.tail().stdout))


if __name__ == "__main__":
    unittest.main()
