"""Downloads from servers that misbehave end in the right file or leave the cache as it was."""

import dataclasses
import gzip
import os
import shutil
import signal
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from conftest import RAW, REPOSITORY
from test_build import fill, make_dataset

from pipeline import download, mirrors
from pipeline.cache import Cache
from pipeline.datasets import MNIST
from pipeline.download import fetch_dataset
from pipeline.errors import DownloadError, UsageError

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
    handler.server.stopped.wait(2)


def stall_inside(handler, data):
    answer(handler, data[:10], Content_Length=str(len(data)))
    handler.server.stopped.wait(2)


def drip(part):
    """Send a byte at a time, each well before a read would time out."""

    def send(handler, data):
        handler.wfile.write(b"HTTP/1.1 200 OK\r\n" + (b"" if part == "headers" else b"\r\n"))
        for _ in range(60):
            if handler.server.stopped.wait(0.05):
                break
            handler.wfile.write(b"x: y\r\n" if part == "headers" else b"x")

    return send


def chunked_cut(handler, data):
    answer(handler, b"5\r\nabcde\r\n9\r\nab", Content_Length=None, Transfer_Encoding="chunked")


# name: what the server does, what the message says of it, how often it is asked
MISBEHAVIOUR = {
    "404": (status(404), "answered 404 Not Found", 1),
    "403": (status(403), "answered 403 Forbidden", 1),
    "416": (status(416), "answered 416", 1),
    "206": (status(206), "answered 206 Partial Content", 1),
    "500": (status(500), "answered 500", 3),
    "429": (status(429, Retry_After="0"), "answered 429", 3),
    "503": (status(503, Retry_After="0"), "answered 503", 3),
    "503-until-a-date": (status(503, Retry_After="Fri, 31 Dec 2100 23:59:59 GMT"), "503", 3),
    "503-for-a-square": (status(503, Retry_After="\xb2"), "answered 503", 3),
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
    "redirect-without-target": (status(302), "answered 302", 1),
    "escape-codes": (
        lambda h, d: h.wfile.write(b"HTTP/1.1 404 \x1b[31mred\r\nContent-Length: 0\r\n\r\n"), "", 1
    ),
}  # fmt: skip

SLOW = {
    "stall-before-the-answer": (stall_before, "timed out", 3),
    "stall-inside-the-body": (stall_inside, "timed out", 3),
    "drip": (drip("body"), "not finished after", 1),
    "drip-of-headers": (drip("headers"), "", None),
}


