"""Receive the bytes behind a mirror's address, whatever the mirror does."""

import contextlib
import queue
import re
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit
from urllib.request import url2pathname

from pipeline.errors import UsageError, printable

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 1 << 16
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 30.0  # seconds of silence
DEADLINE = 600.0  # seconds for one file from one mirror, so that a drip ends too
MAX_REDIRECTS = 5
PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
USER_AGENT = "mnist-neural-net"


class MirrorError(Exception):
    """One mirror failed; the next may do better."""

    def __init__(self, reason: str, may_pass: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(printable(reason))
        self.may_pass = may_pass  # worth another attempt at the same mirror
        self.retry_after = retry_after  # seconds


def check_mirror(mirror: str) -> str:
    """Accept an http, https or file address of a folder.

    Raises: UsageError.
    """
    try:
        scheme = urlsplit(mirror).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https", "file"):
        raise UsageError(
            f"mirror {mirror!r} is no address, expected https://..., http://... or file:///...",
            "A folder is written file:///home/me/mnist/",
        )
    return mirror if mirror.endswith("/") else mirror + "/"


def receive(url: str) -> Iterator[bytes]:
    """Yield the bytes behind an address.

    Raises: MirrorError.
    """
    if urlsplit(url).scheme == "file":
        return receive_local(url)
    return with_deadline(receive_http(url), DEADLINE)


def receive_local(url: str) -> Iterator[bytes]:
    """Yield the bytes of a file:// address.

    Raises: MirrorError.
    """
    path = Path(url2pathname(urlsplit(url).path))
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except (OSError, ValueError) as error:  # ValueError: a path with a null byte
        raise MirrorError(f"{path}: {getattr(error, 'strerror', None) or error}") from error


def receive_http(url: str) -> Iterator[bytes]:
    """Yield the bytes of an http or https address exactly as they were sent.

    Raises: MirrorError for any failure, saying whether it may pass.
    """
    import requests
    from urllib3.exceptions import HTTPError

    size = 0
    try:
        with requests.Session() as session, open_response(session, url) as response:
            # read1 returns what one read of the socket gave, and nothing decodes it behind us
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
                size += len(chunk)
                yield chunk
            promised = response.headers.get("Content-Length", "")
    except ValueError as error:  # a redirect to what is no address
        raise MirrorError(describe_failure(error)) from error
    except (requests.RequestException, HTTPError, OSError) as error:
        raise MirrorError(describe_failure(error), may_pass=True) from error
    if size < whole_number(promised):
        raise MirrorError(f"cut off after {size:,} of {promised} bytes", may_pass=True)


def with_deadline(chunks: Iterator[bytes], seconds: float) -> Iterator[bytes]:
    """Hand on chunks that are received in a thread, and give up when the time is over.

    A time-out of a socket starts anew with every byte, and looking a name up has none; whatever
    the thread waits for, this does not wait longer.

    Raises: MirrorError, and whatever `chunks` raises.
    """
    deadline = time.monotonic() + seconds
    relay: queue.Queue[bytes | Exception | None] = queue.Queue(maxsize=8)
    is_over = threading.Event()

    def offer(item: bytes | Exception | None) -> None:
        while not is_over.is_set():
            with contextlib.suppress(queue.Full):
                return relay.put(item, timeout=0.1)
        raise GeneratorExit  # nobody waits for more

    def receive_all() -> None:
        with contextlib.suppress(GeneratorExit), contextlib.closing(chunks):  # type: ignore[type-var]
            try:
                for chunk in chunks:
                    offer(chunk)
            except Exception as error:  # noqa: BLE001 - raised again where somebody waits for it
                offer(error)
            else:
                offer(None)

    threading.Thread(target=receive_all, daemon=True).start()
    try:
        while (item := relay.get(timeout=max(0.0, deadline - time.monotonic()))) is not None:
            if isinstance(item, Exception):
                raise item
            yield item
    except queue.Empty:
        raise MirrorError(f"not finished after {seconds:.0f} s") from None
    finally:
        is_over.set()


def whole_number(header: str) -> int:
    """Read a header that should be a count; 0 for anything else."""
    return int(header) if re.fullmatch(r"[0-9]{1,15}", header) else 0


def open_response(session: "requests.Session", url: str) -> "requests.Response":
    """Ask for an address, following redirects but never from https to http.

    Raises: MirrorError for every answer but 200.
    """
    for _ in range(MAX_REDIRECTS):
        response = session.get(
            url,
            stream=True,
            allow_redirects=False,
            timeout=(CONNECT_TIMEOUT, READ_TIMEOUT),
            headers={"User-Agent": USER_AGENT, "Accept-Encoding": "identity"},
        )
        if response.status_code == 200:
            return response
        response.close()
        if not response.is_redirect:
            raise MirrorError(
                f"answered {response.status_code} {response.reason}",
                may_pass=response.status_code in PASSING_STATUS,
                retry_after=whole_number(response.headers.get("Retry-After", "")),
            )
        target = urljoin(url, response.headers["Location"])
        if urlsplit(target).scheme != "https" and urlsplit(url).scheme == "https":
            raise MirrorError(f"redirects from https to {target}")
        url = target
    raise MirrorError(f"redirects more than {MAX_REDIRECTS} times")


def describe_failure(error: Exception) -> str:
    """Say why a connection failed: the innermost reason, which is the one that helps."""
    while isinstance(reason := getattr(error, "reason", None) or first_argument(error), Exception):
        error = reason
    text = str(error).split(": ", 1)[-1] if "object at 0x" in str(error) else str(error)
    return text or type(error).__name__


def first_argument(error: Exception) -> object:
    """What an exception wraps, where it wraps one."""
    return error.args[0] if error.args else None
