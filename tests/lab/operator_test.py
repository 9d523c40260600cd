#!/usr/bin/python3
"""What an operator does to a running controller: SIGHUP, SIGTERM, SIGKILL; a dry run first."""
import signal
import time
import unittest

from lab import BUSY, IDLE, WINDOW_S, until
from pool import PoolTest

NEVER = {"distribution": {"threshold": "100%"}}


class Operator(PoolTest):
    def test_settings_read_again(self):
        self.run_pool(NEVER)
        self.settled()
        self.lab.load("vm0", BUSY)
        self.broken_file_is_not_taken()
        mark = self.tail.mark()
        self.controller.configure({})
        self.controller.send(signal.SIGHUP)
        said = self.wait(actor="pool", text="distribution.threshold", after=mark)
        self.assertIn("50%", said["text"])
        there = self.wait(actor="vm", name="vm0", to="holding", after=said)
        self.lab.load("vm0", IDLE)
        self.wait(actor="vm", name="vm0", to="parked", after=there)
        self.replay()

    def broken_file_is_not_taken(self):
        mark = self.tail.mark()
        with open(self.controller.config, "a", encoding="utf-8") as conf:
            conf.write("window: soon\nno_such_setting: 1\n")
        self.controller.send(signal.SIGHUP)
        until(lambda: "is not taken" in self.controller.log(), 10, "the fault is in the log")
        for word in ("no_such_setting", "window"):
            self.assertIn(word, self.controller.log())
        self.assertEqual(self.tail.find(after=mark), [])
        self.assertEqual(self.controller.status()["state"], "leading")

    # A slow link, so that there is a middle: memory follows for some seconds after the switch.
    def test_sigterm_in_mid_migration(self):
        self.run_pool()
        self.settled()
        heal = self.slow_link("h1", 100)
        mark = self.tail.mark()
        self.lab.load("vm0", BUSY)
        self.wait(actor="migration", name="vm0", to="copying", after=mark)
        self.controller.send(signal.SIGTERM)
        told = time.monotonic()
        done = self.wait(actor="migration", name="vm0", to="complete", after=mark)
        self.assertEqual(self.controller.end(), 0)
        self.report(f"SIGTERM: migration complete {done.read_at - told:.1f} s later, then exit 0")
        self.assertEqual(self.lab("where", "vm0"), "h2")
        heal()
        self.run_pool()
        self.settled()
        self.assertIn("bad_pages=0", self.lab("verify", "vm0"))
        self.replay("--all")

    # So slow that the next controller finds it in the middle.
    def test_killed_in_mid_postcopy(self):
        self.run_pool()
        self.settled()
        heal = self.slow_link("h1", 48)
        self.begin_fault("controller-killed", "--when", "vm0", "resumed", "--for", "0")
        self.lab.load("vm0", BUSY)
        self.is_killed(self.controller)
        self.controller = self.start()
        began = time.monotonic()
        self.tail = self.controller.follow()
        found = self.wait(actor="vm", name="vm0", text="found under way from h1 to h2")
        heal()
        done = self.wait(actor="migration", name="vm0", to="complete", after=found)
        self.assertEqual(done["from"], "resumed")
        self.wait(actor="vm", name="vm0", to="holding", after=found)
        self.report(f"killed in mid postcopy: found {found.read_at - began:.1f} s after the next "
                    f"start, complete {done.read_at - found.read_at:.1f} s later")
        self.assertEqual(self.running("h1") + ["-"] + self.running("h2"), ["vm1", "-", "vm0"])
        self.assertIn("bad_pages=0", self.lab("verify", "vm0"))
        self.lab.load("vm0", IDLE)
        self.settled()
        self.replay("--all")

    def running(self, host):
        return self.lab("in", host, "virsh", "-q", "list", "--all", "--name").split()

    # h2 sleeps and is not woken for vm0; woken by hand, and empty, it is not put to sleep.
    def test_dry_run(self):
        self.run_pool()
        self.settled()
        self.assertEqual(self.controller.end(), 0)
        wakes = self.lab.wakes_of("h2")
        self.run_pool(options=["--dry-run"])
        parked = self.wait(actor="vm", name="vm0", to="parked")
        self.lab.load("vm0", BUSY)
        departing = self.wait(actor="vm", name="vm0", to="departing", after=parked)
        self.wait(actor="vm", name="vm0", to="parked", after=departing,
                  text="dry run: it would go to h2 by postcopy, once it is awake")
        self.assertEqual(self.lab("where", "vm0"), "h1")
        self.assertEqual(self.tail.find(actor="migration"), [])
        self.assertEqual(self.tail.find(actor="host", to="waking"), [])
        self.assertEqual(self.lab.wakes_of("h2"), wakes)
        self.assertTrue(self.controller.status()["dry_run"])
        self.h2_is_left_awake()
        self.replay()

    def h2_is_left_awake(self):
        self.lab("wake", "h2")
        awake = self.wait(actor="host", name="h2", to="awake")
        self.wait(actor="host", name="h2", text="dry run: it would be put to sleep", after=awake)
        time.sleep(WINDOW_S)
        self.assertEqual(self.tail.find(after=awake, to="suspending"), [])
        self.assertEqual(self.lab.state_of("h2"), "awake")


if __name__ == "__main__":
    unittest.main()
