#!/usr/bin/python3
"""Wake-on-LAN between two network namespaces, seen by tcpdump, and compared with Debian's wakeonlan."""
import os
import shutil
import struct
import subprocess
import tempfile
import unittest

NEMURI = os.environ["NEMURI"]
MAC = "52:54:00:00:00:0a"
BROADCAST = "10.77.0.255"
TIMES = 4


def run(*words, **more):
    return subprocess.run(words, check=True, capture_output=True, timeout=30, **more)


def frames(path):
    """The frames of a capture (pcap, Ethernet)."""
    with open(path, "rb") as file:
        data = file.read()
    at, out = 24, []
    while at < len(data):
        size = struct.unpack_from("=I", data, at + 8)[0]
        out.append(data[at + 16:at + 16 + size])
        at += 16 + size
    return out


def payload(frame):
    """Of UDP over IPv4 without options; Ethernet 14, IPv4 20, UDP 8 bytes."""
    length = struct.unpack_from("!H", frame, 14 + 20 + 4)[0]
    return frame[42:34 + length]


@unittest.skipUnless(os.geteuid() == 0, "needs root for network namespaces")
class WakeOnLan(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="nemuri-wol-test.")
        self.addCleanup(shutil.rmtree, self.folder)
        self.here, self.there = f"nemuri-wol-a-{os.getpid()}", f"nemuri-wol-b-{os.getpid()}"
        for name in (self.here, self.there):
            run("ip", "netns", "add", name)
            self.addCleanup(run, "ip", "netns", "del", name)  # its links go with it
        run("ip", "-n", self.here, "link", "add", "wola", "type", "veth", "peer", "wolb", "netns", self.there)
        for name, link, address in ((self.here, "wola", "10.77.0.1"), (self.there, "wolb", "10.77.0.2")):
            run("ip", "-n", name, "address", "add", f"{address}/24", "dev", link)
            run("ip", "-n", name, "link", "set", link, "up")

    def seen(self, count, *command):
        """What tcpdump at the other end sees of so many packets that a command sends."""
        path = f"{self.folder}/{len(os.listdir(self.folder))}.pcap"
        tcpdump = subprocess.Popen(
            ["ip", "netns", "exec", self.there, "tcpdump", "-n", "-U", "-i", "wolb", "-w", path,
             "-c", str(count), "-Z", "root", "udp port 9"], stderr=subprocess.PIPE, text=True)
        try:
            while "listening on" not in tcpdump.stderr.readline():
                self.assertIsNone(tcpdump.poll(), "tcpdump did not start")
            run("ip", "netns", "exec", self.here, *command)
            tcpdump.communicate(timeout=20)
        finally:
            tcpdump.kill()
            tcpdump.communicate()
        return frames(path)

    def nemuri(self, more=""):
        config = f"{self.folder}/conf.yaml"
        with open(config, "w") as file:
            file.write("hosts:\n- {name: wh1, role: warehouse, may_sleep: false}\n"
                       f"- {{name: s1, role: server, wake: [{{wol: {{mac: '{MAC}', "
                       f"broadcast: {BROADCAST}{more}}}}}]}}\n")
        return [NEMURI, "wake", "--config", config, "s1"]

    def test_the_same_bytes_as_wakeonlan_sends(self):
        theirs = self.seen(1, "wakeonlan", "-i", BROADCAST, MAC)
        ours = self.seen(TIMES, *self.nemuri())
        self.assertEqual([payload(frame) for frame in ours], [payload(theirs[0])] * TIMES)
        for frame in ours + theirs:
            self.assertEqual(frame[:6], b"\xff" * 6)  # Ethernet: to everybody
            self.assertEqual(frame[30:34], bytes([10, 77, 0, 255]))
            self.assertEqual(struct.unpack_from("!H", frame, 36)[0], 9)

    def test_secure_on_follows_the_sixteen_addresses(self):
        secret = f"{self.folder}/secure_on"
        with open(os.open(secret, os.O_WRONLY | os.O_CREAT, 0o600), "w") as file:
            file.write("00:11:22:33:44:55\n")
        plain = payload(self.seen(TIMES, *self.nemuri())[0])
        ours = self.seen(TIMES, *self.nemuri(f", secure_on_file: {secret}"))
        self.assertEqual({payload(frame) for frame in ours}, {plain + bytes.fromhex("001122334455")})

    def test_no_way_there_is_said(self):
        run("ip", "-n", self.here, "link", "set", "wola", "down")
        done = subprocess.run(["ip", "netns", "exec", self.here, *self.nemuri()], capture_output=True,
                              text=True, timeout=30)
        self.assertEqual(done.returncode, 1, done)
        self.assertIn("s1: wol failed: Wake-on-LAN packet to 10.77.0.255 port 9: sending failed: "
                      "Network is unreachable", done.stdout)


if __name__ == "__main__":
    unittest.main()
