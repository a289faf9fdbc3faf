"""Downloads from faulty servers give the published file or change nothing."""

import dataclasses
import os
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import threading
import time

import pytest

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.download import http, mirrors
from pipeline.download.fetch import fetch_dataset
from pipeline.download.mirrors import longest_time
from pipeline.errors import DownloadError, MissingError, UsageError
from pipeline.storage.cache import Cache
from tests.support.checkout import RAW, REPOSITORY
from tests.support.mirror_server import (
    MISBEHAVIOUR,
    SLOW,
    Server,
    answer,
    broken_off,
    part,
    redirect,
    status,
)
from tests.support.pace import PATIENCE
from tests.support.tiny_dataset import fill, make_dataset


@pytest.fixture
def tiny():
    dataset, files = make_dataset()
    return dataclasses.replace(dataset, splits={"train": dataset.splits["train"]}), files


@pytest.fixture
def server(tiny, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(http, "FIRST_WAIT", 0.01)
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


R1 = "R1: {cases} ways for a server to misbehave, {wrong} that did not end as they should"


def check_misbehaviour(case, server, tiny, cache):
    """Alone it fails and changes nothing; with a good mirror after it, it succeeds."""
    (_, message, asked), (dataset, files) = {**MISBEHAVIOUR, **SLOW}[case], tiny
    bad, good = server.mirror(case), server.mirror("good")
    name = dataset.files[0].name
    fill(cache, dataset, {name: b"old", dataset.files[1].name: files[dataset.files[1].name]})
    before = contents(cache.raw("tiny"))
    first_line = f"cannot download {name}: every mirror failed"
    with pytest.raises(DownloadError, match=first_line) as caught:
        fetch_dataset(cache, dataset, (bad,))
    line = caught.value.message.removeprefix(f"{first_line} (").removesuffix(")")
    assert line.startswith(f"{bad}: ")
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
    case, server, tiny, cache, figure, amount
):
    for _ in range(amount(1, 10)):
        shutil.rmtree(cache.root, ignore_errors=True)
        server.asked.clear()
        check_misbehaviour(case, server, tiny, cache)
        figure(R1, cases=1, wrong=0)


@pytest.mark.slow
@pytest.mark.parametrize("case", SLOW)
def test_a_mirror_that_is_too_slow_is_given_up(case, server, tiny, cache, monkeypatch, figure):
    monkeypatch.setattr(http, "READ_TIMEOUT", 0.4)  # enough for a good mirror
    monkeypatch.setattr(mirrors, "GRACE", 1.5)
    check_misbehaviour(case, server, tiny, cache)  # the server continues until the test ends
    figure(R1, cases=1, wrong=0)


def test_a_good_mirror_is_asked_once_for_each_file_and_compresses_nothing(server, tiny, cache):
    dataset, files = tiny
    fetch_dataset(cache, dataset, (server.mirror("good"),))
    assert sorted(name for _, name, _ in server.asked) == sorted(f.name for f in dataset.files)
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
    with pytest.raises(DownloadError, match="every mirror failed"):
        fetch_dataset(cache, dataset, (server.mirror("html"),), force=True)
    assert contents(cache.raw("tiny")) == before


@pytest.mark.parametrize("failure", ["500", "503", "reset", "short"])
def test_a_failure_that_passes_is_tried_again_at_the_same_mirror(failure, server, tiny, cache):
    fail, times = MISBEHAVIOUR[failure][0], iter(range(99))
    server.behaviours["passing"] = lambda *it: fail(*it) if next(times) < 2 else answer(*it)
    fetched = fetch_dataset(cache, tiny[0], (server.mirror("passing"),))
    assert [item.mirror for item in fetched] == [server.mirror("passing")] * 2
    # a reset leaves a beginning of another length, so both files may restart
    assert 4 <= server.count("passing") <= (6 if failure == "reset" else 4)


def test_the_server_says_how_long_to_wait_within_limits(server, tiny, cache, monkeypatch):
    monkeypatch.setattr(http, "MAX_WAIT", 0.1)
    server.behaviours["busy"] = status(503, Retry_After="3600")
    start = time.monotonic()
    with pytest.raises(DownloadError, match="returned 503"):
        fetch_dataset(cache, tiny[0], (server.mirror("busy"),))
    assert time.monotonic() - start >= 0.2  # twice the maximum; the server requested an hour


def test_every_mirror_that_failed_has_its_line(server, tiny, cache):
    mirrors = tuple(map(server.mirror, ("404", "html", "reset")))
    with pytest.raises(DownloadError, match="every mirror failed") as caught:
        fetch_dataset(cache, tiny[0], mirrors)
    places = [caught.value.message.index(f"{mirror}: ") for mirror in mirrors]
    assert places == sorted(places)
    assert "mirrors=" in caught.value.hint


def test_nobody_listening_is_one_more_failure(tiny, cache, monkeypatch):
    monkeypatch.setattr(http, "FIRST_WAIT", 0.01)
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
    with pytest.raises(DownloadError, match=rf"\({folder}/: "):
        fetch_dataset(cache, tiny[0], (folder,))


