"""order.py SOCKET LINE: gives one order to a guest by its serial port and prints the reply.

The connection stays open until the reply is there: QEMU drops one that is shut for writing. A ping
goes first, as the answer to a predecessor's order may still be on its way.
"""
import os
import socket
import sys
import time

LIMIT_S = 20


def replies(connection):
    end = time.monotonic() + LIMIT_S
    rest = b""
    while time.monotonic() < end:
        connection.settimeout(max(end - time.monotonic(), 0.01))
        rest += connection.recv(4096) or sys.exit("the guest's port was closed")
        *lines, rest = rest.replace(b"\r", b"\n").split(b"\n")
        yield from (line.decode(errors="replace") for line in lines if line)


def main(path, line):
    os.chdir(os.path.dirname(path))  # a socket's path may be 107 bytes at most
    connection = socket.socket(socket.AF_UNIX)
    connection.settimeout(LIMIT_S)
    connection.connect(os.path.basename(path))
    word = f"{os.getpid()}.{time.monotonic_ns()}"
    connection.sendall(f"\nping {word}\n{line}\n".encode())
    answers = replies(connection)
    while next(answers) != f"ok pong {word}":
        pass
    verdict, _, text = next(answers).partition(" ")
    print(text)
    return 0 if verdict == "ok" else 1


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except (OSError, StopIteration) as error:
        print(f"no answer within {LIMIT_S} s ({error})")
        sys.exit(1)
