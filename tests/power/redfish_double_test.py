#!/usr/bin/python3
"""A client of others (python3-sushy, OpenStack's) on our double of a BMC's Redfish service; and the
double's faults as they were recorded of two public emulators (docs/power.md).
"""
import os
import subprocess
import sys
import time
import unittest

try:
    import sushy
    from sushy import auth
except ImportError:
    sushy = None

DOUBLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "doubles", "redfish_double.py")


@unittest.skipUnless(sushy, "no python3-sushy")
class OthersOnOurDouble(unittest.TestCase):
    def start(self, *options):
        double = subprocess.Popen([sys.executable, DOUBLE, *options], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(double.wait)
        self.addCleanup(double.stdout.close)
        self.addCleanup(double.stdin.close)
        return "http://127.0.0.1:" + double.stdout.readline().split()[1]

    def connect(self, url, how=None):
        service = sushy.Sushy(url, auth=how or auth.SessionAuth("admin", "secret"))
        return service.get_system("/redfish/v1/Systems/1")

    def test_their_client_wakes_the_host(self):
        system = self.connect(self.start())
        self.assertEqual(system.power_state, sushy.PowerState.OFF)
        self.assertIn(sushy.ResetType.ON, system.get_allowed_reset_system_values())
        system.reset_system(sushy.ResetType.ON)
        system.refresh()
        self.assertEqual(system.power_state, sushy.PowerState.ON)

    def test_sessions_answered_with_201_and_204_and_basic(self):
        for status in "201", "204":
            how = auth.SessionAuth("admin", "secret")
            self.connect(self.start("--sessions", status), how)
            self.assertTrue(how.get_session_key())
            self.assertTrue(how.get_session_resource_id().startswith("/redfish/v1/SessionService/"))
            how.close()
        system = self.connect(self.start("--sessions", "404"), auth.BasicAuth("admin", "secret"))
        self.assertEqual(system.power_state, sushy.PowerState.OFF)

    def test_wrong_password(self):
        with self.assertRaises(sushy.exceptions.AccessError):
            self.connect(self.start(), auth.SessionAuth("admin", "wrong"))

    def test_a_late_state(self):
        system = self.connect(self.start("--late", "0.5"))
        began = time.monotonic()
        system.reset_system(sushy.ResetType.ON)
        system.refresh()
        self.assertEqual(system.power_state, sushy.PowerState.OFF)
        while system.power_state != sushy.PowerState.ON and time.monotonic() < began + 10:
            system.refresh()
        self.assertGreaterEqual(time.monotonic(), began + 0.5)

    def test_a_204_that_does_nothing(self):
        system = self.connect(self.start("--drops", "1"))
        system.reset_system(sushy.ResetType.ON)
        system.refresh()
        self.assertEqual(system.power_state, sushy.PowerState.OFF)
        system.reset_system(sushy.ResetType.ON)
        system.refresh()
        self.assertEqual(system.power_state, sushy.PowerState.ON)

    def test_501_for_what_the_hardware_cannot_do(self):
        system = self.connect(self.start())
        with self.assertRaises(sushy.exceptions.ServerSideError) as raised:
            system.reset_system(sushy.ResetType.SUSPEND)
        self.assertEqual(raised.exception.status_code, 501)


if __name__ == "__main__":
    unittest.main()
