#!/usr/bin/python3
"""Breaks a part of the running lab and mends it again: `tools/lab fault`. See docs/failures.md.

Each kind of fault has a beginning and an end, which undoes it. With --when it begins as soon as the
controller's tail says that a VM's migration came into a phase; with --at-turn, that a turn is over.
"""
import argparse
import contextlib
import json
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import time

LAB_TOOL = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "lab")
SLOW_MBIT = "24"
LIMIT_S = 60  # of one command of the lab: its host may fall asleep meanwhile, and freeze it
STEP_S = 3600
FIRST_PORT, LAST_PORT = ":49152", ":49215"  # libvirt's, of migrations that come in


class Broken(AssertionError):
    """A command failed, or something of the lab can't be reached now; the text says what."""


def run(*command, check=True, limit=120, **options):
    """The command, which is over, with its output; Broken if it fails or takes longer than `limit` s."""
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                              timeout=limit, **options)
    except (OSError, subprocess.TimeoutExpired) as error:
        why = f"not over in {limit} s" if isinstance(error, subprocess.TimeoutExpired) else error
        raise Broken(f"{' '.join(command)}: {why}") from None
    if check and done.returncode != 0:
        raise Broken(f"{' '.join(command)}: exit {done.returncode}: {done.stdout.strip()}")
    return done


class RunningLab:
    """A lab by tools/lab and by the files of its controller: the one that is up, if none is named."""

    def __init__(self, environment):
        self.environment = environment
        self.folder = environment.get("NEMURI_LAB") or os.path.join(
            environment.get("TMPDIR", "/tmp"), "nemuri-lab")
        self.limit = LIMIT_S  # of a command

    def __call__(self, *words, check=True):
        return run(LAB_TOOL, *words, check=check, limit=self.limit, env=self.environment,
                   stdin=subprocess.DEVNULL).stdout.strip()

    def signal_in(self, host, name, number):
        """To the process inside the host whose PID stands in this file of its /run."""
        self("in", host, "sh", "-c", f"kill -{number} $(cat /run/{name})")

    def signal_redis(self, number):
        path = f"{self.folder}/nemuri/redis/redis.pid"
        try:
            with open(path, encoding="utf-8") as pid:
                os.kill(int(pid.read()), number)
        except (OSError, ValueError) as error:
            raise Broken(f"the controller's Redis ({path}): {error}") from None

    def configure_redis(self, **settings):
        """As the controller's user, whose password is in the state folder."""
        folder = f"{self.folder}/nemuri"
        words = [word for name, value in settings.items() for word in (name.replace("_", "-"), value)]
        try:
            with open(f"{folder}/secrets/controller", encoding="utf-8") as secret:
                environment = dict(os.environ, REDISCLI_AUTH=secret.read().strip())
        except OSError as error:
            raise Broken(f"the controller's Redis: {error}") from None
        said = run("redis-cli", "-s", f"{folder}/redis/redis.sock", "--user", "nemuri-controller",
                   "CONFIG", "SET", *words, limit=20, env=environment, stdin=subprocess.DEVNULL)
        if said.stdout.strip() != "OK":
            raise Broken(f"the controller's Redis: CONFIG SET {words}: {said.stdout.strip()}")

    def empty_redis(self):
        """It comes back with nothing in it: its files go before it is killed."""
        self.signal_redis(signal.SIGSTOP)
        try:
            shutil.rmtree(f"{self.folder}/nemuri/redis/appendonlydir")
        except OSError as error:
            raise Broken(f"the controller's Redis: {error}") from None
        finally:
            self.signal_redis(signal.SIGKILL)

    def step_clock(self, seconds):
        """Of the controller, its Redis, and whatever else runs by it, to so much beside the machine's."""
        path = f"{self.folder}/clock"
        if not os.path.exists(path):
            raise Broken("nothing runs by a clock of its own: start the controller by tools/lab clocked")
        with open(f"{path}.new", "w", encoding="utf-8") as clock:
            clock.write(f"{seconds}\n")
        os.replace(f"{path}.new", path)

    def kill_controller(self):
        """Whoever listens on its socket."""
        path = self.environment.get("NEMURI_SOCKET") or f"{self.folder}/nemuri/nemuri.sock"
        with socket.socket(socket.AF_UNIX) as client:
            try:
                client.connect(path)
                peer = client.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, struct.calcsize("3i"))
                os.kill(struct.unpack("3i", peer)[0], signal.SIGKILL)
            except OSError as error:
                raise Broken(f"the controller ({path}): {error}") from None

    def end_connection(self, host, end):
        """Of migrations, with whatever it would say to the other end."""
        self("in", host, "ss", "-Htn", "-K", end, "ge", FIRST_PORT, "and", end, "le", LAST_PORT)

    def lose_connection(self, host):
        """The source's end is gone, and its target is not told: the link is down meanwhile."""
        self("cut", host)
        self.end_connection(host, "dport")


