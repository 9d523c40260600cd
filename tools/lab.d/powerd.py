"""powerd.py LAB_TOOL LAB: suspends hosts of the lab on request from inside them.

Each host has a socket of its own, so who asks is certain. The reply is sent once the host is frozen:
who asked is frozen with it, and reads the reply when the host was woken. A file refuse-sleep in the
host's folder makes it refuse with the file's text, for tests.
"""
import glob
import os
import selectors
import socket
import subprocess
import sys
import time


def log(text):
    print(f"{time.time():.3f} {text}", flush=True)


def listen(folder):
    os.chdir(folder)  # a socket's path may be 107 bytes at most
    server = socket.socket(socket.AF_UNIX)
    server.bind("socket")
    server.listen(8)
    return server


def suspend(tool, home):
    host = os.path.basename(home)
    try:
        with open(f"{home}/refuse-sleep", encoding="utf-8") as file:
            return "refused: " + (file.read().strip() or "refuse-sleep is set")
    except FileNotFoundError:
        pass
    log(f"{host} asks to sleep")
    done = subprocess.run([tool, "sleep", host], capture_output=True, text=True, check=False)
    log(f"{host} sleeps" if done.returncode == 0 else done.stderr.strip())
    return "ok" if done.returncode == 0 else "refused: " + done.stderr.strip()


def serve(server, tool, home):
    connection, _ = server.accept()
    with connection:
        connection.settimeout(1)
        try:
            if connection.recv(64).strip() == b"suspend":
                connection.sendall(suspend(tool, home).encode() + b"\n")
        except OSError as error:
            log(f"{home}: {error}")


def main(tool, lab):
    selector = selectors.DefaultSelector()
    for home in glob.glob(f"{lab}/hosts/h*"):
        selector.register(listen(f"{home}/power"), selectors.EVENT_READ, home)
    os.chdir("/")
    while True:
        for key, _ in selector.select():
            serve(key.fileobj, tool, key.data)


if __name__ == "__main__":
    main(*sys.argv[1:])
