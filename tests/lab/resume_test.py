#!/usr/bin/python3
"""Postcopies that break half way: resumed, and the guest goes on with all of its memory; or started anew."""
import glob
import re
import time
import unittest

from lab import BUSY, IDLE, fault, mentions, until
from pool import PoolTest

LINK_MBIT = 24      # 3 MB/s: some 25 s of memory to come after the switch
DIRTY_MIB_S, WSS_MIB = 20, 24
# A guest without KVM whose connection breaks as it has just begun on the target may hang QEMU for good
# (it waits for a page with the emulator's lock held), so it is given time to get into its stride.
IN_ITS_STRIDE = 0.3
SETTINGS = {"migration": {"doubt_limit": "4s", "resume_wait": "1s", "half_open_after": "5s"}}


class Broken(PoolTest):
    """vm0 runs on h2 already, and the rest of its memory comes slowly."""

    def setUp(self):
        self.run_pool(SETTINGS)
        self.settled()
        self.heal = self.slow_link("h1", LINK_MBIT)
        self.lab.load("vm0", BUSY, DIRTY_MIB_S, WSS_MIB)
        self.resumed = self.wait(actor="migration", name="vm0", to="resumed")
        self.let_it_come(IN_ITS_STRIDE)

    def let_it_come(self, share):
        """Until so much of the memory has come that was still to come at the switch."""
        began = self.memory_left()
        until(lambda: self.memory_left() <= began * (1 - share), 60, "memory comes")

    def memory_left(self):
        return float(re.search(r"Memory remaining: +([0-9.]+)", self.on_source("domjobinfo")).group(1))

    def on_source(self, command, *options):
        return self.lab("in", "h1", "virsh", "-q", command, *options, "vm0")

    def stop_source(self):
        """As QEMU does it when it notices that the connection is gone."""
        self.on_source("domjobabort", "--postcopy")

    # In 4 s both libvirts lose one another too; else the source's tells the target's that it failed, and
    # this one says so of a QEMU that does not know.
    def lose_connection(self, seconds=4):
        """The source's end is gone, and what it would say of that does not get through."""
        with fault(self.lab, "connection-lost", "h1"):
            time.sleep(seconds)

    def is_resumed(self):
        again = self.wait(actor="migration", name="vm0", to="recovering", after=self.resumed)
        self.heal()
        done = self.wait(actor="migration", name="vm0", to="complete", after=again)
        self.report(f"resumed {(again['t_ms'] - self.resumed['t_ms']) / 1000:.1f} s after the switch, "
                    f"{done['text']}, {(done['t_ms'] - again['t_ms']) / 1000:.1f} s after that")
        asked = self.tail.find(after=self.resumed, actor="migration", text="NEEDS OPERATOR")
        self.assertEqual(asked, [])
        self.assertEqual(self.lab("where", "vm0"), "h2")
        self.assertIn("bad_pages=0", self.lab("verify", "vm0"))
        self.lab.load("vm0", IDLE)
        self.settled()
        self.replay()

    def test_connection_breaks_at_both_ends(self):
        with fault(self.lab, "connection-broken", "h1"):
            self.is_resumed()

    # The target may ask the source for a page, and so notice by itself that nobody is there; else its
    # host's agent ends the connection.
    def test_link_is_lost_and_comes_back(self):
        self.stop_source()
        self.lose_connection()
        self.is_resumed()

    def test_target_is_told_that_it_failed_and_does_not_notice(self):
        self.lose_connection(0.5)
        self.is_resumed()

    # Started anew, libvirtd follows what it found under way: it says of the source that it failed.
    def test_source_libvirtd_died_and_then_the_connection_is_lost(self):
        with fault(self.lab, "libvirtd-killed", "h1"):
            pass
        self.lose_connection()
        self.is_resumed()


class NobodyCanSave(PoolTest):
    """It breaks before the guest has run on its target."""
    guests = ["vm0"]

    # Started anew, it kills what came of the guest.
    def test_target_libvirtd_dies(self):
        self.is_started_anew("libvirtd-killed", "h2", 3)

    # Its target may notice, or wait for ever: its agent ends that. Either way nobody is asked.
    def test_source_gives_up(self):
        self.is_started_anew("link-cut", "h1", 15, {"resume_limit": "20s"})
        self.assertEqual(self.tail.find(text="NEEDS OPERATOR"), [])

    def is_started_anew(self, kind, host, seconds, settings=None):
        self.run_pool({"migration": {**SETTINGS["migration"], "on_lost": "restart", **(settings or {})}})
        self.settled()
        self.slow_link("h1", LINK_MBIT)  # some seconds between the switch and the resume
        kill = self.begin_fault(kind, host, "--for", str(seconds), "--when", "vm0", "switched")
        self.lab.load("vm0", BUSY, DIRTY_MIB_S, WSS_MIB)
        switched = self.wait(actor="migration", name="vm0", to="switched")
        clearing = self.wait(actor="migration", name="vm0", to="clearing", after=switched)
        anew = self.wait(actor="migration", name="vm0", to="stayed", after=clearing)
        self.assertEqual(kill.wait(60), 0)
        self.assertEqual(self.tail.find(after=switched, actor="migration", to="resumed"), [])
        self.report(f"started anew {(anew['t_ms'] - switched['t_ms']) / 1000:.1f} s after the switch")
        self.assertEqual(self.lab("where", "vm0"), "h1")
        until(lambda: self.ran_for() is not None, 60, "the guest answers")
        self.assertLess(self.ran_for(), time.monotonic() - clearing.read_at)
        self.assertEqual(len(self.processes_of("vm0")), 1)
        self.assertIn("bad_pages=0", self.lab("verify", "vm0"))
        self.replay()

    def ran_for(self):
        """Seconds, by the guest's own count; None as long as it does not answer."""
        found = re.search(r"\bup=([0-9]+)", self.lab("stat", "vm0", check=False))
        return int(found.group(1)) if found else None

    def processes_of(self, vm):
        """QEMUs that run it, on whatever host."""
        return [path for path in glob.glob("/proc/[0-9]*/cmdline")
                if mentions(path, f"guest={vm},".encode())]


if __name__ == "__main__":
    unittest.main()