def ignore(_lab, _host):
    """It mends itself."""


KINDS = {
    "libvirtd-killed": (lambda lab, host: lab("kill-libvirtd", host),
                        lambda lab, host: lab("start-libvirtd", host)),
    "libvirtd-stopped": (lambda lab, host: lab.signal_in(host, "libvirtd.pid", "STOP"),
                         lambda lab, host: lab.signal_in(host, "libvirtd.pid", "CONT")),
    "link-cut": (lambda lab, host: lab("cut", host), lambda lab, host: lab("heal", host)),
    "link-slow": (lambda lab, host: lab("slow", host, SLOW_MBIT),
                  lambda lab, host: lab("slow", host, "off")),
    "connection-broken": (lambda lab, host: lab.end_connection(host, "dport"), ignore),
    "connection-lost": (RunningLab.lose_connection, lambda lab, host: lab("heal", host)),
    "host-crashed": (lambda lab, host: lab("crash", host), lambda lab, host: lab("wake", host)),
    "agent-frozen": (lambda lab, host: lab.signal_in(host, "nemuri/agent.pid", "STOP"),
                     lambda lab, host: lab.signal_in(host, "nemuri/agent.pid", "CONT")),
    "agent-killed": (lambda lab, host: lab("agent", host, "kill"),
                     lambda lab, host: lab("agent", host, "start")),
    "redis-killed": (lambda lab, _: lab.signal_redis(signal.SIGKILL), ignore),
    "redis-emptied": (lambda lab, _: lab.empty_redis(), ignore),
    "redis-stopped": (lambda lab, _: lab.signal_redis(signal.SIGSTOP),
                      lambda lab, _: lab.signal_redis(signal.SIGCONT)),
    "redis-full": (lambda lab, _: lab.configure_redis(maxmemory="1"),
                   lambda lab, _: lab.configure_redis(maxmemory="0")),
    "redis-read-only": (lambda lab, _: lab.configure_redis(min_replicas_to_write="1"),
                        lambda lab, _: lab.configure_redis(min_replicas_to_write="0")),
    "clock-ahead": (lambda lab, _: lab.step_clock(STEP_S), lambda lab, _: lab.step_clock(0)),
    "clock-back": (lambda lab, _: lab.step_clock(-STEP_S), lambda lab, _: lab.step_clock(0)),
    "controller-killed": (lambda lab, _: lab.kill_controller(), ignore),
}
OF_A_HOST = [kind for kind in KINDS if not kind.startswith(("redis-", "clock-", "controller-"))]


@contextlib.contextmanager
def fault(lab, kind, host=None):
    """In force inside of `with`. Also half of it is undone, if it can't be begun whole."""
    begin, end = KINDS[kind]
    try:
        begin(lab, host)
        yield
    finally:
        end(lab, host)


def wait_for(is_it):
    """Until a line of the controller's tail is the one."""
    nemuri = os.environ.get("NEMURI", "nemuri")
    with subprocess.Popen([nemuri, "tail", "--json"], stdout=subprocess.PIPE, text=True) as tail:
        try:
            for line in tail.stdout:
                if is_it(json.loads(line)):
                    return
        finally:
            tail.terminate()
    raise Broken("the tail ended: is a controller running, and NEMURI_SOCKET set?")


def moment(asked):
    """What tells the line of the tail at which the fault begins; None: it begins at once."""
    if asked.when:
        vm, phase = asked.when
        return lambda line: (line.get("actor"), line.get("name"), line.get("to")) == (
            "migration", vm, phase)
    if asked.at_turn is not None:
        return lambda line: line.get("turn", 0) >= asked.at_turn
    return None


def arguments():
    parser = argparse.ArgumentParser(prog="tools/lab fault", description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=sorted(KINDS), metavar="KIND", help=", ".join(KINDS))
    parser.add_argument("host", nargs="?", help="not for redis-*, clock-* and controller-*")
    parser.add_argument("--for", dest="seconds", type=float, default=10, help="then it is undone")
    parser.add_argument("--when", nargs=2, metavar=("VM", "PHASE"), help="copying, switched, resumed ...")
    parser.add_argument("--at-turn", type=int, metavar="N", help="the first line of turn N or later")
    out = parser.parse_args()
    if (out.host is None) == (out.kind in OF_A_HOST):
        parser.error(f"{out.kind} needs " + ("a host" if out.host is None else "no host"))
    return out


def main():
    asked = arguments()
    try:
        is_it = moment(asked)
        if is_it:
            wait_for(is_it)
        with fault(RunningLab(os.environ), asked.kind, asked.host):
            time.sleep(asked.seconds)
    except Broken as broken:
        sys.exit(f"lab: {broken}")


if __name__ == "__main__":
    main()
