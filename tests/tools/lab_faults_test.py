#!/usr/bin/python3
"""The kinds of `tools/lab fault`: a test makes each, and the soak knows them by the same names."""
import glob
import os
import subprocess
import sys
import unittest

REPO = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")
sys.path += [os.path.join(REPO, "tools", "lab.d"), os.path.join(REPO, "tests", "lab", "soak")]

import fault  # noqa: E402
import losses  # noqa: E402


def text_of(path):
    with open(path, encoding="utf-8") as text:
        return text.read()


class LabFaults(unittest.TestCase):
    def test_each_kind_is_made_by_a_test(self):
        tests = "".join(map(text_of, glob.glob(os.path.join(REPO, "tests", "lab", "*_test.py"))))
        self.assertEqual([kind for kind in fault.KINDS if f'"{kind}"' not in tests], [])

    def test_the_soak_explains_losses_by_kinds_that_there_are(self):
        named = {row.kind for row in losses.DEADLY + losses.HANGS_EMULATOR}
        self.assertEqual(named - set(fault.KINDS), set())

    def test_a_host_is_asked_for_where_one_is_meant(self):
        for words in (["link-cut"], ["redis-killed", "h1"]):
            done = subprocess.run([sys.executable, fault.__file__, *words], text=True, check=False,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            self.assertEqual(done.returncode, 2)
            self.assertIn("host", done.stdout)


if __name__ == "__main__":
    unittest.main()
