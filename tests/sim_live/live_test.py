"""`nemuri run --simulate`: simulated hosts in real time, and all else as in production."""
import glob
import json
import os
import random
import signal
import socket
import subprocess
import tempfile
import time
import unittest

NEMURI = os.environ["NEMURI"]
DAY = os.path.join(os.path.dirname(__file__), "..", "scenarios", "day")
LIMIT = 60  # seconds: for a machine that is busy with other tests
KILLS = int(os.environ.get("NEMURI_REDIS_KILLS", "3"))  # more by hand
NOTICED_WITHIN = 3  # seconds


class Live(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.TemporaryDirectory(prefix="nm-")
        self.state = os.path.join(self.folder.name, "state")
        self.log = open(os.path.join(self.folder.name, "log"), "w+")
        self.run = None

    def tearDown(self):
        if self.run and self.run.poll() is None:
            self.run.kill()
            self.run.wait()
        self.log.close()
        self.folder.cleanup()

    def start(self, *words):
        self.run = subprocess.Popen([NEMURI, "run", *words], stderr=self.log)

    def logged(self):
        self.log.seek(0)
        return self.log.read()

    def tail(self):
        """Lines of the tail as they come, from its beginning."""
        path = os.path.join(self.state, "nemuri.sock")
        ends = time.monotonic() + LIMIT
        while True:
            try:
                client = socket.socket(socket.AF_UNIX)
                client.connect(path)
                break
            except OSError:
                client.close()
                self.assertLess(time.monotonic(), ends, self.logged())
                self.assertIsNone(self.run.poll(), self.logged())
                time.sleep(0.05)
        client.settimeout(LIMIT)
        with client, client.makefile("rw") as lines:
            lines.write('{"op":"tail","since_ms":60000}\n')
            lines.flush()
            for line in lines:
                yield json.loads(line)

    def until(self, wanted):
        for line in self.tail():
            if wanted(line):
                return line
        self.fail("the tail ended: " + self.logged())

    def end(self):
        self.run.send_signal(signal.SIGINT)
        self.assertEqual(self.run.wait(LIMIT), 0, self.logged())

    def test_the_first_distribution_shows_on_the_tail_and_sigint_ends_all_of_it(self):
        self.start("--simulate", DAY, "--state-dir", self.state)
        leaving = self.until(lambda line: line.get("to") == "departing")
        self.assertEqual(leaving["name"], "mail")
        self.until(lambda line: line.get("actor") == "host" and line.get("to") == "awake"
                   and line.get("name") == "srv1")
        self.end()
        self.assertEqual(glob.glob(self.state + "/redis/*.pid"), [])

    # Commands are in flight at any time: the reader's XREAD, the lease, statistics, journal entries.
    def test_redis_is_killed_again_and_again_and_noticed_each_time(self):
        self.start("--simulate", self.long_day(), "--state-dir", self.state)
        lines, moments, took = self.tail(), random.Random(1), []
        self.next_of_pool(lines, "leading")
        for _ in range(KILLS):
            time.sleep(moments.uniform(0, 1))
            with open(self.state + "/redis/redis.pid") as pid:
                os.kill(int(pid.read()), signal.SIGKILL)
            since = time.monotonic()
            self.next_of_pool(lines, "blind")
            took.append(time.monotonic() - since)
            self.next_of_pool(lines, "leading")
        print(f"{KILLS} kills, noticed after {max(took) * 1000:.0f} ms at most", flush=True)
        self.assertLessEqual(max(took), NOTICED_WITHIN)
        self.end()

    def long_day(self):
        """The day, which does not end before the kills do."""
        with open(os.path.join(DAY, "scenario.yaml")) as day:
            text = day.read()
        self.assertIn("length: 5m\n", text)
        path = os.path.join(self.folder.name, "long_day.yaml")
        with open(path, "w") as longer:
            longer.write(text.replace("length: 5m\n", "length: 10h\n"))
        return path

    def next_of_pool(self, lines, state):
        for line in lines:
            if line.get("actor") == "pool" and line["to"] == state != line["from"]:
                return
        self.fail("the tail ended: " + self.logged()[-2000:])

    def test_a_folder_with_an_earlier_redis_is_refused(self):
        os.makedirs(self.state + "/redis")
        self.start("--simulate", DAY, "--state-dir", self.state)
        self.assertEqual(self.run.wait(LIMIT), 1)
        self.assertIn("give an empty --state-dir", self.logged())

    def test_a_scenario_that_is_none_is_refused_with_its_line(self):
        bad = os.path.join(self.folder.name, "bad.yaml")
        with open(bad, "w") as file:
            file.write("lenght: 5m\n")
        self.start("--simulate", bad)
        self.assertEqual(self.run.wait(LIMIT), 2)
        self.assertIn("bad.yaml:1", self.logged())


if __name__ == "__main__":
    unittest.main()
