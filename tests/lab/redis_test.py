#!/usr/bin/python3
"""The controller's Redis goes, stops or comes late; a controller is killed; statistics are garbage."""
import pathlib
import re
import secrets
import signal
import subprocess
import time
import unittest

from lab import ADDRESS, BUSY, IDLE, REDIS_PORT, WINDOW_S, content_of, fault, until
from pool import PoolTest, Redis

BLIND_WITHIN = 3.5  # s: 3, and what a busy machine adds
BLIND_TIME = 6      # s: longer than the window, so that the overload would have been answered

MALFORMED = re.compile(r'"malformed":(\d+)')


def quoted(word):
    """A word as redis-cli reads it."""
    return '"' + "".join(c if c.isalnum() or c in " .:-{}" else f"\\x{ord(c):02x}" for c in word) + '"'


def entry_of(text):
    """The fields and texts of redis-cli's answer to an XRANGE of one entry: its id comes first."""
    return text.splitlines()[1:]


def epoch_of(leading):
    return int(re.search(r"epoch (\d+)", leading["text"]).group(1))


class RedisTest(PoolTest):
    def assert_blind(self, mark, since, by):
        line = self.wait(10, actor="pool", to="blind", after=mark)
        took = line.read_at - since
        self.report(f"{by}: blind after {took:.1f} s")
        self.assertLess(took, BLIND_WITHIN)
        return line

    def assert_still(self, since, seconds):
        """Nothing is moved or put to sleep, though there would be reason."""
        time.sleep(seconds)
        for wrong in ({"actor": "migration"}, {"to": "departing"}, {"to": "suspending"}):
            self.assertEqual(self.tail.find(after=since, **wrong), [])

    def assert_goes_on(self, leading):
        there = self.wait(actor="vm", name="vm0", to="holding", after=leading)
        self.lab.load("vm0", IDLE)
        self.settled()
        return there


