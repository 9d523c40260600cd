#!/usr/bin/python3
"""The main job once around, on real parts: overload, distribution, postcopy, return, sleep."""
import json
import os
import unittest

from lab import BUSY, IDLE, NEMURI, run
from pool import PoolTest, Redis

LINK_MBIT = 100  # so that most of the guest's 128 MiB come after the switch


class ThinPath(PoolTest):
    def test_overload_to_sleep(self):
        self.run_pool()
        self.settled()
        call, there = self.goes_out()
        back = self.comes_back(there)
        self.assert_lines_say_why()
        self.assert_socat_reads()
        self.report_numbers(call, there, back)
        self.replay()
        self.replay("--from-snapshot")
        self.replay_saved()
        self.assertEqual(self.controller.end(), 0)

    def goes_out(self):
        mark, heal = self.tail.mark(), self.slow_link("h1", LINK_MBIT)
        self.lab.load("vm0", BUSY, 10)
        self.wait(actor="vm", name="vm0", to="departing", after=mark)
        self.wait(actor="host", name="h2", to="waking", after=mark)
        call = self.wait(actor="migration", name="vm0", to="copying", after=mark)
        done = self.postcopy_of("vm0", after=mark)
        self.assertEqual(done["from"], "resumed")
        self.assertRegex(done["text"], r", [1-9]\d* page requests,")
        heal()
        self.assertEqual(self.lab("where", "vm0"), "h2")
        status = self.controller.status()
        vm = next(vm for vm in status["vms"] if vm["name"] == "vm0")
        self.assertEqual((vm["host"], status["state"]), ("h2", "leading"))
        return call, self.wait(actor="vm", name="vm0", to="holding", after=done)

    def comes_back(self, there):
        self.lab.load("vm0", IDLE)
        active = self.wait(actor="vm", name="vm0", to="active", after=there)
        self.assertGreaterEqual(active["t_ms"] - there["t_ms"], 4000)  # the hold
        self.wait(actor="vm", name="vm0", to="returning", text="admission ticket", after=active)
        back = self.wait(actor="vm", name="vm0", to="parked", after=active)
        self.wait(actor="host", name="h2", to="asleep", after=back)
        self.assertEqual(self.lab.state_of("h2"), "asleep")
        self.assertEqual(self.lab("where", "vm0"), "h1")
        for vm in self.guests:
            self.assertIn("bad_pages=0", self.lab("verify", vm))
        return back

    def assert_lines_say_why(self):
        changes = [line for line in self.tail.lines if line["type"] == "change"]
        for line in changes:
            self.assertTrue(line["text"] and line["reason"]["code"], line)
        why = self.tail.find(actor="vm", name="vm0", to="departing")[0]
        self.assertRegex(why["text"], r"h1 at \d+ % for 4\.0 s, limit 50 %")

    def assert_socat_reads(self):
        request = '{"op":"tail","since_ms":60000}\n'
        text = run("socat", "-t1", "-T2", "-", f"UNIX:{self.controller.socket}",
                   input=request).stdout
        lines = [json.loads(line) for line in text.splitlines()]
        self.assertIn("vm0", [line["name"] for line in lines])

    def report_numbers(self, call, there, back):
        crossed = self.tail.find(actor="vm", name="vm0", to="departing")[0]
        asleep = self.tail.find(actor="host", name="h2", to="asleep", after=back)[0]
        self.report(f"threshold crossed -> migrate call {call['t_ms'] - crossed['t_ms']} ms "
                    f"(server node woken in between); out: {there['text']}; back: {back['text']}; "
                    f"back -> asleep {asleep['t_ms'] - back['t_ms']} ms")

    def replay_saved(self):
        path = os.path.join(self.lab.scratch, "journal")
        Redis(self.lab).replay("--save", path)
        text = run(NEMURI, "replay", "--file", path).stdout
        self.assertIn("identical", text)
        self.report(f"replay --file: {text.strip()}")


if __name__ == "__main__":
    unittest.main()
