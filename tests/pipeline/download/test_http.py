"""A download resumes after a broken connection, if the rest fits the beginning."""

import threading
from itertools import chain, pairwise, repeat

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.download import http
from pipeline.download.http import ATTEMPTS, CHUNK_BYTES, Transfer
from pipeline.download.mirrors import MirrorError, StaleError
from tests.support.mirror_server import Server, answer, broken_off, changed, part, status, then

DATA = bytes(range(256)) * 1_000
NAME = "file"


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setattr(http, "FIRST_WAIT", 0.001)


@pytest.fixture(scope="module")
def server():
    with Server({NAME: DATA}) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server
        server.shutdown()


def serve(server, *answers):
    """Serve the answers in order, and the last one again for further requests."""
    server.asked.clear()
    waiting = chain(answers, repeat(answers[-1]))

    def answer_next(handler, data):
        next(waiting)(handler, data)

    server.behaviours["listed"] = answer_next
    return Transfer(server.mirror("listed") + NAME)


def ranges(server):
    return [headers.get("Range") for _, _, headers in server.asked]


def cut_at(*places, etag='"1"'):
    """Send from the requested byte to the next of these places, and declare all."""

    def send(handler, data):
        wanted = handler.headers["Range"]
        start = int(wanted[6:-1]) if wanted else 0
        end = next((place for place in sorted(places) if place > start), len(data))
        promised = {"Content_Length": str(len(data) - start), "ETag": etag}
        if wanted:
            promised["Content_Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        answer(handler, data[start:end], 206 if wanted else 200, **promised)

    return send


@pytest.mark.parametrize("etag", ['"1"', None, 'W/"1"'])
def test_only_the_rest_is_asked_for(etag, server):
    one = serve(
        server,
        lambda h, data: broken_off(h, data, etag),
        lambda h, data: part(h, data, etag=etag),
    )
    assert b"".join(one.chunks()) == DATA
    assert ranges(server) == [None, f"bytes={len(DATA) // 2}-"]
    assert one.was_resumed
    # a weak tag does not guarantee the same bytes, so it is not a condition
    assert server.asked[1][2].get("If-Range") == ('"1"' if etag == '"1"' else None)


@given(places=st.sets(st.integers(1, len(DATA) - 1), max_size=6))
def test_however_often_it_breaks_the_bytes_are_the_same(places, server):
    serve(server, cut_at(*places))
    one = Transfer(server.mirror("listed") + NAME)
    worth = sorted({0, len(DATA), *places})
    steps = [later - earlier for earlier, later in pairwise(worth)]
    if is_given_up(steps[:-1]):
        with pytest.raises(MirrorError, match=r"cut off after .* of 256,000 bytes"):
            b"".join(one.chunks())
    else:
        assert b"".join(one.chunks()) == DATA
        assert [text for text in ranges(server) if text] == [f"bytes={it}-" for it in worth[1:-1]]


def is_given_up(steps):
    """Three connections in a row with less than a chunk end the download."""
    failures = 0
    for step in steps:
        failures = 1 if step >= CHUNK_BYTES else failures + 1
        if failures == ATTEMPTS:
            return True
    return False


def test_a_server_without_ranges_sends_all_again_and_what_is_known_is_skipped(server):
    one = serve(server, broken_off, lambda h, data: answer(h, data, ETag='"1"'))
    assert b"".join(one.chunks()) == DATA
    assert len(server.asked) == 2


@pytest.mark.parametrize(
    "resumed",
    [
        lambda h, data: part(h, data, etag='"2"'),
        lambda h, data: part(h, data, start=0),
        lambda h, data: part(h, data, total=len(data) + 1),
        lambda h, data: answer(h, data, 206, ETag='"1"'),
        lambda h, data: answer(h, data, 200, ETag='"2"'),
        lambda h, data: answer(h, data + b"x", 200, ETag='"1"'),
        lambda h, data: answer(h, changed(data)[::-1], 200, ETag='"1"'),
        status(416),
    ],
    ids=["etag", "start", "total", "no range", "200 etag", "200 length", "200 bytes", "416"],
)
def test_a_rest_of_another_file_is_not_put_behind_the_beginning(resumed, server):
    one = serve(server, then(resumed))
    received = []
    with pytest.raises(StaleError):
        received.extend(one.chunks())
    assert DATA.startswith(b"".join(received))


def test_nothing_is_continued_that_another_process_left(server):
    serve(server, broken_off)
    with pytest.raises(MirrorError):
        b"".join(Transfer(server.mirror("listed") + NAME).chunks())
    one = serve(server, answer)
    assert b"".join(one.chunks()) == DATA
    assert ranges(server) == [None]
