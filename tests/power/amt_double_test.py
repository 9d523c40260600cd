#!/usr/bin/env python3
"""Messages of others, sent by a client of others, on our double of AMT; and ours beside theirs.

The messages are those of npm's @device-management-toolkit/wsman-messages (Apache-2.0), which is
what Intel's own console sends; curl sends them with its Digest. Ours must be the same XML.
WSMAN_MESSAGES: the program that prints ours.
"""
import json
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
import xml.etree.ElementTree as xml

PACKAGE = "@device-management-toolkit/wsman-messages"
VERSION = "5.14.1"
INTEGRITY = ("sha512-a3WI2TGUDhshPdLGQqvqIW+FDVXFzxtp2QoQwrt77odEGe33kyhp+1J6RxZw8SxFUIAjVWG2zVHW"
             "CAizwAa10A==")
DOUBLE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "doubles", "amt_double.py")

# Get of the class that knows the state is put together by the package's own Get: it has no method
# for it.
SCRIPT = """
const m = require(process.argv[2]);
const cim = new m.CIM.Messages();
const messages = {
  set: (s) => cim.PowerManagementService.RequestPowerStateChange(+s),
  get: () => { cim.PowerManagementService.className = 'CIM_AssociatedPowerManagementService';
               return cim.PowerManagementService.Get(); },
  enumerate: () => cim.ServiceAvailableToElement.Enumerate(),
  pull: (c) => cim.ServiceAvailableToElement.Pull(c),
};
console.log(messages[process.argv[3]](process.argv[4]));
"""


def canonical(text):
    """C14N 2.0, with prefixes by number and without what the message is counted by."""
    root = xml.fromstring(text)
    for node in root.iter():
        if node.tag.endswith("}MessageID"):
            node.text = "0"
    return xml.canonicalize(xml.tostring(root), strip_text=True, rewrite_prefixes=True)


def value(answer, name):
    return next(node.text for node in xml.fromstring(answer).iter() if node.tag.endswith("}" + name))


@unittest.skipUnless(shutil.which("npm") and shutil.which("curl"), "no npm or no curl")
class OthersOnOurDouble(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="nemuri-npm-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        subprocess.run(["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--silent",
                        "--no-save", "--prefix", cls.folder, f"{PACKAGE}@{VERSION}"],
                       check=True, stdout=subprocess.DEVNULL, cwd=cls.folder, timeout=120)
        with open(os.path.join(cls.folder, "node_modules", ".package-lock.json"), encoding="utf-8") as file:
            installed = json.load(file)["packages"]["node_modules/" + PACKAGE]
        assert installed["integrity"] == INTEGRITY, "not the package that this test was written with"
        cls.script = os.path.join(cls.folder, "messages.js")
        with open(cls.script, "w", encoding="utf-8") as file:
            file.write(SCRIPT)

    def theirs(self, *what):
        package = os.path.join(self.folder, "node_modules", *PACKAGE.split("/"))
        return subprocess.run(["node", self.script, package, *what], check=True, capture_output=True,
                              text=True, timeout=60).stdout

    def start(self, *options):
        double = subprocess.Popen([sys.executable, DOUBLE, *options], stdin=subprocess.PIPE,
                                  stdout=subprocess.PIPE, text=True)
        self.addCleanup(double.wait)
        self.addCleanup(double.stdout.close)
        self.addCleanup(double.stdin.close)
        return "http://127.0.0.1:" + double.stdout.readline().split()[1] + "/wsman"

    def send(self, url, message, password="secret"):
        """(HTTP status, body), by curl's own Digest; the password is in no argument list."""
        done = subprocess.run(
            ["curl", "-sS", "-m", "20", "--digest", "-K", "-", "--data-binary", message, "-H",
             "Content-Type: application/soap+xml;charset=UTF-8", "-w", "\n%{http_code}", url],
            input=f'user = "admin:{password}"\n', check=True, capture_output=True, text=True, timeout=60)
        body, _, status = done.stdout.rpartition("\n")
        return int(status), body

    def state(self, url):
        """By Get; and by Enumerate and Pull, as MeshCentral reads it, which must say the same."""
        status, answer = self.send(url, self.theirs("get"))
        self.assertEqual(status, 200)
        context = value(self.send(url, self.theirs("enumerate"))[1], "EnumerationContext")
        status, pulled = self.send(url, self.theirs("pull", context))
        self.assertEqual(status, 200)
        self.assertEqual(value(answer, "PowerState"), value(pulled, "PowerState"))
        return value(answer, "PowerState")

    def change(self, url, state):
        status, answer = self.send(url, self.theirs("set", str(state)))
        self.assertEqual(status, 200)
        return value(answer, "ReturnValue")

    def test_double_takes_their_messages(self):
        url = self.start("--state", "8")
        self.assertEqual(self.state(url), "8")
        self.assertEqual(self.change(url, 2), "0")
        self.assertEqual(self.state(url), "2")
        self.assertEqual(self.change(url, 4), "0")
        self.assertEqual(self.state(url), "4")
        self.assertEqual(self.change(url, 8), "4097")  # from S3 there is On, and nothing else
        self.assertEqual(self.change(url, 2), "0")
        self.assertEqual(self.change(url, 2), "4097")

    def test_double_checks_the_digest(self):
        url = self.start()
        self.assertEqual(self.send(url, self.theirs("get"), password="wrong")[0], 401)
        self.assertEqual(self.send(url, self.theirs("get"))[0], 200)

    def test_double_refuses_what_is_no_request(self):
        url = self.start()
        status, answer = self.send(url, self.theirs("get").replace("<a:To>/wsman</a:To>", ""))
        self.assertEqual(status, 400)
        self.assertIn("Fault", answer)

    def ours(self, which):
        return subprocess.run([os.environ["WSMAN_MESSAGES"], which], check=True, capture_output=True,
                              text=True, timeout=60).stdout

    def test_our_wake_is_theirs(self):
        self.assertEqual(canonical(self.ours("wake")), canonical(self.theirs("set", "2")))

    def test_our_read_is_theirs(self):
        self.assertEqual(canonical(self.ours("read")), canonical(self.theirs("get")))

    def test_comparison_sees_a_difference(self):
        self.assertNotEqual(canonical(self.ours("wake")), canonical(self.theirs("set", "8")))
        other = self.ours("wake").replace('Name="Name"', 'Name="Nome"')
        self.assertNotEqual(canonical(other), canonical(self.theirs("set", "2")))


if __name__ == "__main__":
    unittest.main()