class Handler(BaseHTTPRequestHandler):
    """The first part of a path names the behaviour, the last one the file."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        _, behaviour, name = self.path.split("/")
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


@pytest.fixture
def tiny():
    dataset, files = make_dataset()
    return dataclasses.replace(dataset, splits={"train": dataset.splits["train"]}), files


@pytest.fixture
def server(tiny, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(download, "FIRST_WAIT", 0.01)
    with Server(tiny[1]) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.stopped.set()
        server.shutdown()


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", "test")


def contents(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()} if folder.exists() else {}


def check_misbehaviour(case, server, tiny, cache):
    """It alone fails and changes nothing; with a good mirror after it all is well."""
    (_, message, asked), (dataset, files) = {**MISBEHAVIOUR, **SLOW}[case], tiny
    bad, good = server.mirror(case), server.mirror("good")
    name = dataset.files[0].name
    fill(cache, dataset, {name: b"old", dataset.files[1].name: files[dataset.files[1].name]})
    before = contents(cache.raw("tiny"))
    with pytest.raises(DownloadError, match=f"no mirror gave {name}") as caught:
        fetch_dataset(cache, dataset, (bad,))
    (line,) = caught.value.message.splitlines()[1:]
    assert line.startswith(f"  {bad}: ")
    assert message in line
    assert asked in (None, server.count(case))
    assert contents(cache.raw("tiny")) == before
    fetched = fetch_dataset(cache, dataset, (bad, good))
    assert [(item.status, item.mirror) for item in fetched] == [
        ("downloaded", good), ("intact", None)
    ]  # fmt: skip
    assert contents(cache.raw("tiny")) == {file.name: files[file.name] for file in dataset.files}


@pytest.mark.parametrize("case", MISBEHAVIOUR)
def test_a_mirror_that_misbehaves_changes_nothing_and_the_next_one_is_asked(
    case, server, tiny, cache
):
    check_misbehaviour(case, server, tiny, cache)


@pytest.mark.parametrize("case", SLOW)
def test_a_mirror_that_is_too_slow_is_given_up(case, server, tiny, cache, monkeypatch):
    monkeypatch.setattr(mirrors, "READ_TIMEOUT", 0.1)
    monkeypatch.setattr(mirrors, "DEADLINE", 0.2)
    start = time.monotonic()
    check_misbehaviour(case, server, tiny, cache)
    assert time.monotonic() - start < 3


def test_a_good_mirror_is_asked_once_for_each_file_and_compresses_nothing(server, tiny, cache):
    dataset, files = tiny
    fetch_dataset(cache, dataset, (server.mirror("good"),))
    assert [name for _, name, _ in server.asked] == [file.name for file in dataset.files]
    assert {headers["Accept-Encoding"] for _, _, headers in server.asked} == {"identity"}
    assert contents(cache.raw("tiny")) == {file.name: files[file.name] for file in dataset.files}


def test_bytes_are_kept_as_they_were_sent_whatever_encoding_the_server_names(server, tiny, cache):
    dataset, files = tiny
    server.behaviours["named"] = lambda h, data: answer(h, data, Content_Encoding="gzip")
    fetch_dataset(cache, dataset, (server.mirror("named"),))
    assert contents(cache.raw("tiny")) == {file.name: files[file.name] for file in dataset.files}


def test_what_is_intact_is_not_fetched_again_unless_forced(server, tiny, cache):
    dataset, _ = tiny
    mirrors = (server.mirror("good"),)
    statuses = [
        [item.status for item in fetch_dataset(cache, dataset, mirrors, force)]
        for force in (False, False, True)
    ]
    assert statuses == [["downloaded"] * 2, ["intact"] * 2, ["downloaded"] * 2]
    assert server.count("good") == 4


def test_a_forced_fetch_that_fails_leaves_the_good_files(server, tiny, cache):
    dataset, files = tiny
    fill(cache, dataset, files)
    before = contents(cache.raw("tiny"))
    with pytest.raises(DownloadError, match="no mirror gave"):
        fetch_dataset(cache, dataset, (server.mirror("html"),), force=True)
    assert contents(cache.raw("tiny")) == before


@pytest.mark.parametrize("failure", ["500", "503", "reset", "short"])
def test_a_failure_that_passes_is_tried_again_at_the_same_mirror(failure, server, tiny, cache):
    fail, times = MISBEHAVIOUR[failure][0], iter(range(99))
    server.behaviours["passing"] = lambda *it: fail(*it) if next(times) < 2 else answer(*it)
    fetched = fetch_dataset(cache, tiny[0], (server.mirror("passing"),))
    assert [item.mirror for item in fetched] == [server.mirror("passing")] * 2
    assert server.count("passing") == 4


def test_the_server_says_how_long_to_wait_within_limits(server, tiny, cache, monkeypatch):
    monkeypatch.setattr(download, "LONGEST_WAIT", 0.1)
    server.behaviours["busy"] = status(503, Retry_After="3600")
    start = time.monotonic()
    with pytest.raises(DownloadError, match="answered 503"):
        fetch_dataset(cache, tiny[0], (server.mirror("busy"),))
    assert 0.2 <= time.monotonic() - start < 3


def test_every_mirror_that_failed_has_its_line(server, tiny, cache):
    mirrors = tuple(map(server.mirror, ("404", "html", "reset")))
    with pytest.raises(DownloadError, match="no mirror gave") as caught:
        fetch_dataset(cache, tiny[0], mirrors)
    lines = caught.value.message.splitlines()[1:]
    assert [line.split(": ")[0].strip() for line in lines] == list(mirrors)
    assert "--mirror" in caught.value.hint


def test_nobody_listening_is_one_more_failure(tiny, cache, monkeypatch):
    monkeypatch.setattr(download, "FIRST_WAIT", 0.01)
    with socket.create_server(("127.0.0.1", 0)) as closed:
        mirror = f"http://127.0.0.1:{closed.getsockname()[1]}/"
    with pytest.raises(DownloadError, match=f"{mirror}: .*refused"):
        fetch_dataset(cache, tiny[0], (mirror,))


def test_a_redirect_is_followed(server, tiny, cache):
    fetched = fetch_dataset(cache, tiny[0], (server.mirror("moved").rstrip("/"),))
    assert {item.mirror for item in fetched} == {server.mirror("moved")}
    assert server.count("good") == 2


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_no_redirect_leads_from_https_to_http(server, tiny, cache, tmp_path, monkeypatch):
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    subprocess.run(
        ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
         "-nodes", "-keyout", key, "-out", certificate, "-days", "1", "-subj", "/CN=127.0.0.1",
         "-addext", "subjectAltName=IP:127.0.0.1"],
        check=True, capture_output=True,
    )  # fmt: skip
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(certificate))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    with Server(tiny[1]) as safe:
        safe.socket = context.wrap_socket(safe.socket, server_side=True)
        safe.behaviours["down"] = redirect(server.mirror("good") + tiny[0].files[0].name)
        threading.Thread(target=safe.serve_forever, args=(0.01,), daemon=True).start()
        mirror = safe.mirror("down").replace("http:", "https:")
        with pytest.raises(DownloadError, match="redirects from https to http://127"):
            fetch_dataset(cache, tiny[0], (mirror,))
        assert server.asked == []
        good = mirror.replace("down", "good")
        assert {item.mirror for item in fetch_dataset(cache, tiny[0], (good,))} == {good}
        safe.shutdown()


@pytest.mark.parametrize("name", ["plain", "with spaces", "Prüfung", "100%", "a%41b", "a%2Fb"])
def test_a_folder_is_a_mirror_too(name, tiny, cache, tmp_path):
    dataset, files = tiny
    folder = tmp_path / name
    folder.mkdir()
    for file in dataset.files:
        (folder / file.name).write_bytes(files[file.name])
    fetched = fetch_dataset(cache, dataset, (folder.as_uri(),))
    assert {item.mirror for item in fetched} == {folder.as_uri() + "/"}
    assert contents(cache.raw("tiny")) == contents(folder)


@pytest.mark.parametrize("folder", ["file:///no/such/folder", "file:///%00", "file:///dev/null"])
def test_a_folder_without_the_file_fails_as_mirrors_do(folder, tiny, cache):
    with pytest.raises(DownloadError, match=f"  {folder}/: "):
        fetch_dataset(cache, tiny[0], (folder,))


@pytest.mark.parametrize("mirror", ["/home/me/mnist", "ftp://host/", "", "mnist", "http://[::1"])
def test_what_is_no_address_is_refused(mirror, tiny, cache):
    with pytest.raises(UsageError, match="is no address, expected https://") as caught:
        fetch_dataset(cache, tiny[0], (mirror,))
    assert "file:///" in caught.value.hint


def test_another_cache_is_filled_from_the_copy_in_the_checkout(cache):
    fetched = fetch_dataset(cache, MNIST)  # no mirror on the internet is asked
    assert {item.mirror for item in fetched} == {RAW.as_uri() + "/"}
    assert contents(cache.raw("mnist")) == contents(RAW)


@pytest.mark.skipif(os.name != "posix", reason="signals are POSIX")
@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)], ids=["SIGINT", "SIGTERM"]
)
def test_a_fetch_that_is_stopped_leaves_the_cache_as_it_was(number, code, server, cache):
    server.files = {file.name: bytes(100_000) for file in MNIST.files}
    command = [sys.executable, "-m", "pipeline", "fetch", "--cache-dir", cache.root]
    command += ["--mirror", server.mirror("stall-inside-the-body")]
    with subprocess.Popen(command, cwd=REPOSITORY, stderr=subprocess.PIPE) as process:
        while not (cache.raw("mnist").exists() and list(cache.raw("mnist").iterdir())):
            assert process.poll() is None
            time.sleep(0.01)
        process.send_signal(number)
        assert process.wait(5) == code
        assert process.stderr.read() == b""
    assert contents(cache.raw("mnist")) == {}
