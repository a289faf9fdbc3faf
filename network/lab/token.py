"""The token of a lab: only users with the printed address have access.

Every user and program of a machine can reach a server on 127.0.0.1. So the lab generates a secret
and prints it in its address, and the browser keeps it in a cookie. Programs can send it in a
header: `Authorization: Bearer TOKEN`.

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
    "the token is missing or not valid; open the address that `network lab` printed (?token=...)"
)


def make_token() -> str:
    """Return a random token."""
    return secrets.token_urlsafe(TOKEN_BYTES)


@dataclass(frozen=True)
class TokenCheck:
    """A check of the token of a request."""

    token: str

    def respond(self, scope: Scope, headers: dict[str, str]) -> Response | None:
        """Return an error without a token, or a redirect that stores it; None accepts."""
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
        """Return whether a token is correct, compared in constant time."""
        return hmac.compare_digest(given.encode(), self.token.encode())

    def welcome(self, scope: Scope, query: str) -> Response:
        """Redirect to the address without the token, which the browser keeps in a cookie."""
        path = "/" + scope["path"].lstrip("/")  # "//" would start the address of another host
        response = RedirectResponse(f"{path}?{query}" if query else path, 303)
        response.set_cookie(cookie_name(scope), self.token, httponly=True, samesite="strict")
        return response


def list_tokens(
    scope: Scope, headers: dict[str, str], query: list[tuple[str, str]]
) -> Iterator[str]:
    """Yield the tokens of a request: from its address, its cookies and a header."""
    yield from (value for name, value in query if name == "token")
    for cookie in headers.get("cookie", "").split(";"):
        name, _, value = cookie.strip().partition("=")
        if name == cookie_name(scope):
            yield value
    kind, _, value = headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        yield value.strip()


def cookie_name(scope: Scope) -> str:
    """Return the name of the cookie, with the port, because cookies ignore ports."""
    return f"lab-token-{(scope.get('server') or ('', 0))[1]}"
