"""Download of one file over http or https, resumed after a broken connection.

A process resumes only its current transfer, never a part that another process left on disk.

Source: RFC 9110, sections 13.1.5 (If-Range), 14.2 (Range), 14.4 (Content-Range).
"""

import hashlib
import re
import time
from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from pipeline.download.mirrors import CHUNK_BYTES, MirrorError, StaleError

if TYPE_CHECKING:
    import requests

CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 20.0  # seconds of silence
ATTEMPTS = 3  # in a row without progress
FIRST_WAIT = 0.5  # seconds before the second attempt; doubled each time
MAX_WAIT = 10.0  # seconds, even if Retry-After is longer
MAX_REDIRECTS = 5
PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
USER_AGENT = "mnist-neural-net"


class Transfer:
    """A file in transfer: the bytes received so far, and how to request the rest."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.size = 0  # bytes received
        self.was_resumed = False
        self._sha256 = hashlib.sha256()  # of what was received
        self._etag = ""
        self._total = 0  # bytes of the whole file; 0 until the server states it

    def chunks(self) -> Iterator[bytes]:
        """Yield the file's bytes as sent, over one or more connections.

        Raises: MirrorError for any failure, with `may_pass` if it may be temporary; StaleError if
        the file changed between two connections.
        """
        import requests

        failures = 0
        with requests.Session() as session:
            while True:
                before = self.size
                try:
                    yield from self._one_connection(session)
                    return
                except MirrorError as error:
                    failures = 1 if self.size - before >= CHUNK_BYTES else failures + 1
                    if not error.may_pass or failures == ATTEMPTS:
                        raise
                    wait = max(FIRST_WAIT * 2 ** (failures - 1), error.retry_after)
                time.sleep(min(wait, MAX_WAIT))

    def _one_connection(self, session: "requests.Session") -> Iterator[bytes]:
        """Yield the part of the rest that one connection delivers."""
        import requests
        from urllib3.exceptions import HTTPError, IncompleteRead

        try:
            with open_response(session, self.url, self._range()) as response:
                known = self._check_part(response)
                received = raw_chunks(response)
                for chunk in self._new(received, self.size) if known == 0 else received:
                    self._sha256.update(chunk)
                    self.size += len(chunk)
                    yield chunk
            is_cut = self.size < self._total
        except ValueError as error:  # a redirect to an invalid address
            raise MirrorError(describe_failure(error)) from error
        except (requests.RequestException, HTTPError, OSError) as error:
            is_cut = any(isinstance(argument, IncompleteRead) for argument in error.args)
            if not is_cut:
                # a server that sent no byte at all is not tried again
                may_pass = self.size > 0 or not isinstance(error, requests.Timeout)
                raise MirrorError(describe_failure(error), may_pass) from error
        if is_cut:
            whole = f"{self._total:,}" if self._total else "an unknown number of"
            raise MirrorError(f"cut off after {self.size:,} of {whole} bytes", may_pass=True)

    def _range(self) -> dict[str, str]:
        """Return the headers that request the missing part, if the file is unchanged."""
        if self.size == 0:
            return {}
        self.was_resumed = True
        return {"Range": f"bytes={self.size}-"} | ({"If-Range": self._etag} if self._etag else {})

    def _check_part(self, response: "requests.Response") -> int:
        """Return the position where a response begins: 0, or the bytes received.

        Raises: StaleError if it belongs to another file, or is another part.
        """
        etag, start = response.headers.get("ETag", ""), 0
        total = whole_number(response.headers.get("Content-Length", ""))
        if response.status_code == 206:
            content_range = response.headers.get("Content-Range", "")
            part = re.fullmatch(r"bytes (\d{1,15})-\d{1,15}/(\d{1,15}|\*)", content_range)
            start = int(part[1]) if part else -1
            if part is None or start != self.size:
                found = f"returned {content_range!r}"
                raise StaleError(f"{found}; expected the rest from byte {self.size:,}")
            total = whole_number(part[2]) or self._total
        is_other = self._etag and etag != self._etag
        if self.size and (is_other or (self._total and total != self._total)):
            raise StaleError("the file changed while it was received")
        # a weak tag guarantees the same meaning, not the same bytes
        self._etag = "" if etag.startswith("W/") else etag
        self._total = total
        return start

    def _new(self, chunks: Iterator[bytes], known: int) -> Iterator[bytes]:
        """Skip the bytes already received, if a server restarts the file.

        Raises: StaleError if they differ from the received ones.
        """
        again = hashlib.sha256()
        for chunk in chunks:
            old, new = chunk[:known], chunk[known:]
            again.update(old)
            known -= len(old)
            if known == 0 and old and again.digest() != self._sha256.digest():
                raise StaleError("the file changed while it was received")
            if new:
                yield new


def raw_chunks(response: "requests.Response") -> Iterator[bytes]:
    """Yield the bytes of each read of the socket, not decoded."""
    while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
        yield chunk


def whole_number(header: str) -> int:
    """Return the count in a header; 0 if it is not a count."""
    return int(header) if re.fullmatch(r"[0-9]{1,15}", header) else 0


def open_response(
    session: "requests.Session", url: str, headers: dict[str, str]
) -> "requests.Response":
    """Request an address, and follow redirects, but never from https to http.

    Raises: MirrorError for every status except 200, and 206 if a part was requested.
    """
    wanted = (200, 206) if "Range" in headers else (200,)
    for _ in range(MAX_REDIRECTS):
        response = session.get(
            url,
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity", **headers},
        )
        if response.status_code in wanted:
            return response
        response.close()
        if response.status_code == 416 and "Range" in headers:
            raise StaleError("the file became shorter while it was received")
        if not response.is_redirect:
            raise MirrorError(
                f"returned {response.status_code} {response.reason}",
                may_pass=response.status_code in PASSING_STATUS,
                retry_after=whole_number(response.headers.get("Retry-After", "")),
            )
        target = urljoin(url, response.headers["Location"])
        if urlsplit(target).scheme != "https" and urlsplit(url).scheme == "https":
            raise MirrorError(f"redirects from https to {target}")
        url = target
    raise MirrorError(f"redirects more than {MAX_REDIRECTS} times")


def describe_failure(error: Exception) -> str:
    """Return why a connection failed: the innermost, most specific reason."""
    while isinstance(reason := getattr(error, "reason", None) or first_argument(error), Exception):
        error = reason
    text = re.sub(r"^<?[\w.]*Connection\b.*?: |\[Errno -?\d+\] ", "", str(error))
    return text or type(error).__name__


def first_argument(error: Exception) -> object:
    """Return the first argument of an exception: the one that it wraps, if any."""
    return error.args[0] if error.args else None
