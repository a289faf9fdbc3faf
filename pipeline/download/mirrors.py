"""Receive the bytes behind a mirror's address, whatever the mirror does."""

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
GRACE = 60.0  # seconds that a file may take, however small, so that a drip ends too ...
MIN_BYTES_PER_SECOND = 20_000  # ... and bytes a second on top of that, for large ones
LOOK_EVERY = 0.1  # seconds between two looks whether somebody wants to stop


Relay: TypeAlias = "queue.Queue[bytes | Exception | None]"  # None: that was all


class MirrorError(Exception):
    """One mirror failed; the next may do better."""

    def __init__(self, reason: str, may_pass: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(printable(reason))
        self.may_pass = may_pass  # worth another attempt at the same mirror
        self.retry_after = retry_after  # seconds


class StaleError(MirrorError):
    """What was received before an interruption does not fit what comes after it."""


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
            f'mirror "{mirror}" is not an address; expected https://..., http://... or file:///...',
            "A folder is written file:///home/me/mnist/",
        )
    return mirror if mirror.endswith("/") else mirror + "/"


def is_local(mirror: str) -> bool:
    """Is this a folder on this machine?"""
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
    """Return the seconds that a file of so many bytes may take."""
    return GRACE + size / MIN_BYTES_PER_SECOND


def with_deadline(
    chunks: Iterator[bytes], seconds: float, stop: threading.Event
) -> Iterator[bytes]:
    """Hand on chunks that are received in a thread, and give up when the time is over.

    A time-out of a socket starts anew with every byte, and looking a name up has none; whatever
    the thread waits for, this does not wait longer. Once `stop` is set it waits no more at all.

    Raises: MirrorError, and whatever `chunks` raises.
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
    """Put every chunk into the relay, or the error that ended them, until nobody waits for more."""

    def offer(item: bytes | Exception | None) -> None:
        while not is_over.is_set():
            with contextlib.suppress(queue.Full):
                return relay.put(item, timeout=LOOK_EVERY)
        raise GeneratorExit

    with contextlib.suppress(GeneratorExit), contextlib.closing(chunks):  # type: ignore[type-var]
        try:
            for chunk in chunks:
                offer(chunk)
        except Exception as error:  # noqa: BLE001 - raised again where somebody waits for it
            offer(error)
        else:
            offer(None)
