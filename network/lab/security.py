"""Security of the lab: checks of Host, Origin and token, size limits, and headers.

A page on any web site can make the browser of a visitor send requests to a server on the machine of
that visitor. So a request must name this server as its Host, which excludes foreign domain names
that resolve to this machine, and its Origin, if the browser sends one, must be this page.

Source: OWASP, DNS rebinding; RFC 9110, section 7.2 (Host); RFC 6454, section 7 (Origin); W3C,
Content Security Policy Level 3; W3C, Fetch Metadata Request Headers, section 2.4.
"""

import asyncio
import ipaddress
import re
import socket
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from network.lab.token import TokenCheck

MAX_BODY_BYTES = 2_000_000  # of a request; a drawing has about ten thousand
BODY_SECONDS = 20.0  # for a body, which comes from this machine or one nearby
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "Cache-Control": "no-cache",
}


@dataclass(frozen=True)
class HostCheck:
    """A check of the Host header: only names of this machine, or the address in `host`."""

    host: str  # address that the server listens on

    def accepts_host(self, host: str) -> bool:
        """Return whether a request may name this host; for a wildcard, any IP address."""
        name = name_in(host)
        if name in LOOPBACK or name == self.host.lower():
            return True
        if is_wildcard(self.host):
            return is_address(name) or name == socket.gethostname().lower()
        return False

    def problem(self, headers: dict[str, str], is_api: bool) -> str:
        """Return the reason why a request is rejected, or an empty text."""
        host, origin = headers.get("host", ""), headers.get("origin")
        if not self.accepts_host(host):
            return f'the Host of the request is "{host[:100]}"; expected the address of this lab'
        if origin is not None and origin.lower() != f"http://{host.lower()}":
            return f'the request comes from "{origin[:100]}"; expected the address of this lab'
        if is_api and headers.get("sec-fetch-site", "none") not in {"same-origin", "none"}:
            return "the request comes from another web site"
        return ""


def name_in(host: str) -> str:
    """Return the name in a Host header: `[::1]:8000` -> `::1`; empty if it is invalid."""
    found = re.fullmatch(r"(?:\[([0-9a-f:.]+)\]|([^\[\]:]+))(?::\d{1,5})?", host.lower())
    return (found[1] or found[2]) if found else ""


def is_address(name: str) -> bool:
    """Return whether a host is an IP address, not a name."""
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def is_wildcard(host: str) -> bool:
    """Return whether an address means all addresses of the machine."""
    return is_address(host) and ipaddress.ip_address(host).is_unspecified


@dataclass(frozen=True)
class Security:
    """The outermost layer of the server: it rejects foreign requests and adds headers."""

    app: ASGIApp
    admission: HostCheck
    token: TokenCheck | None = None  # None: every program that reaches the lab can use it

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        headers = {
            name.decode("latin-1"): text.decode("latin-1") for name, text in scope["headers"]
        }

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                given = {name.lower() for name, _ in message["headers"]}
                message["headers"] = [*message["headers"], *(
                    (name.lower().encode(), text.encode())
                    for name, text in HEADERS.items()
                    if name.lower().encode() not in given
                )]  # fmt: skip
            await send(message)

        if problem := self.admission.problem(headers, scope["path"].startswith("/api")):
            rejection = JSONResponse({"error": {"message": problem, "hint": ""}}, 403)
            await rejection(scope, receive, send_with_headers)
            return
        if self.token and (response := self.token.respond(scope, headers)):
            await response(scope, receive, send_with_headers)
            return
        await self.app(scope, BodyLimit(receive), send_with_headers)


class BodyLimit:
    """The body of a request, limited in size and time regardless of its Content-Length.

    Raises: HTTPException 413 when the body is too large, 408 when it is too late.
    """

    def __init__(self, receive: Receive) -> None:
        self.receive, self.size, self.is_whole = receive, 0, False
        self.deadline = asyncio.get_running_loop().time() + BODY_SECONDS

    async def __call__(self) -> Message:
        message = await (self.receive() if self.is_whole else self.receive_in_time())
        self.is_whole = not message.get("more_body", False)
        self.size += len(message.get("body", b""))
        if self.size > MAX_BODY_BYTES:
            problem = f"the body of the request is larger than {MAX_BODY_BYTES:,} bytes"
            raise HTTPException(413, problem, {"Connection": "close"})  # without reading the rest
        return message

    async def receive_in_time(self) -> Message:
        """Receive the next piece of the body before the deadline."""
        try:
            async with asyncio.timeout_at(self.deadline):
                return await self.receive()
        except TimeoutError:
            problem = f"the body of the request did not arrive within {BODY_SECONDS:g} s"
            raise HTTPException(408, problem, {"Connection": "close"}) from None
