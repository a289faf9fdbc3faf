"""Serving of the lab: bind a port, format the address, stop on request."""

import errno
import logging
import os
import socket
import sys
import time
import webbrowser
from collections.abc import Callable
from threading import Thread
from typing import TypeVar

import uvicorn
from starlette.types import ASGIApp

from network.lab.patience import PatientProtocol
from pipeline.errors import UsageError

Closed = TypeVar("Closed")

USUAL_PORT = 8765
GRACE = 1  # seconds for pending responses when the lab ends


def bind(host: str, port: int | None) -> socket.socket:
    """Bind a port: the given one, or the usual one, or a free one if that is in use.

    Raises: UsageError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    wanted = USUAL_PORT if port is None else port
    try:
        bound = socket.create_server((host, wanted), family=family)
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # else 40 ms per response
    except (OSError, UnicodeError) as error:
        if port is None and getattr(error, "errno", 0) == errno.EADDRINUSE:
            return bind(host, 0)
        reason = str(getattr(error, "strerror", None) or error).split(" (while ")[0]
        problem = f"cannot listen on port {wanted} of {host}: {reason}"
        raise UsageError(problem, "Choose another --port or --host") from error
    return bound


def page_address(bound: socket.socket, token: str | None = None) -> str:
    """Return the address to open in a browser, including the token."""
    host, port = bound.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
    address = f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
    return address if token is None else f"{address}?token={token}"


def serve(
    app: ASGIApp, bound: socket.socket, requested: Callable[[], int], close: Callable[[], Closed]
) -> Closed:
    """Run the server until a signal requests its end; then call `close`.

    Returns: the result of `close`.
    """
    config = uvicorn.Config(
        app, log_level="error", access_log=False, server_header=False, proxy_headers=False,
        ws="none", lifespan="off", timeout_graceful_shutdown=GRACE, http=PatientProtocol,
    )  # fmt: skip
    server = uvicorn.Server(config)
    # hide errors about responses that are cut off at the end
    logging.getLogger("uvicorn.error").addFilter(lambda record: not server.should_exit)
    thread = Thread(target=server.run, kwargs={"sockets": [bound]}, name="server", daemon=True)
    thread.start()
    while thread.is_alive() and not requested():
        time.sleep(0.05)
    server.should_exit = True
    closed = close()
    thread.join()
    return closed


def open_browser(address: str) -> bool:
    """Open the page in the user's browser, and return whether that worked."""
    has_display = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    if sys.platform.startswith("linux") and not has_display:
        return False
    try:
        return webbrowser.open(address)
    except webbrowser.Error:
        return False
