"""What the doubles of BMCs and firmware share: a small HTTP(S) server with faults.

It prints 'ready PORT' and lives until its standard input ends, so it never outlives its test. Each
thing that came to it is one JSON line of its log.
"""
import argparse
import json
import http.server
import ssl
import sys
import threading
import time


def arguments(description):
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--log", help="a file; default: none")
    parser.add_argument("--cert", help="PEM; HTTPS instead of HTTP")
    parser.add_argument("--key")
    parser.add_argument("--user", default="admin")
    parser.add_argument("--password", default="secret")
    parser.add_argument("--silent", type=float, default=0.0,
                        help="seconds since the first connection in which nothing is answered")
    parser.add_argument("--lose-answers", type=int, default=0,
                        help="of so many requests the work is done, and the answer never comes")
    parser.add_argument("--fault", default="",
                        choices=["", "stall", "endless", "garbage", "cut", "redirect",
                                                    "hang_after_body"])
    return parser


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handler, options):
        super().__init__(("127.0.0.1", 0), handler)
        self.options = options
        self.log_file = open(options.log, "a", buffering=1) if options.log else None
        self.lock = threading.Lock()
        self.first_contact = None
        self.context = None
        if options.cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(options.cert, options.key)

    def note(self, **what):
        if self.log_file:
            with self.lock:
                self.log_file.write(json.dumps({"at": round(time.monotonic(), 3), **what}) + "\n")

    def sleeps(self):
        """A management engine that sleeps: the first packets wake it."""
        with self.lock:
            if self.first_contact is None:
                self.first_contact = time.monotonic()
            return time.monotonic() < self.first_contact + self.options.silent

    def finish_request(self, request, client_address):
        self.note(event="connection")
        if self.sleeps():
            while self.sleeps():
                time.sleep(0.02)
            return None  # whoever waited so long was never heard
        if not self.context:
            return super().finish_request(request, client_address)
        request.settimeout(10)
        with self.context.wrap_socket(request, server_side=True) as encrypted:
            return super().finish_request(encrypted, client_address)

    def handle_error(self, request, client_address):
        self.note(event="broken", why=str(sys.exc_info()[1]))

    def serve_until_input_ends(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        print("ready", self.server_address[1], flush=True)
        sys.stdin.read()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server_version = "Double"
    sys_version = ""
    disable_nagle_algorithm = True

    def log_message(self, *_):
        pass

    def body(self):
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, status, content_type, body, chunked=False, close=False, headers=()):
        """Sends an answer, or what a fault makes of it."""
        if self.misbehave() or self.lose_it():
            return
        self.send_response(status)
        self.send_header("Content-Type", content_type)
        for name, value in headers:
            self.send_header(name, value)
        if close or self.close_connection:  # which it says, so that nobody sends more on it
            self.send_header("Connection", "close")
        if chunked:
            self.send_header("Transfer-Encoding", "chunked")
        elif status != 204:
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if chunked:
            self.send_chunks(body)
        elif status != 204:
            self.wfile.write(body)

    def send_chunks(self, body):
        for begin in range(0, len(body), 100):
            piece = body[begin:begin + 100]
            self.wfile.write(b"%x\r\n%s\r\n" % (len(piece), piece))
        self.wfile.write(b"0\r\n\r\n")

    def misbehave(self):
        fault = self.server.options.fault
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        if fault == "stall":  # in the middle
            self.wfile.write(head + b"Content-Length: 1000\r\n\r\nhalf")
            self.wait_for_the_end()
        elif fault == "hang_after_body":
            self.wait_for_the_end()
        elif fault == "cut":
            self.wfile.write(head + b"Content-Length: 1000\r\n\r\nhalf")
        elif fault == "garbage":
            self.wfile.write(b"\x00\xff\x16 this is no HTTP\n\n" * 20)
        elif fault == "redirect":
            self.wfile.write(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n"
                             b"Content-Length: 0\r\n\r\n")
        elif fault == "endless":
            self.wfile.write(head + b"Connection: close\r\n\r\n")
            self.talk_until_cut_off()
        self.close_connection = self.close_connection or bool(fault)
        return bool(fault)

    def lose_it(self):
        with self.server.lock:
            lost = self.server.options.lose_answers > 0
            self.server.options.lose_answers -= 1
        self.close_connection = self.close_connection or lost
        return lost

    def wait_for_the_end(self):
        self.connection.settimeout(60)
        try:
            self.connection.recv(1)
        except OSError:
            pass

    def talk_until_cut_off(self):
        try:
            while True:
                self.wfile.write(b"x" * 4096)
        except OSError:
            self.server.note(event="cut off")
