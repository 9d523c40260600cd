"""The BMC of the guest: ipmi_sim on a UDP port of the loopback."""
import os
import socket
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
USER, PASSWORD = "nemuri", "a-word-of-it"
LAN = """name "bmc"
set_working_mc 0x20
  startlan 1
    addr 127.0.0.1 {port}
    priv_limit admin
    allowed_auths_callback none md2 md5
    allowed_auths_user none md2 md5
    allowed_auths_operator none md2 md5
    allowed_auths_admin none md2 md5
    guid a123456789abcdefa123456789009650
  endlan
  chassis_control "{here}/chassis {folder}"
  user 1 false "" "x" user 10 none md2 md5
  user 2 true "{user}" "{password}" admin 10 none md2 md5
"""
EMULATION = """mc_setbmc 0x20
mc_add 0x20 0 no-device-sdrs 0x23 9 8 0x9f 0x1291 0xf02 persist_sdr
sel_enable 0x20 1000 0x0a
mc_enable 0x20
"""


def free_port(kind):
    with socket.socket(socket.AF_INET, kind) as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Bmc:
    def __init__(self, folder):
        self.folder = folder
        self.port = free_port(socket.SOCK_DGRAM)
        self.password_file = f"{folder}/bmc.password"
        os.mkdir(f"{folder}/bmc.state")
        self.write("bmc.password", PASSWORD)
        self.write("lan.conf", LAN.format(port=self.port, here=HERE, folder=folder, user=USER,
                                          password=PASSWORD))
        self.write("sim.emu", EMULATION)
        with open(f"{folder}/bmc.log", "wb") as log:
            self.process = subprocess.Popen(
                ["ipmi_sim", "-n", "-c", f"{folder}/lan.conf", "-f", f"{folder}/sim.emu", "-s",
                 f"{folder}/bmc.state"], stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def write(self, name, text):
        with open(os.open(f"{self.folder}/{name}", os.O_WRONLY | os.O_CREAT, 0o600), "w",
                  encoding="utf-8") as out:
            out.write(text)

    def command(self, *words):
        """ipmitool's arguments. ipmi_sim knows no cipher suite above 3."""
        return ["ipmitool", "-I", "lanplus", "-C", "3", "-H", "127.0.0.1", "-p", str(self.port), "-U", USER,
                "-f", self.password_file, *words]

    def way(self):
        """The same for conf.yaml."""
        return {"address": "127.0.0.1", "port": self.port, "user": USER, "password_file": self.password_file}

    def ipmitool(self, *words):
        return subprocess.run(self.command(*words), capture_output=True, text=True, timeout=30,
                              check=True).stdout

    def calls(self):
        """What was done to the chassis."""
        try:
            with open(f"{self.folder}/calls", encoding="utf-8") as text:
                return text.read().splitlines()
        except FileNotFoundError:
            return []

    def end(self):
        self.process.terminate()
        self.process.wait(10)
