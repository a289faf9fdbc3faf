"""Mirrors: addresses, local folders, and transfers with a time limit."""

import contextlib
import queue
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeAlias
from urllib.parse import urlsplit
from urllib.request import url2pathname

from pipeline.errors import UsageError, printable

CHUNK_BYTES = 1 << 16
GRACE = 60.0  # seconds allowed for a file of any size, so that a slow drip also ends ...
MIN_BYTES_PER_SECOND = 20_000  # ... plus the time that this speed takes, for large files
LOOK_EVERY = 0.1  # seconds between two checks of the stop request


Relay: TypeAlias = "queue.Queue[bytes | Exception | None]"  # None: the end


class MirrorError(Exception):
    """A failure of one mirror; the next one may succeed."""

    def __init__(self, reason: str, may_pass: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(printable(reason))
        self.may_pass = may_pass  # another attempt at the same mirror may succeed
        self.retry_after = retry_after  # seconds


class StaleError(MirrorError):
    """A mismatch of the parts received before and after an interruption."""


def check_mirror(mirror: str) -> str:
    """Require an http, https or file address, and return it with a final slash.

    Raises: UsageError.
    """
    try:
        scheme = urlsplit(mirror).scheme
    except ValueError:
        scheme = ""
    if scheme not in ("http", "https", "file"):
        raise UsageError(
            f'mirror "{mirror}" is not an address; expected https://..., http://... or file:///...',
            "A folder is written file:///home/me/mnist/",
        )
    return mirror if mirror.endswith("/") else mirror + "/"


def is_local(mirror: str) -> bool:
    """Return whether this is a folder on this machine."""
    return urlsplit(mirror).scheme == "file"


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


def longest_time(size: int) -> float:
    """Return the time limit in seconds for a file of `size` bytes."""
    return GRACE + size / MIN_BYTES_PER_SECOND


def with_deadline(
    chunks: Iterator[bytes], seconds: float, stop: threading.Event
) -> Iterator[bytes]:
    """Yield chunks that a thread receives, and stop after `seconds`.

    A socket's time-out restarts with every byte, and looking up a host name has none. This limit
    holds for both. Once `stop` is set, it stops at once.

    Raises: MirrorError, and the errors of `chunks`.
    """
    deadline = time.monotonic() + seconds
    relay: Relay = queue.Queue(maxsize=8)
    is_over = threading.Event()
    threading.Thread(target=receive_all, args=(chunks, relay, is_over), daemon=True).start()
    try:
        while not stop.is_set():
            left = deadline - time.monotonic()
            if left <= 0:
                raise MirrorError(f"not finished after {seconds:.0f} s")
            with contextlib.suppress(queue.Empty):
                item = relay.get(timeout=min(left, LOOK_EVERY))
                if item is None:
                    return
                if isinstance(item, Exception):
                    raise item
                yield item
        raise MirrorError("stopped")
    finally:
        is_over.set()


def receive_all(chunks: Iterator[bytes], relay: Relay, is_over: threading.Event) -> None:
    """Put each chunk, or a final error, into the relay until `is_over` is set."""

    def offer(item: bytes | Exception | None) -> None:
        while not is_over.is_set():
            with contextlib.suppress(queue.Full):
                return relay.put(item, timeout=LOOK_EVERY)
        raise GeneratorExit

    with contextlib.suppress(GeneratorExit), contextlib.closing(chunks):  # type: ignore[type-var]
        try:
            for chunk in chunks:
                offer(chunk)
        except Exception as error:  # noqa: BLE001 - raised again in the waiting thread
            offer(error)
        else:
            offer(None)
