"""A real host that can sleep: a QEMU guest with ACPI S3 that runs libvirtd and the nemuri agent.

Its one file system is an initramfs made of this machine's own programs. It reaches this machine's
loopback as 10.0.2.2, and its libvirtd is reached at a port of that loopback.
"""
import glob
import os
import re
import shutil
import subprocess

HERE = os.path.dirname(os.path.abspath(__file__))
LIBVIRT = "/usr/lib/x86_64-linux-gnu/libvirt/connection-driver"
PROGRAMS = ["/usr/sbin/libvirtd", "/usr/bin/busybox"]
LIBVIRTD_CONF = """listen_tls = 0
listen_tcp = 1
auth_tcp = "none"
auth_unix_rw = "none"
auth_unix_ro = "none"
unix_sock_group = "root"
host_uuid = "6e656d75-7269-4000-8000-0000000000a3"
"""
QEMU_CONF = """user = "root"
group = "root"
security_driver = "none"
cgroup_controllers = [ ]
namespaces = [ ]
stdio_handler = "file"
"""


def newest_kernel():
    """(path, release) of the newest cloud kernel: it has S3 and few drivers."""
    kernels = sorted(glob.glob("/boot/vmlinuz-*-cloud-amd64"), key=os.path.getmtime)
    assert kernels, "no kernel for the guest: apt-get install linux-image-cloud-amd64"
    return kernels[-1], os.path.basename(kernels[-1]).split("-", 1)[1]


class Root:
    """The folder that becomes the guest's initramfs."""

    def __init__(self, folder):
        self.folder = folder
        for name in ("proc", "sys", "dev", "run", "tmp", "etc/nemuri", "etc/libvirt", "usr/sbin", "usr/bin",
                     "usr/lib", "usr/lib64", "var/log/libvirt", "var/lib", "var/cache", "root", "modules"):
            os.makedirs(os.path.join(folder, name))
        for name in ("bin", "sbin", "lib", "lib64"):
            os.symlink(f"usr/{name}", os.path.join(folder, name))
        os.symlink("/run", os.path.join(folder, "var/run"))

    def write(self, path, text, mode=0o644):
        place = os.path.join(self.folder, path)
        os.makedirs(os.path.dirname(place), exist_ok=True)
        with open(place, "w", encoding="utf-8") as out:
            out.write(text)
        os.chmod(place, mode)

    def copy(self, source, place=None):
        place = os.path.join(self.folder, (place or source).lstrip("/"))
        os.makedirs(os.path.dirname(place), exist_ok=True)
        shutil.copy(source, place)
        subprocess.run(["strip", "--strip-unneeded", place], check=False, stderr=subprocess.DEVNULL)

    def copy_program(self, source, place=None):
        """With the shared libraries that it loads."""
        self.copy(source, place)
        listed = subprocess.run(["ldd", source], capture_output=True, text=True, check=False).stdout
        for library in re.findall(r"(/[^ ]+) \(0x", listed):
            if not os.path.exists(os.path.join(self.folder, library.lstrip("/"))):
                self.copy(library)

    def copy_modules(self, release, *names):
        order = []
        for name in names:
            listed = subprocess.run(["modprobe", "-S", release, "--show-depends", name], check=True,
                                    capture_output=True, text=True).stdout
            for path in re.findall(r"insmod (\S+)", listed):
                if os.path.basename(path) not in order:
                    shutil.copy(path, os.path.join(self.folder, "modules"))
                    order.append(os.path.basename(path))
        self.write("modules/order", "\n".join(order) + "\n")

    def pack(self, archive):
        names = subprocess.run(["find", "."], cwd=self.folder, check=True, capture_output=True).stdout
        with open(archive, "wb") as out:
            subprocess.run(["cpio", "--quiet", "-o", "-H", "newc", "-R", "0:0"], cwd=self.folder,
                           check=True, input=names, stdout=out)


def build(scratch, nemuri, agent_ini, files=()):
    """The initramfs of a host whose agent has these settings; files: {path in the guest: text}."""
    _, release = newest_kernel()
    root = Root(os.path.join(scratch, "root"))
    for program in PROGRAMS:
        root.copy_program(program)
    root.copy_program(nemuri, "usr/bin/nemuri")
    for driver in glob.glob(f"{LIBVIRT}/libvirt_driver_qemu.so"):
        root.copy_program(driver)
    for part in glob.glob("/usr/share/libvirt/cpu_map/*.xml"):
        root.copy(part)
    commands = subprocess.run(["busybox", "--list"], check=True, capture_output=True, text=True).stdout
    for name in commands.split():
        place = os.path.join(root.folder, "usr/bin", name)
        if not os.path.lexists(place):
            os.symlink("busybox", place)
    root.copy_modules(release, "virtio_pci", "virtio_net")
    root.write("etc/passwd", "root:x:0:0::/root:/bin/sh\nlibvirt-qemu:x:64055:64055::/root:/bin/false\n")
    root.write("etc/group", "root:x:0:\nkvm:x:104:\nlibvirt-qemu:x:64055:\n")
    root.write("etc/libvirt/libvirtd.conf", LIBVIRTD_CONF)
    root.write("etc/libvirt/qemu.conf", QEMU_CONF)
    root.write("etc/nemuri/agent.ini", agent_ini)
    for path, text in dict(files).items():
        root.write(path, text, 0o600)
    root.copy(os.path.join(HERE, "init"), "init")
    os.chmod(os.path.join(root.folder, "init"), 0o755)
    archive = os.path.join(scratch, "initrd")
    root.pack(archive)
    shutil.rmtree(root.folder)
    return archive


def qemu_command(scratch, initrd, libvirt_port):
    """Not started here: the guest's BMC does that. In the foreground."""
    kernel, _ = newest_kernel()
    return ["qemu-system-x86_64", "-machine", "pc,accel=tcg", "-m", "384", "-nodefaults", "-display", "none",
            "-global", "PIIX4_PM.disable_s3=0", "-kernel", kernel, "-initrd", initrd,
            "-append", "console=ttyS0 quiet panic=-1 no_timer_check tsc=reliable",
            "-netdev", f"user,id=net,hostfwd=tcp:127.0.0.1:{libvirt_port}-:16509",
            "-device", "virtio-net-pci,netdev=net,romfile=",
            "-pidfile", f"{scratch}/qemu.pid",
            "-qmp", f"unix:{scratch}/qmp,server=on,wait=off",
            "-chardev", f"socket,id=serial,path={scratch}/serial,server=on,wait=off,logfile={scratch}/console",
            "-serial", "chardev:serial"]
