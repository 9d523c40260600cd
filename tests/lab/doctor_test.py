#!/usr/bin/python3
"""nemuri doctor on real hosts: who can move where, why not, and what helps; with a controller and without."""
import json
import time
import unittest

from lab import NEMURI, fault, run
from pool import PoolTest

CLASH = """<domain type='qemu'><name>vm1</name><memory unit='MiB'>64</memory>
<os><type arch='x86_64' machine='pc'>hvm</type></os></domain>"""
VIRSH = ("in", "h2", "virsh", "-q", "-c", "qemu:///system")
DEAD = "h9"  # named in conf.yaml, and nobody has its address


class Doctor(PoolTest):
    def setUp(self):
        self.hosts_of_conf = [
            {"name": name, "role": "warehouse" if name == "h1" else "server", "may_sleep": False,
             "libvirt_uri": self.lab("uri", name)} for name in self.lab.names]
        self.settings = {"hosts": self.hosts_of_conf, "dry_run": True}

    def doctor(self, *options, settings=None):
        config = f"{self.lab.scratch}/doctor.yaml"
        with open(config, "w", encoding="utf-8") as out:
            out.write(self.lab.conf(settings or self.settings))
        began = time.monotonic()
        done = run(NEMURI, "doctor", "--config", config, "--limit", "3s", *options, check=False)
        return done.returncode, done.stdout, time.monotonic() - began

    def cells(self, text):
        """{(VM, host): (answer, findings)} of the JSON."""
        return {(vm["name"], cell["host"]): (cell["answer"], cell["findings"])
                for vm in json.loads(text)["vms"] for cell in vm["hosts"]}

    def define_clash(self):
        """On h2, a domain that is only defined, with the name of a VM of h1."""
        path = f"{self.lab.folder}/hosts/h2/run/clash.xml"
        with open(path, "w", encoding="utf-8") as out:
            out.write(CLASH)
        self.lab(*VIRSH, "define", "/run/clash.xml")
        self.addCleanup(self.undefine, check=False)

    def undefine(self, check=True):
        self.lab(*VIRSH, "undefine", "vm1", check=check)

    def test_a_pool_with_its_agents(self):
        self.run_pool(self.settings)
        self.wait(actor="host", name="h2", to="awake")
        code, text, took = self.doctor("--json")
        self.assertEqual(code, 0, text)
        cells = self.cells(text)
        self.assertEqual(cells["vm0", "h1"][0], "here")
        answer, findings = cells["vm0", "h2"]
        self.assertIn(answer, ("yes", "warning"), findings)  # the machine's clock may run free
        self.assertEqual([f for f in findings if f["check"] not in ("clock", "memory")], [])
        self.assertEqual(json.loads(text)["unseen"], [])
        self.report(f"2 hosts, 2 VMs in {took:.2f} s: {answer}")

    def test_a_name_that_is_taken_is_a_no_with_its_mend_and_spoils_no_other(self):
        self.run_pool(self.settings)
        self.define_clash()
        code, text, _ = self.doctor()
        print(text)
        self.assertEqual(code, 1)
        self.assertRegex(text, r"no \(name\): vm1 -> h2\n  the name vm1 is taken on h2.*\n  mend: .*undefine")
        code, text, _ = self.doctor("vm0")
        self.assertEqual(code, 0, text)
        code, text, _ = self.doctor("--json")
        self.assertEqual(self.cells(text)["vm1", "h2"][0], "no")

    def test_the_controller_leaves_alone_what_no_host_can_take_until_it_is_mended(self):
        self.define_clash()
        self.run_pool(self.settings)
        alone = self.wait(actor="vm", name="vm1", to="unmanaged")
        self.assertIn("no other host can take it: the name vm1 is taken on h2", alone["text"])
        self.wait(actor="vm", name="vm0", to="parked")
        self.undefine()
        self.wait(actor="vm", name="vm1", to="parked", after=alone)
        self.replay()
        self.report(f"{alone['from']} -> {alone['to']}: {alone['text']}")

    def test_without_controller_and_with_a_dead_host(self):
        dead = {"name": DEAD, "role": "server", "may_sleep": False,
                "libvirt_uri": "qemu+tcp://10.77.0.9/system"}
        code, text, took = self.doctor(settings={**self.settings, "hosts": self.hosts_of_conf + [dead]})
        print(text)
        self.assertEqual(code, 0, text)
        self.assertRegex(text, rf"\? {DEAD}: not looked at: .*10\.77\.0\.9")
        self.assertRegex(text, r"\? Redis: ")
        self.assertRegex(text, r"warning \(agent\): vm0 -> h2")
        self.assertLess(took, 3 * 3 + 2)

    def test_libvirtd_that_hangs_is_said_and_not_waited_for(self):
        with fault(self.lab, "libvirtd-stopped", "h2"):
            code, text, took = self.doctor()
        self.assertRegex(text, r"\? h2: not looked at: ")
        self.assertLess(took, 3 * 3 + 2)
        self.assertEqual(code, 0, text)

    def test_an_unknown_vm_is_named(self):
        code, text, _ = self.doctor("nobody")
        self.assertEqual(code, 1)
        self.assertIn("no VM 'nobody'", text)


if __name__ == "__main__":
    unittest.main()
