"""A request that is sent by half does not hold a connection for ever."""

import socket
import threading
import time

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route

from network.lab import patience, security
from network.lab.security import HostCheck, Security
from network.lab.serve import bind, serve
from tests.support.pace import PATIENCE

HEAD = "POST / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nContent-Length: 10\r\n\r\n"
SHORT = 0.3  # seconds that the server waits in these tests


async def echo(request: Request) -> PlainTextResponse:
    return PlainTextResponse(await request.body())


@pytest.fixture
def port(request, monkeypatch):
    """The port of a server that has little patience, or as much as the test asks for."""
    seconds = getattr(request, "param", SHORT)
    monkeypatch.setattr(patience, "HEAD_SECONDS", seconds)
    monkeypatch.setattr(security, "BODY_SECONDS", seconds)
    app = Security(Starlette(routes=[Route("/", echo, methods=["POST"])]), HostCheck("127.0.0.1"))
    bound, is_over = bind("127.0.0.1", 0), threading.Event()
    thread = threading.Thread(target=serve, args=(app, bound, is_over.is_set, lambda: None))
    thread.start()
    yield bound.getsockname()[1]
    is_over.set()
    thread.join()


def connect(port):
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def receive_all(connection):
    """Receive until the server closes the connection."""
    return b"".join(iter(lambda: connection.recv(4096), b""))


@pytest.mark.parametrize("begun", [b"", b"POST", b"POST / HTTP/1.1\r\nHost: 127"])
def test_a_head_that_does_not_come_closes_the_connection(port, begun):
    with connect(port) as connection:
        connection.sendall(begun)
        assert receive_all(connection) == b""


def test_a_head_that_drips_closes_the_connection(port):
    def drip(connection):
        while True:
            connection.sendall(b"a")
            time.sleep(SHORT / 10)

    with connect(port) as connection, pytest.raises(ConnectionError):
        drip(connection)


def test_a_body_that_does_not_come_is_answered_in_one_line(port):
    with connect(port) as connection:
        connection.sendall(HEAD.format(port=port).encode() + b"half")
        answer = receive_all(connection).decode()
    assert answer.startswith("HTTP/1.1 408 ")
    assert "the body of the request did not arrive within 0.3 s" in answer


@pytest.mark.parametrize("port", [PATIENCE], indirect=True)
def test_a_request_in_several_pieces_is_answered_and_the_next_one_too(port):
    with connect(port) as connection:
        for _ in range(2):
            for piece in (HEAD.format(port=port)[:9], HEAD.format(port=port)[9:], "01234", "56789"):
                connection.sendall(piece.encode())
                time.sleep(SHORT / 10)
            answer = connection.recv(4096)
            while not answer.endswith(b"0123456789"):
                answer += connection.recv(4096)
            assert answer.startswith(b"HTTP/1.1 200 ")
