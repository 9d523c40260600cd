#!/usr/bin/python3
"""nemuri wake: straight from conf.yaml to the ways of waking, without a controller or Redis."""
import os
import shutil
import subprocess
import tempfile
import time
import unittest

NEMURI = os.environ["NEMURI"]


class Wake(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nemuri-wake-test.")
        self.addCleanup(shutil.rmtree, self.folder)

    def run_wake(self, *words, hosts):
        config = f"{self.folder}/conf.yaml"
        with open(config, "w") as file:
            file.write("redis: {url: 'unix:/nonexistent/redis.sock'}\nhosts:\n"
                       "- {name: wh1, role: warehouse, may_sleep: false}\n" + hosts)
        return subprocess.run([NEMURI, "wake", "--config", config, *words], capture_output=True,
                              text=True, timeout=60)

    def host(self, name, *scripts, power=""):
        """One whose ways are these shell scripts, each noted in a log when it runs."""
        ways = ", ".join(f'{{exec: [sh, -c, "echo {name}.{place} >>{self.folder}/log; {script}"]}}'
                         for place, script in enumerate(scripts))
        command = f', power_command: [sh, -c, "{power}"]' if power else ""
        return f"- {{name: {name}, role: server, wake: [{ways}]{command}}}\n"

    def log(self):
        with open(f"{self.folder}/log") as file:
            return sorted(file.read().split())

    def test_all_of_them_each_by_its_first_way(self):
        done = self.run_wake("--all", hosts=self.host("s1", "true", "false") + self.host("s2", "true"))
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("s1: request sent by exec\n", done.stdout)
        self.assertIn("s2: request sent by exec\n", done.stdout)
        self.assertIn("2 of 2 requests went out. That a host is up, only its agent can say", done.stdout)
        self.assertEqual(self.log(), ["s1.0", "s2.0"])

    def test_only_those_that_are_named(self):
        done = self.run_wake("s2", hosts=self.host("s1", "true") + self.host("s2", "true"))
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(self.log(), ["s2.0"])

    def test_a_way_fails_the_next_one_is_tried(self):
        hosts = self.host("s1", "echo no such card >&2; exit 3", "true", "true")
        done = self.run_wake("s1", hosts=hosts)
        self.assertEqual(done.returncode, 0, done)
        self.assertIn("s1: exec failed: wake command sh: exit status 3: no such card; request sent by exec",
                      done.stdout)
        self.assertEqual(self.log(), ["s1.0", "s1.1"])

    def test_no_way_works_is_1_and_the_others_are_woken(self):
        done = self.run_wake("--all", hosts=self.host("s1", "exit 1", "exit 2") + self.host("s2", "true"))
        self.assertEqual(done.returncode, 1, done)
        self.assertRegex(done.stdout, r"s1: exec failed: .*status 1; exec failed: .*status 2")
        self.assertIn("s2: request sent", done.stdout)
        self.assertIn("1 of 2 requests went out", done.stdout)

    def test_the_power_state_is_read_until_it_is_on(self):
        """Off at first, on when it is read again."""
        power = f"if test -e {self.folder}/seen; then echo on; else touch {self.folder}/seen; echo off; fi"
        done = self.run_wake("s1", hosts=self.host("s1", "true", power=power))
        self.assertIn("s1: request sent by exec; its power state reads on", done.stdout)

    def test_a_host_that_stays_off_is_said_to_be_so(self):
        done = self.run_wake("s1", "--watch", "0s", hosts=self.host("s1", "true", power="echo off"))
        self.assertEqual(done.returncode, 0, done)  # the request did go out
        self.assertIn("its power state reads off", done.stdout)

    def test_a_state_that_cannot_be_read_is_said(self):
        done = self.run_wake("s1", "--watch", "0s", hosts=self.host("s1", "true", power="exit 1"))
        self.assertIn("its power state could not be read: power command sh: exit status 1", done.stdout)

    def test_many_at_once(self):
        """Sixteen at a time: forty commands of 0.2 s each take far less than 8 s one by one."""
        began = time.monotonic()
        done = self.run_wake("--all", hosts="".join(self.host(f"s{i}", "sleep 0.2") for i in range(40)))
        print(f"40 hosts in {time.monotonic() - began:.2f} s", flush=True)
        self.assertEqual(done.returncode, 0, done)
        self.assertEqual(len(self.log()), 40)

    def test_bad_usage_is_2_and_wakes_nobody(self):
        hosts = self.host("s1", "true")
        for words, said in (((), "expected names of hosts, or --all"),
                            (("--all", "s1"), "expected names of hosts, or --all"),
                            (("s1", "s9"), "there is no host 's9'"),
                            (("wh1",), "host wh1 has no `wake:`"),
                            (("s1", "--watch", "soon"), "")):
            done = self.run_wake(*words, hosts=hosts)
            self.assertEqual(done.returncode, 2, done)
            self.assertIn(said, done.stderr)
        self.assertEqual(self.run_wake("s1", hosts=hosts + "  nonsense").returncode, 2)
        self.assertFalse(os.path.exists(f"{self.folder}/log"))


if __name__ == "__main__":
    unittest.main()
