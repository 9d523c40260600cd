#!/usr/bin/python3
"""What a killed controller, or its guest, leaves in the middle of a migration, and the next one makes of it."""
import json
import os
import signal
import unittest

from lab import BUSY, IDLE, content_of, fault, until
from pool import PoolTest, Redis

FAR_MBIT = 48  # the memory of a guest follows for some 10 s
RESTART = {"migration": {"doubt_limit": "4s", "on_lost": "restart"}, "power": {"never_sleep": ["h1"]}}


class Takeover(PoolTest):
    hosts, guests = 2, ["vm0"]

    def next_one(self, settings):
        self.controller = self.start(settings)
        self.tail = self.controller.follow(within=60)  # if its Redis hangs it has to end that first
        return self.wait(actor="pool", to="leading")

    def moves_read(self):
        """By all controllers so far, the last one's at the end: the VMs whose moves were kept."""
        journal = Redis(self.lab)("XRANGE", "nemuri:{lab}:journal", "-", "+")
        inputs = [json.loads(line) for line in journal.splitlines() if line.startswith('[{"kind":"')]
        return [[move["name"] for move in event["moves"]]
                for turn in inputs for event in turn if event["kind"] == "moves_read"]


class Killed(Takeover):
    # On the way back, so libvirt says of vm0 that it was migrated, as it does of most VMs of a pool.
    # The next controller ends this Redis, which gives no answer, and has another read its file.
    def test_while_it_is_copied_and_its_redis_with_it(self):
        self.run_pool()
        self.settled()
        self.lab.load("vm0", BUSY)
        self.wait(actor="vm", name="vm0", to="active")
        mark = self.tail.mark()
        self.lab.load("vm0", IDLE)
        self.wait(actor="migration", name="vm0", to="copying", after=mark)
        os.kill(int(content_of(f"{self.controller.state_dir}/redis/redis.pid")), signal.SIGSTOP)
        self.controller.end(signal.SIGKILL)
        leading = self.next_one({})
        self.assertEqual(self.moves_read()[-1], ["vm0"])
        found = self.wait(actor="vm", name="vm0", after=leading)
        self.report(f"{found['text']}, {found.read_at - leading.read_at:.1f} s after the next one leads")
        self.settled()
        self.assertIn("bad_pages=0", self.lab("verify", "vm0"))
        self.assertEqual(Redis(self.lab)("HLEN", "nemuri:{lab}:moves"), "0")
        self.replay("--all")


class EndsInTheMiddle(Takeover):
    """Its memory is on two hosts as somebody dies."""

    def resumed_far_away(self):
        self.run_pool(RESTART)
        self.settled()
        self.slow_link("h1", FAR_MBIT)
        mark = self.tail.mark()
        self.lab.load("vm0", BUSY)
        return self.wait(actor="migration", name="vm0", to="resumed", after=mark)

    # Its half on h1 is all that shows, and what was kept knows that h2 was its other end.
    def test_controller_then_its_target(self):
        self.resumed_far_away()
        self.controller.end(signal.SIGKILL)
        with fault(self.lab, "host-crashed", "h2"):
            leading = self.next_one(RESTART)
            self.wait(actor="vm", name="vm0", text="from h1 to h2", after=leading)
        stayed = self.wait(actor="migration", name="vm0", to="stayed", after=leading)
        self.report(f"{stayed['from']} -> stayed: {stayed['text']}")
        # `lab where` runs in the hosts, so it hangs in one that is put to sleep meanwhile.
        self.wait(actor="host", name="h2", to="asleep", after=stayed)
        self.assertEqual(self.lab("where", "vm0"), "h1")
        self.assertEqual(self.tail.find(after=leading, text="has not shown"), [])
        until(lambda: "up=" in self.lab("stat", "vm0", check=False), 60, "the guest answers")
        self.replay("--all")

    # Who shuts it down does not want it started again, on_lost or not.
    def test_guest_powers_itself_off(self):
        resumed = self.resumed_far_away()
        self.lab("off", "vm0")
        ended = self.wait(actor="migration", name="vm0", to="ended", after=resumed)
        self.report(f"{ended['from']} -> ended: {ended['text']}")
        self.wait(actor="vm", name="vm0", to="gone", after=resumed)
        self.wait(actor="host", name="h2", to="asleep", after=ended)
        self.assertIn("runs on no host", self.lab("where", "vm0", check=False))
        self.assertEqual(self.tail.find(after=resumed, to="clearing"), [])
        self.replay()


if __name__ == "__main__":
    unittest.main()
