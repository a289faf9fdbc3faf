"""A web server that misbehaves in every way that mirrors do."""

import gzip
import os
import socket
import struct
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

HTML = b"<html>This domain is for sale</html>"


def answer(handler, body, status=200, **headers):
    handler.send_response(status)
    for name, value in {"Content_Length": str(len(body)), **headers}.items():
        if value is not None:
            handler.send_header(name.replace("_", "-"), value)
    if handler.close_connection:
        handler.send_header("Connection", "close")
    handler.end_headers()
    handler.wfile.write(body)


def status(code, **headers):
    return lambda handler, data: answer(handler, HTML, code, **headers)


def redirect(target):
    return lambda handler, data: answer(handler, b"", 302, Location=target)


def changed(data):
    return data[:-1] + bytes([data[-1] ^ 1])


def reset(handler, data):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 999\r\n\r\nabc")
    linger = struct.pack("ii", 1, 0)  # close with RST
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    os.close(handler.connection.detach())


def stall_before(handler, data):
    handler.server.stopped.wait()


def stall_inside(handler, data):
    answer(handler, data[:10], Content_Length=str(len(data)))
    handler.server.stopped.wait()


def drip(part):
    """Send a byte at a time, each well before a read would time out."""

    def send(handler, data):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if part == "headers" else b"\r\n"))
        while not handler.server.stopped.wait(0.05):
            handler.wfile.write(b"x: y\r\n" if part == "headers" else b"x")

    return send


def bomb(handler, data):
    """Send few bytes that unzip to many, as large as the file may be."""
    packed = gzip.compress(bytes(50_000_000), 9)[: len(data)]
    answer(handler, packed + bytes(len(data) - len(packed)))