@pytest.mark.parametrize("mirror", ["/home/me/mnist", "ftp://host/", "", "mnist", "http://[::1"])
def test_what_is_no_address_is_refused(mirror, tiny, cache):
    with pytest.raises(UsageError, match="is not an address; expected https://") as caught:
        fetch_dataset(cache, tiny[0], (mirror,))
    assert "file:///" in caught.value.hint


def test_another_cache_is_filled_from_the_copy_in_the_checkout(cache):
    fetched = fetch_dataset(cache, MNIST)  # no mirror on the internet is used
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
        assert process.wait(PATIENCE) == code
        assert process.stderr.read() == b""
    assert contents(cache.raw("mnist")) == {}


def test_several_files_are_fetched_at_once(server, cache):
    dataset, files = make_dataset()  # of four files
    server.files, together = files, threading.Barrier(4, timeout=PATIENCE)

    def answer_together(handler, data):
        together.wait()  # for three others, which would break if there were not four
        answer(handler, data)

    server.behaviours["together"] = answer_together
    fetch_dataset(cache, dataset, (server.mirror("together"),))
    assert contents(cache.raw("tiny")) == files


def test_one_file_that_is_nowhere_does_not_keep_the_others_from_arriving(server, cache):
    dataset, files = make_dataset()
    absent = dataset.files[1].name
    server.files = {name: data for name, data in files.items() if name != absent}
    with pytest.raises(DownloadError, match=f"cannot download {absent}: every mirror failed"):
        fetch_dataset(cache, dataset, (server.mirror("good"),))
    assert contents(cache.raw("tiny")) == server.files


def test_all_together_may_not_take_longer_than_the_user_says(server, tiny, cache):
    start = time.monotonic()
    with pytest.raises(DownloadError, match="not finished after 0 s"):
        fetch_dataset(cache, tiny[0], (server.mirror("stall-inside-the-body"),), seconds=0.3)
    assert time.monotonic() - start >= 0.3  # and the server still stalls
    assert contents(cache.raw("tiny")) == {}


def test_a_large_file_may_take_longer_than_a_small_one():
    hour = 3600  # seconds
    assert 60 <= longest_time(5_000) < 61
    assert hour < longest_time(561_753_746) < 12 * hour


def test_a_file_that_changes_midway_is_fetched_once_more_from_its_beginning(server, tiny, cache):
    dataset, files = tiny
    answers = iter([broken_off, lambda h, data: part(h, data, etag='"2"')])
    lock = threading.Lock()

    def changing(handler, data):
        with lock:
            now = next(answers, answer) if handler.path.endswith("images.gz") else answer
        now(handler, data)

    server.behaviours["changing"] = changing
    fetched = fetch_dataset(cache, dataset, (server.mirror("changing"),))
    assert {item.mirror for item in fetched} == {server.mirror("changing")}
    assert contents(cache.raw("tiny")) == {file.name: files[file.name] for file in dataset.files}


def test_offline_asks_no_server(server, tiny, cache, tmp_path):
    dataset, files = tiny
    both = (server.mirror("good"), tmp_path.as_uri())
    with pytest.raises(DownloadError, match=r"cannot download \S+: every mirror failed \(file://"):
        fetch_dataset(cache, dataset, both, offline=True)
    with pytest.raises(MissingError, match="none can be fetched offline") as caught:
        fetch_dataset(cache, dataset, both[:1], offline=True)
    assert "file:///" in caught.value.hint
    for file in dataset.files:
        (tmp_path / file.name).write_bytes(files[file.name])
    fetched = fetch_dataset(cache, dataset, both, offline=True)
    assert {item.mirror for item in fetched} == {tmp_path.as_uri() + "/"}
    assert {item.status for item in fetch_dataset(cache, dataset, offline=True)} == {"intact"}
    assert server.asked == []


@pytest.mark.parametrize("offline", [True, False])
def test_the_advice_after_folders_that_failed_does_not_name_the_network(tmp_path, offline):
    cache, mirror = Cache(tmp_path, "test"), (tmp_path / "usb").as_uri()
    with pytest.raises(DownloadError) as caught:
        fetch_dataset(cache, "kmnist", [mirror], offline=offline)
    expected = "Go online, or name the folder that has these files with "
    assert caught.value.hint == expected + 'fetch_dataset(..., mirrors=["file:///..."])'


def test_the_advice_after_servers_that_failed_names_the_network(tmp_path):
    with pytest.raises(DownloadError) as caught:
        fetch_dataset(Cache(tmp_path, "test"), "kmnist", ["http://127.0.0.1:9/"])
    assert caught.value.hint.startswith("Check the network, or name another mirror with ")


def test_a_proxy_is_used_as_the_environment_says(server, tiny, cache, monkeypatch):
    dataset, files = tiny
    monkeypatch.delenv("NO_PROXY")
    monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{server.server_port}")
    fetch_dataset(cache, dataset, ("http://mirror.invalid/good/",))
    assert contents(cache.raw("tiny")) == {file.name: files[file.name] for file in dataset.files}
    assert server.count("good") == len(dataset.files)


def test_a_data_set_of_the_users_own_cannot_be_fetched(tiny, cache):
    own = dataclasses.replace(tiny[0], mirrors=(), source="/home/me/scans")
    with pytest.raises(MissingError, match="tiny is your dataset") as caught:
        fetch_dataset(cache, own)
    assert caught.value.hint == "Run import_dataset(...) again; it came from /home/me/scans"
