"""The tail of a controller: lines of JSON from its unix socket, gathered by a thread."""
import json
import socket
import threading
import time


class Line(dict):
    """A line with the time and the place at which it was read."""

    def __init__(self, fields, index):
        super().__init__(fields)
        self.index = index
        self.read_at = time.monotonic()

    def __str__(self):
        return (f"{self.index:4} {self.get('t_ms', 0) / 1000:10.3f} {self.get('actor')} "
                f"{self.get('name')} {self.get('from')} -> {self.get('to')}: {self.get('text')}")

    def fits(self, wanted):
        return all(self.get(key) == value for key, value in wanted.items() if key != "text") and (
            wanted.get("text", "") in self.get("text", ""))


class Tail:
    def __init__(self, connection):
        self.lines = []
        self.connection = connection
        self.news = threading.Condition()
        self.ended = False
        connection.sendall(b'{"op":"tail","since_ms":60000}\n')
        self.thread = threading.Thread(target=self.read, daemon=True)
        self.thread.start()

    @staticmethod
    def connect(path):
        """None if nobody listens there yet."""
        connection = socket.socket(socket.AF_UNIX)
        try:
            connection.connect(path)
        except OSError:
            connection.close()
            return None
        return Tail(connection)

    def read(self):
        try:
            for text in self.connection.makefile(encoding="utf-8"):
                with self.news:
                    self.lines.append(Line(json.loads(text), len(self.lines)))
                    self.news.notify_all()
        except (ConnectionResetError, ValueError):
            pass  # it was killed, in the middle of a line maybe
        with self.news:
            self.ended = True
            self.news.notify_all()

    def mark(self):
        """A place: `after` it come the lines that are not there yet."""
        return len(self.lines) - 1

    def find(self, after=-1, **wanted):
        return [line for line in self.lines[place_of(after) + 1:] if line.fits(wanted)]

    def wait(self, within, after=-1, **wanted):
        """The first line that fits, behind the line or mark `after`. `text` may be a part of it."""
        end = time.monotonic() + within
        with self.news:
            while True:
                found = self.find(after, **wanted)
                if found:
                    return found[0]
                left = end - time.monotonic()
                if left <= 0 or self.ended:
                    why = "the tail ended" if self.ended else f"not within {within} s"
                    raise AssertionError(f"{why}: {wanted} after line {place_of(after)}")
                self.news.wait(left)

    def close(self):
        self.connection.shutdown(socket.SHUT_RDWR)
        self.thread.join()
        self.connection.close()


def place_of(after):
    return after.index if isinstance(after, Line) else after
