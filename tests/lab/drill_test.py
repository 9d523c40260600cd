#!/usr/bin/python3
"""Hosts show that they wake before they may sleep for good; whoever leads next knows it."""
import signal
import unittest

from lab import NEMURI, run
from pool import PoolTest

PROVING = {"power": {"proof": "required", "drill_sleep": "2s", "dead_man": "0s"}}


class Drill(PoolTest):
    hosts, guests = 3, ["vm0"]

    def test_fresh_pool_then_by_hand_then_the_next_controller(self):
        self.run_pool(PROVING)
        self.proved_one_after_the_other()
        self.settled()
        self.by_hand()
        self.controller.end(signal.SIGKILL)
        self.run_pool(PROVING)
        self.settled()
        self.assertEqual(self.tail.find(actor="host", text="a drill"), [])
        self.replay()

    def proved_one_after_the_other(self):
        first = self.wait(actor="host", to="suspending", text="a drill")
        passed = self.wait(actor="host", name=first["name"], text="it wakes: ")
        second = self.wait(actor="host", to="suspending", text="a drill", after=passed)
        self.assertEqual({first["name"], second["name"]}, {"h2", "h3"})
        asleep = [line["name"] for line in self.tail.find(actor="host", to="asleep")
                  if line["t_ms"] < passed["t_ms"]]
        self.assertEqual(asleep, [first["name"]])
        self.wait(actor="host", name=second["name"], text="it wakes: ", after=second)
        self.report(f"{first['name']}: {passed['text']}")

    def by_hand(self):
        done = run(NEMURI, "power", "test", "h2", "--socket", self.controller.socket, limit=90)
        self.assertIn("it wakes: ", done.stdout)
        refused = run(NEMURI, "power", "test", "h1", "--socket", self.controller.socket, check=False)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("1 VMs are there", refused.stdout)
        unknown = run(NEMURI, "power", "test", "h9", "--socket", self.controller.socket, check=False)
        self.assertIn("no host 'h9'", unknown.stdout)
        table = run(NEMURI, "status", "--power", "--socket", self.controller.socket).stdout
        self.assertRegex(table, r"h2 +2/2 +100%")
        self.assertRegex(table, r"  exec +2/2 ")
        self.report("\n" + table)


if __name__ == "__main__":
    unittest.main()
