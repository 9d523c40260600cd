#!/usr/bin/python3
"""The closing lines of tools/test, from a log as it and ctest write it."""
import os
import subprocess
import unittest

TOTALS = os.path.join(os.path.dirname(__file__), "..", "..", "tools", "totals.awk")


def totals(*lines):
    return subprocess.run(["awk", "-f", TOTALS], input="".join(f"{line}\n" for line in lines), text=True,
                          stdout=subprocess.PIPE, check=True).stdout.splitlines()


class Totals(unittest.TestCase):
    def test_counts_of_doctest_and_unittest_and_others(self):
        self.assertEqual(totals(
            "step build: passed", "step format: FAILED",
            "1: [doctest] test cases:  12 |  11 passed | 1 failed | 0 skipped",
            "1/3 Test #1: actors ....***Failed  1.00 sec",
            "2: Ran 5 tests in 1.0s", "2: OK (skipped=2)", "2/3 Test #2: cli ....   Passed  1.00 sec",
            "3/3 Test #3: lab_smoke ....   Passed  1.00 sec"), ["16 passed, 2 failed, 2 skipped"])

    def test_what_passed_only_when_run_once_more_is_named(self):
        self.assertEqual(totals(
            "7: first try | Ran 3 tests in 9.0s", "7: first try | FAILED (failures=1)",
            "7: not steady: lab_redis failed; once more",
            "8: Ran 2 tests in 9.0s", "8: OK", "1/3 Test #8: lab_twice ....   Passed  9.00 sec",
            "7: Ran 3 tests in 9.0s", "7: OK", "2/3 Test #7: lab_redis ....   Passed  9.00 sec",
            "9: not steady: s3 failed; once more", "9: Ran 1 test in 9.0s", "9: OK",
            "3/3 Test #9: s3 ....   Passed  9.00 sec"),
            ["not steady: lab_redis s3", "6 passed, 0 failed, 0 skipped"])

    def test_what_failed_twice_has_failed(self):
        self.assertEqual(totals(
            "7: not steady: lab_redis failed; once more", "7: Ran 3 tests in 9.0s",
            "7: FAILED (failures=1)", "1/1 Test #7: lab_redis ....***Failed  9.00 sec"),
            ["2 passed, 1 failed, 0 skipped"])


if __name__ == "__main__":
    unittest.main()
