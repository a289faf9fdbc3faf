"""The token of a lab: who has its address as it was printed may use it, and nobody else.

A server on 127.0.0.1 answers every user of the machine, and every program. So the lab makes up a
secret, prints it in its address, and the page keeps it in a cookie. Programs may send it in a
header, as in `Authorization: Bearer TOKEN`.

Source: RFC 6265bis, section 5.6 (HttpOnly, SameSite); RFC 6750, section 2.1 (Bearer).
"""

import hmac
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import parse_qsl, urlencode

from starlette.responses import JSONResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import Scope

TOKEN_BYTES = 24
WHERE = (
    "this lab needs its token; open the address that `network lab` printed, with ?token= at its end"
)


def make_token() -> str:
    """Make up a token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class TokenCheck:
    """Who may use a lab."""

    token: str

    def respond(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """Return the answer to who has no token, or to a page that brings it; None lets pass."""
        query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
        is_page = not scope["path"].startswith("/api")
        if is_page and any(name == "token" and self.fits(value) for name, value in query):
            rest = urlencode([(name, value) for name, value in query if name != "token"])
            return self.welcome(scope, rest)
        if any(map(self.fits, list_tokens(scope, headers, query))):
            return None
        if is_page:
            return PlainTextResponse(f"{WHERE[0].upper()}{WHERE[1:]}.\n", 403)
        return JSONResponse({"error": {"message": WHERE, "hint": "", "field": ""}}, 403)

    def fits(self, given: str) -> bool:
        """Compare a token in a time that does not depend on how much of it is right."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def welcome(self, scope: Scope, query: str) -> Response:
        """Let the browser keep the token, and take it out of the address."""
        path = "/" + scope["path"].lstrip("/")  # two of them would begin another host's address
        answer = RedirectResponse(f"{path}?{query}" if query else path, 303)
        answer.set_cookie(cookie_name(scope), self.token, httponly=True, samesite="strict")
        return answer


def list_tokens(
    scope: Scope, headers: dict[str, str], query: list[tuple[str, str]]
) -> Iterator[str]:
    """List the tokens that a request brings: in its address, a cookie or a header."""
    yield from (value for name, value in query if name == "token")
    for cookie in headers.get("cookie", "").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == cookie_name(scope):
            yield value
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        yield value.strip()


def cookie_name(scope: Scope) -> str:
    """Name the cookie of a lab: browsers keep those of all ports of a host together."""
    return f"lab-token-{(scope.get('server') or ('', 0))[1]}"