class OwnRedis(RedisTest):
    def redis_pid(self):
        return int(content_of(f"{self.controller.state_dir}/redis/redis.pid"))

    # Commands are in flight at any time: the reader's XREAD, the lease, journal entries.
    def test_killed_then_takes_no_writes_then_stopped(self):
        self.run_pool()
        self.settled()
        self.killed()
        for kind in ("redis-full", "redis-read-only"):
            self.takes_no_writes(kind)
        self.stopped_under_load()
        self.replay()
        self.replay("--from-snapshot")

    def killed(self):
        mark, since = self.tail.mark(), time.monotonic()
        with fault(self.lab, "redis-killed"):
            blind = self.assert_blind(mark, since, "killed")
        self.wait(actor="pool", to="leading", after=blind)

    # Agents can't write either.
    def takes_no_writes(self, kind):
        mark = self.tail.mark()
        with fault(self.lab, kind):
            blind = self.wait(actor="pool", to="blind", after=mark)
            silent = self.wait(actor="host", name="h1", to="silent", after=mark)
        self.report(f"{kind}: {blind['text']}")
        self.wait(actor="pool", to="leading", after=blind)
        self.wait(actor="host", name="h1", to="awake", after=silent)
        self.assertEqual(self.tail.find(after=mark, actor="vm"), [])

    def stopped_under_load(self):
        mark, since = self.tail.mark(), time.monotonic()
        with fault(self.lab, "redis-stopped"):
            blind = self.assert_blind(mark, since, "stopped")
            self.lab.load("vm0", BUSY)
            self.assert_still(blind, BLIND_TIME)
        self.assert_goes_on(self.wait(actor="pool", to="leading", after=blind))

    # Its own clock and that of its Redis: entry ids, the lease, ages of orders.
    def test_clock_steps(self):
        self.run_pool(clocked=True)
        self.settled()
        for kind in ("clock-ahead", "clock-back"):
            mark = self.tail.mark()
            self.lab("fault", kind, "--for", "6")
            self.report(f"{kind}: {[str(line) for line in self.tail.find(after=mark)]}")
            self.assertEqual(self.tail.find(after=mark, actor="vm"), [])
        self.lab.load("vm0", BUSY)
        self.assert_goes_on(mark)
        self.replay()

    def test_controller_killed(self):
        first = self.run_pool()
        self.settled()
        pid = self.redis_pid()
        self.killed_at_its_next_line(first)
        began = time.monotonic()
        self.controller = self.start()
        self.tail = self.controller.follow()
        leading = self.wait(actor="pool", to="leading")
        self.report(f"leads {leading.read_at - began:.1f} s after its start")
        self.assertLess(leading.read_at - began, 4)  # the killed one's lease had 5 s
        self.assertEqual(self.redis_pid(), pid)
        there = self.assert_goes_on(leading)
        self.report(f"vm0 is out {there.read_at - began:.1f} s after the start")
        self.replay()
        self.next_one_starts_with_nothing(epoch_of(leading))
        self.replay()

    # A pool at rest has turns, but says nothing: the line is that vm0 departs.
    def killed_at_its_next_line(self, controller):
        mark, turn = self.tail.mark(), self.tail.lines[-1]["turn"] + 1
        self.begin_fault("controller-killed", "--at-turn", str(turn), "--for", "0")
        self.lab.load("vm0", BUSY)
        self.is_killed(controller)
        said = self.tail.find(after=mark)
        self.assertGreaterEqual(said[0]["turn"], turn)
        self.assertLess(said[-1]["t_ms"] - said[0]["t_ms"], 1000)
        self.report(f"killed at turn {turn} or later: {said[0]}")

    # Its windows begin anew, and hosts obey it: it has heard of their epoch. One that sleeps would not be
    # known to it, so h2 is awake.
    def next_one_starts_with_nothing(self, epoch):
        self.lab.load("vm0", BUSY)
        self.controller.end(signal.SIGKILL)
        self.lab("fault", "redis-emptied", "--for", "0")
        self.lab("wake", "h2")
        self.controller = self.start()
        self.tail = self.controller.follow()
        leading = self.wait(actor="pool", to="leading")
        full = self.wait(actor="vm", name="vm0", to="parked", after=leading)
        took = (full["t_ms"] - leading["t_ms"]) / 1000
        self.report(f"{leading['text']} with nothing; its windows are full {took:.1f} s later")
        self.assertGreater(took, WINDOW_S / 2)  # half a second by the statistics of an earlier controller
        self.wait(actor="vm", name="vm0", to="departing", after=full)
        self.assertGreater(self.tail.find(to="departing")[0].index, full.index)
        self.assert_goes_on(leading)
        order = entry_of(Redis(self.lab)("XREVRANGE", "nemuri:{lab}:orders:h2", "+", "-", "COUNT", "1"))
        self.assertGreaterEqual(int(order[order.index("epoch") + 1]), epoch)

    # The controller lives, so it has its windows, and a higher epoch than before.
    def test_garbage_in_the_statistics_then_emptied(self):
        self.run_pool()
        self.settled()
        self.garbage()
        self.replay()
        before = self.tail.find(actor="pool", to="leading")[-1]
        mark, since = self.tail.mark(), time.monotonic()
        self.lab("fault", "redis-emptied", "--for", "0")
        leading = self.wait(actor="pool", to="leading", after=self.assert_blind(mark, since, "emptied"))
        self.assertGreater(epoch_of(leading), epoch_of(before))
        self.lab.load("vm0", BUSY)
        self.assert_goes_on(leading)
        self.replay()

    def garbage(self):
        mark = self.tail.mark()
        bad = self.add_garbage()
        until(lambda: self.malformed() >= bad, 10, f"{bad} bad entries are counted")
        self.assertEqual(self.malformed(), bad)
        self.assertIn("not understood", self.controller.log())
        self.assertEqual(self.tail.find(after=mark), [])

    def add_garbage(self):
        """Adds bad, old, foreign and repeated entries as the agent of h2; answers how many are bad."""
        agent = Redis(self.lab, user="agent-h2", secret="agent-h2")
        bad = [["a", "b"], ["v", "9"], ["v", "1", "host", "h1"], ["v", "1", "host", "\x01\xff"],
               ["x" * 70000, "y" * 70000], [word for n in range(3000) for word in (str(n), "1")]]
        lines = "\n".join("XADD nemuri:{lab}:stats * " + " ".join(map(quoted, entry))
                          for entry in bad + self.old_entries())
        answers = agent(text=lines + "\n").splitlines()
        self.assertEqual([answer for answer in answers if "-" not in answer], [])
        return len(bad)

    # As they came: the latest, once more; the first, again; as of a host nobody knows, and as of an
    # earlier boot of h1.
    def old_entries(self):
        reader = Redis(self.lab)
        last = entry_of(reader("XREVRANGE", "nemuri:{lab}:stats", "+", "-", "COUNT", "1"))
        first = entry_of(reader("XRANGE", "nemuri:{lab}:stats", "-", "+", "COUNT", "1"))
        unknown, boot_before = list(first), list(last)
        unknown[unknown.index("host") + 1] = "h9"
        boot_before[boot_before.index("boot") + 1] = "earlier"
        return [last, last, first, unknown, boot_before]

    def malformed(self):
        """As the journal has it: a field of each batch of statistics that was read."""
        text = Redis(self.lab)("XRANGE", "nemuri:{lab}:journal", "-", "+")
        return sum(int(number) for number in MALFORMED.findall(text))


