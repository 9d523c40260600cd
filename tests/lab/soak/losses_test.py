#!/usr/bin/python3
"""Which fault explains a loss: its VM, its ends, its times; made-up lines of a tail."""
import unittest

from losses import Fault, explanation


def line(t, actor, name, then, to, code="", about="", text="", host="h1"):
    return {"t_ms": int(t * 1000), "actor": actor, "name": name, "from": then, "to": to, "text": text,
            "host": host, "reason": {"code": code, "about": about}}


def copying(t, vm="vm0"):
    return line(t, "migration", vm, "preparing", "copying", "definition_kept")


def switched(t, code="news_heard"):
    return line(t, "migration", "vm0", "copying", "switched", code, "h1")


def resumed(t, code="news_heard"):
    return line(t, "migration", "vm0", "switched", "resumed", code, "h2")


def complete(t):
    return line(t, "migration", "vm0", "resumed", "complete", "migration_complete", "h2")


def lost(t):
    both = "virsh -c qemu+tcp://10.77.0.2/system destroy; virsh -c qemu+tcp://10.77.0.1/system destroy"
    return [line(t, "migration", "vm0", "switched", "lost", "lost", text=both),
            line(t, "vm", "vm0", "departing", "gone", "lost", text=both)]


class Losses(unittest.TestCase):
    """vm0 goes from h1 to h2, switches at 110 s, and is said to be lost at 130 s."""

    def explained(self, *faults, said=(copying(109), switched(110)), loss=None, hung_on=None):
        """By the newest of them: of a kind, a host, and two times."""
        lines = [*said, *([loss] if loss else lost(130))]
        return explanation(lines[-1], lines, [Fault(*fault) for fault in faults], hung_on)

    def test_targets_libvirtd_dies_before_the_guest_runs_there(self):
        self.assertEqual(self.explained(("libvirtd-killed", "h2", 111, 114)), "libvirtd-killed h2")

    def test_nothing_that_can_take_a_guest(self):
        for kind in ("agent-killed", "link-slow", "redis-killed", "controller-killed"):
            self.assertIsNone(self.explained((kind, "h2", 111, 120)))

    def test_another_host(self):
        self.assertIsNone(self.explained(("libvirtd-killed", "h3", 111, 114)))
        self.assertIsNone(self.explained(("link-cut", "h3", 111, 120)))

    def test_the_other_end(self):
        self.assertIsNone(self.explained(("libvirtd-killed", "h1", 111, 114)))
        self.assertIsNone(self.explained(("connection-broken", "h2", 111, 111)))

    def test_before_the_switch(self):
        said = copying(100), switched(110)
        self.assertIsNone(self.explained(("libvirtd-killed", "h2", 101, 104), said=said))
        self.assertIsNone(self.explained(("host-crashed", "h2", 101, 104), said=said))
        self.assertEqual(self.explained(("host-crashed", "h1", 101, 104), said=said), "host-crashed h1")

    def test_after_the_resume(self):
        said = copying(109), switched(110), resumed(112)
        for kind, host in (("libvirtd-killed", "h2"), ("link-cut", "h1"), ("connection-broken", "h1")):
            self.assertIsNone(self.explained((kind, host, 113, 123), said=said))
        self.assertEqual(self.explained(("host-crashed", "h2", 113, 123), said=said), "host-crashed h2")

    def test_before_it_began(self):
        self.assertIsNone(self.explained(("host-crashed", "h2", 90, 105)))

    # As it was in an hour of soak: libvirt's connection ended 8.3 s after the link, which was back by then.
    def test_link_was_down_for_so_long_that_the_peers_question_comes_too_late(self):
        said, loss = (copying(87.1), switched(93.9)), lost(95.6)
        for began, ended, took in ((87.3, 92.9, "connection-lost h2"), (88.3, 92.9, None)):
            fault = "connection-lost", "h2", began, ended
            self.assertEqual(explanation(loss[-1], [*said, *loss], [Fault(*fault)]), took)

    def test_gone_for_less_than_the_peer_waits(self):
        for kind in ("libvirtd-stopped", "link-cut", "connection-lost"):
            self.assertIsNone(self.explained((kind, "h2", 110, 113)))
            self.assertEqual(self.explained((kind, "h2", 108, 118)), f"{kind} h2")

    def test_still_on(self):
        self.assertEqual(self.explained(("link-cut", "h1", 111)), "link-cut h1")

    def test_connection_breaks_at_the_source(self):
        self.assertEqual(self.explained(("connection-broken", "h1", 111, 111)), "connection-broken h1")

    def test_an_earlier_migration(self):
        said = copying(80), switched(81), resumed(90), complete(95), copying(109), switched(110)
        self.assertIsNone(self.explained(("libvirtd-killed", "h2", 82, 85), said=said))

    def test_another_vm(self):
        said = copying(80, "vm1"), copying(109), switched(110), resumed(111)
        self.assertIsNone(self.explained(("libvirtd-killed", "h2", 112, 115), said=said))

    def test_an_emulator_that_hangs_as_the_connection_breaks_after_the_resume(self):
        said = copying(109), switched(110), resumed(112)
        self.assertEqual(self.explained(("connection-lost", "h1", 113, 118), said=said, hung_on="h2"),
                         "its emulator on h2 hung: connection-lost h1")
        self.assertIsNone(self.explained(("libvirtd-killed", "h2", 113, 118), said=said, hung_on="h2"))

    # It may have switched, or have been begun, before the next controller said so.
    def test_what_the_next_controller_found(self):
        fault = "libvirtd-killed", "h2", 110, 113
        for said in [copying(109), switched(118, "looked")], [switched(118, "looked")]:
            self.assertEqual(self.explained(fault, said=said), "libvirtd-killed h2")
        self.assertIsNone(self.explained(fault, said=[complete(116), switched(118, "looked")]))

    def test_its_host_crashes_while_it_is_at_rest(self):
        stopped = line(130, "vm", "vm0", "active", "gone", "stopped", "h2", host="h2")
        crash = "host-crashed", "h2", 125, 129
        self.assertEqual(self.explained(crash, said=[complete(120)], loss=stopped), "host-crashed h2")
        for fault in (("host-crashed", "h1", 125, 129), ("host-crashed", "h2", 110, 119),
                      ("libvirtd-killed", "h2", 125, 129)):
            self.assertIsNone(self.explained(fault, said=[complete(120)], loss=stopped))

    # No line of the tail says so: no controller ran.
    def test_it_is_nowhere_at_the_end(self):
        fault = "libvirtd-killed", "h2", 111, 114
        missing = {"name": "vm0", "t_ms": 200000, "text": "nowhere", "reason": {"code": "lost"}}
        self.assertEqual(self.explained(fault, loss={**missing, "target": "h2"}), "libvirtd-killed h2")
        self.assertIsNone(self.explained(fault, loss=missing))
        self.assertIsNone(self.explained(fault, said=[complete(100)], loss={**missing, "host": "h2"}))
        self.assertEqual(self.explained(("host-crashed", "h2", 150, 155), said=[complete(100)],
                                        loss={**missing, "host": "h2"}), "host-crashed h2")


if __name__ == "__main__":
    unittest.main()