def broken_off(handler, data, etag='"1"'):
    """Send the first half alone, promising all of it."""
    answer(handler, data[: len(data) // 2], Content_Length=str(len(data)), ETag=etag)


def part(handler, data, start=None, total=None, etag='"1"'):
    """Send what was asked for by Range."""
    wanted = int(handler.headers["Range"].removeprefix("bytes=").removesuffix("-"))
    start, total = wanted if start is None else start, len(data) if total is None else total
    answer(
        handler, data[wanted:], 206, ETag=etag, Content_Range=f"bytes {start}-{total - 1}/{total}"
    )


def then(resumed):
    """Break off whoever asks for a whole file, and misbehave to whoever asks for the rest."""

    def serve(handler, data):
        (resumed if handler.headers["Range"] else broken_off)(handler, data)

    return serve


def chunked_cut(handler, data):
    answer(handler, b"5\r\nabcde\r\n9\r\nab", Content_Length=None, Transfer_Encoding="chunked")


# name: what the server does, what the message says of it, how often it is asked
MISBEHAVIOUR = {
    "404": (status(404), "returned 404 Not Found", 1),
    "403": (status(403), "returned 403 Forbidden", 1),
    "416": (status(416), "returned 416", 1),
    "206": (status(206), "returned 206 Partial Content", 1),
    "500": (status(500), "returned 500", 3),
    "429": (status(429, Retry_After="0"), "returned 429", 3),
    "503": (status(503, Retry_After="0"), "returned 503", 3),
    "503-until-a-date": (status(503, Retry_After="Fri, 31 Dec 2100 23:59:59 GMT"), "503", 3),
    "503-for-a-square": (status(503, Retry_After="\xb2"), "returned 503", 3),
    "html": (status(200), "36 bytes with sha256", 1),
    "flipped-bit": (lambda h, data: answer(h, changed(data)), "with sha256", 1),
    "short": (lambda h, data: answer(h, data[:-9], Content_Length=str(len(data))), "", 3),
    "short-no-length": (lambda h, data: answer(h, data[:-9], Content_Length=None), "sha256", 1),
    "longer-than-stated": (lambda h, d: answer(h, d, Content_Length=str(len(d) - 9)), "sha", 1),
    "twice-as-long": (lambda h, data: answer(h, data * 2), "expected", 1),
    "a-length-of-10**5000": (lambda h, data: answer(h, HTML, Content_Length="9" * 5000), "", None),
    "a-length-that-is-a-square": (lambda h, d: answer(h, HTML, Content_Length="\xb2"), "", None),
    "endless": (lambda h, d: answer(h, bytes(10**6), Content_Length=None), "more than", 1),
    "zipped-on-the-way": (
        lambda h, d: answer(h, gzip.compress(d), Content_Encoding="gzip"), "expected", 1
    ),
    "empty": (status(200), "with sha256", 1),
    "chunks-cut-off": (chunked_cut, "", 3),
    "reset": (reset, "", 3),
    "no-http": (lambda h, data: h.wfile.write(b"220 ftp ready\r\n"), "", 3),
    "silence": (lambda h, data: None, "", 3),
    "redirect-loop": (redirect("./tiny"), "redirects more than 5 times", 5),
    "redirect-to-a-file": (redirect("file:///etc/hosts"), "", None),
    "redirect-to-nowhere": (redirect("http://[bad"), "", None),
    "redirect-without-target": (status(302), "returned 302", 1),
    "zip-bomb": (bomb, "with sha256", 1),
    # these break off in the middle; then, asked for the rest, they ...
    "break-off-every-time": (then(lambda h, d: h.close_connection), "", 3),
    "ignore-the-range": (then(broken_off), "cut off after", 3),
    "send-another-part": (then(lambda h, d: part(h, d, start=1)), "expected the rest from byte", 4),
    "send-no-content-range": (then(lambda h, d: answer(h, d, 206)), "the rest from byte", 4),
    "say-416": (then(status(416)), "became shorter", 4),
    "change-the-length": (then(lambda h, d: part(h, d, total=len(d) + 1)), "changed", 4),
    "change-the-etag": (then(lambda h, d: part(h, d, etag='"2"')), "changed", 4),
    "send-another-file": (then(lambda h, d: answer(h, changed(d)[::-1], ETag='"1"')), "changed", 4),
    "send-a-wrong-rest": (then(lambda h, d: part(h, changed(d))), "with sha256", 4),
    "escape-codes": (
        lambda h, d: h.wfile.write(b"HTTP/1.1 404 \x1b[31mred\r\nContent-Length: 0\r\n\r\n"), "", 1
    ),
}  # fmt: skip

SLOW = {
    "stall-before-the-answer": (stall_before, "timed out", 1),
    "stall-inside-the-body": (stall_inside, "timed out", 3),
    "drip": (drip("body"), "not finished after", 1),
    "drip-of-headers": (drip("headers"), "", None),
}


class Handler(BaseHTTPRequestHandler):
    """The first part of a path names the behaviour, the last one the file."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        *_, behaviour, name = self.path.split("/")  # a proxy is asked for a whole address
        self.server.asked.append((behaviour, name, dict(self.headers)))
        self.close_connection = behaviour != "good"  # a good one keeps it open
        self.server.behaviours[behaviour](self, self.server.files.get(name, HTML))

    def log_message(self, *arguments):
        pass


class Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, files):
        super().__init__(("127.0.0.1", 0), Handler)
        self.files, self.asked, self.stopped = files, [], threading.Event()
        self.behaviours = {
            "good": answer,
            "moved": lambda handler, data: redirect(handler.path.replace("moved", "good"))(
                handler, data
            ),
            **{name: case[0] for name, case in {**MISBEHAVIOUR, **SLOW}.items()},
        }

    def handle_error(self, request, client_address):
        pass  # clients that go away are what is tested

    def mirror(self, behaviour):
        return f"http://127.0.0.1:{self.server_port}/{behaviour}/"

    def count(self, behaviour):
        return len([1 for asked, _, _ in self.asked if asked == behaviour])