class OtherRedis(RedisTest):
    """A Redis that is somebody else's (redis.url)."""

    def setUp(self):
        self.folder = pathlib.Path(self.lab.scratch, "redis")
        self.secrets = pathlib.Path(self.lab.folder, "nemuri", "secrets")
        self.folder.mkdir()
        self.secrets.mkdir(parents=True)
        self.secrets.parent.chmod(0o700)
        self.write_users()
        self.server = None
        self.addCleanup(lambda: self.server and self.kill_server())

    def write_users(self):
        agents = [f"agent-{host}" for host in self.lab.names]
        rules = ["user default off resetpass ~* &* +@all\n"]
        for user, name in [("nemuri-controller", "controller"), *zip(agents, agents)]:
            secret = secrets.token_hex(16)
            path = self.secrets / name
            path.touch(0o600)
            path.write_text(secret)
            rules.append(f"user {user} on >{secret} ~nemuri:{{lab}}:* +@all\n")
        (self.folder / "users.acl").write_text("".join(rules))

    def start_server(self):
        self.server = subprocess.Popen(
            ["redis-server", "--bind", ADDRESS, "--port", str(REDIS_PORT), "--dir", str(self.folder),
             "--aclfile", str(self.folder / "users.acl"), "--appendonly", "yes", "--save", "",
             "--logfile", "redis.log"])

    def kill_server(self):
        self.server.kill()
        self.server.wait()

    def settings(self, **more):
        return {"redis": {"url": f"tcp://{ADDRESS}:{REDIS_PORT}", "listen": "",
                          "password_file": str(self.secrets / "controller")}, **more}

    def test_comes_late_goes_and_comes_back(self):
        for vm in self.guests:
            self.lab.load(vm, IDLE)
        self.controller = self.start(self.settings())
        self.tail = self.controller.follow()
        self.wait(actor="pool", to="blind", text="refused")
        self.start_server()
        self.wait(actor="pool", to="leading")
        self.settled()
        self.second_is_refused()
        mark, since = self.tail.mark(), time.monotonic()
        self.kill_server()
        blind = self.assert_blind(mark, since, "SIGKILL")
        self.lab.load("vm0", BUSY)
        self.assert_still(blind, BLIND_TIME)
        self.start_server()
        self.assert_goes_on(self.wait(actor="pool", to="leading", after=blind))
        self.each_outage_is_one_line()
        self.replay()

    def each_outage_is_one_line(self):
        """Redis came late and was gone once; the agents were there before it, too."""
        agent = content_of(f"{self.lab.folder}/hosts/h1/log/agent.log")
        for name, log in (("controller", self.controller.log()), ("agent of h1", agent)):
            self.assertEqual(log.count("trying again until it answers"), 2, f"{name}: {log}")

    def second_is_refused(self):
        second = self.start(self.settings(state_dir=f"{self.lab.scratch}/second"), config="second.yaml")
        line = second.follow().wait(20, actor="pool", to="blind", text="led by another controller")
        self.assertIn(content_of(f"{self.controller.state_dir}/controller-name").strip(), line["text"])
        self.assertIn(str(self.controller.process.pid), line["text"])
        self.assertEqual(second.status()["state"], "blind")
        self.assertEqual(self.controller.status()["state"], "leading")
        self.assertEqual(second.end(), 0)


if __name__ == "__main__":
    unittest.main()
