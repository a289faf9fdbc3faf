"""Fetch the files of a data set: try each mirror, verify, then put them in place."""

import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.records import Dataset, RawFile
from pipeline.datasets.registry import as_dataset
from pipeline.download.http import Transfer
from pipeline.download.mirrors import (
    MirrorError,
    StaleError,
    check_mirror,
    is_local,
    longest_time,
    receive_local,
    with_deadline,
)
from pipeline.download.raw_files import check_raw
from pipeline.errors import CorruptError, DownloadError, MissingError
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.arguments import checked
from pipeline.storage.cache import Cache, Digest, compute_digest, find_checkout, publish
from pipeline.storage.locks import work_lock

FILES_AT_ONCE = 4


class FetchedFile(NamedTuple):
    """One raw file that is now in the cache."""

    file: RawFile
    path: Path
    status: str  # "intact": it was there; "downloaded"
    mirror: str | None  # where it came from
    digest: Digest  # of the file as it is, which somebody may have zipped otherwise


@dataclass
class Fetch:
    """What the downloads of one data set share while they run side by side."""

    mirrors: tuple[str, ...]
    reporter: ProgressReporter
    advance: Callable[[int], None]
    deadline: float  # on the clock of time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def report_bytes(self, size: int) -> None:
        """Report more bytes, or fewer when a file begins again."""
        with self.lock:
            self.advance(size)


@checked
def fetch_dataset(
    cache: Cache,
    dataset: Dataset | str,
    mirrors: tuple[str, ...] = (),
    force: bool = False,
    offline: bool = False,
    seconds: float = float("inf"),
    reporter: ProgressReporter = SILENT,
) -> list[FetchedFile]:
    """Bring every raw file of a data set into the cache; those that are intact stay.

    Mirrors that the user names replace the ones that we know; `offline` leaves only folders of
    this machine. Other processes that fetch the same wait, and then find it there.

    Units: seconds for everything together; each file has its own limit besides, by its size.

    Raises: DownloadError with one line per mirror; what was in the cache is still there.
    MissingError when there is no mirror to ask.

    Example:
        >>> cache = find_cache()
        >>> fetched = fetch_dataset(cache, find_dataset(cache, "mnist-sample"))
        >>> [file.status for file in fetched]
        ['downloaded', 'downloaded', 'downloaded', 'downloaded']
    """
    dataset = as_dataset(cache, dataset)
    chosen = tuple(map(check_mirror, mirrors)) or known_mirrors(cache, dataset)
    if offline:
        chosen = tuple(filter(is_local, chosen))
    if not force and (intact := find_intact(cache, dataset)):
        return intact
    if not chosen:
        raise no_mirror(dataset, offline)
    deadline = time.monotonic() + seconds
    with work_lock(cache, f"fetch-{dataset.folder}", reporter):
        intact = [] if force else find_intact(cache, dataset, some=True)
        missing = [file for file in dataset.files if file not in {item.file for item in intact}]
        if missing:
            total = sum(file.size for file in missing)
            with reporter.progress(dataset.folder, total, "bytes") as advance:
                fetch = Fetch(chosen, reporter, advance, deadline)
                intact += fetch_side_by_side(cache.raw(dataset.folder), missing, fetch)
    return sorted(intact, key=lambda item: dataset.files.index(item.file))


def find_intact(cache: Cache, dataset: Dataset, some: bool = False) -> list[FetchedFile]:
    """Describe the raw files that need not be fetched; an empty list unless all, or `some`."""
    found = []
    for file in dataset.files:
        path = cache.raw(dataset.folder) / file.name
        try:
            check_raw(path, file)
        except (MissingError, CorruptError):
            if not some:
                return []
            continue
        found.append(FetchedFile(file, path, "intact", None, compute_digest(path)))
    return found


def known_mirrors(cache: Cache, dataset: Dataset) -> tuple[str, ...]:
    """The copy that the checkout carries, if it is not the cache itself, then the registry's."""
    checkout = find_checkout()
    embedded = checkout / "cache" / "raw" / dataset.folder if checkout else None
    if embedded is None or not embedded.is_dir() or embedded == cache.raw(dataset.folder):
        return dataset.mirrors
    return (embedded.as_uri() + "/", *dataset.mirrors)


def no_mirror(dataset: Dataset, offline: bool) -> MissingError:
    """Say that there is nobody to ask for the files."""
    if not dataset.mirrors:
        what = f"{dataset.name} is your dataset, and some of its raw files are missing or damaged"
        return MissingError(what, f"Run `pipeline import` again; it came from {dataset.source}")
    what = f"some raw files of {dataset.name} are missing, and none can be fetched"
    return MissingError(
        what + (" offline" if offline else ""),
        "Go online, or name a folder with --mirror file:///...",
    )


def fetch_side_by_side(folder: Path, files: list[RawFile], fetch: Fetch) -> list[FetchedFile]:
    """Fetch files several at once, and raise the first error in their order once all have ended."""
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        try:
            futures = [pool.submit(fetch_file, folder / file.name, file, fetch) for file in files]
            wait_for(futures)
        except BaseException:  # Ctrl-C, too: the threads stop at once and clear away
            fetch.stop.set()
            raise
    return [future.result() for future in futures]


def wait_for(futures: list[Future[FetchedFile]]) -> None:
    """Wait in short steps, for some systems deliver no signal during a long wait."""
    while not all(future.done() for future in futures):
        time.sleep(0.01)


def fetch_file(path: Path, file: RawFile, fetch: Fetch) -> FetchedFile:
    """Bring one raw file into the cache, from the first mirror that has the right one."""
    failures = []
    for mirror in fetch.mirrors:
        try:
            digest = try_mirror(mirror, file, path, fetch)
            return FetchedFile(file, path, "downloaded", mirror, digest)
        except MirrorError as error:
            failures.append(f"{mirror}: {error}")
            if fetch.stop.is_set():
                break
            if len(failures) < len(fetch.mirrors):
                fetch.reporter.note(f"{file.name}: trying the next mirror after {failures[-1]}")
    raise DownloadError(
        f"cannot download {file.name}: every mirror failed",
        "Check the network, or name a mirror with --mirror URL",
        *failures,
    )


def try_mirror(mirror: str, file: RawFile, path: Path, fetch: Fetch) -> Digest:
    """Publish the file from this mirror, once more from its beginning if it changed midway.

    Raises: MirrorError when it does not have the right file.
    """
    try:
        return publish_from_mirror(mirror, file, path, fetch)
    except StaleError:
        return publish_from_mirror(mirror, file, path, fetch)


def publish_from_mirror(mirror: str, file: RawFile, path: Path, fetch: Fetch) -> Digest:
    """Receive a file from a mirror, and publish it if it is the right one.

    Raises: StaleError when it is not and parts of it were received at different times, MirrorError.
    """
    transfer = Transfer(mirror + file.name)

    def check(temporary: Path, digest: Digest) -> None:
        try:
            check_raw(temporary, file)
        except CorruptError as error:
            reason = error.message.removeprefix(f"{temporary}: ")
            raise (StaleError if transfer.was_resumed else MirrorError)(reason) from error

    return publish(path, counted(receive(mirror, transfer, file, fetch), file, fetch), check)


def receive(mirror: str, transfer: Transfer, file: RawFile, fetch: Fetch) -> Iterator[bytes]:
    """Yield the bytes of a file, for as long as they may take."""
    if is_local(mirror):
        return receive_local(transfer.url)
    left = fetch.deadline - time.monotonic()
    longest = longest_time(file.size)
    return with_deadline(transfer.chunks(), min(left, longest), fetch.stop)


def counted(chunks: Iterator[bytes], file: RawFile, fetch: Fetch) -> Iterator[bytes]:
    """Hand chunks on, telling of each; stop when they are more than the file can be."""
    limit = max(file.size, file.content_size)  # a mirror may zip it otherwise, or not at all
    size, is_whole = 0, False
    try:
        for chunk in chunks:
            size += len(chunk)
            if fetch.stop.is_set():
                raise MirrorError("stopped")
            if size > limit:
                raise MirrorError(f"more than {limit:,} bytes; expected {file.size:,}")
            fetch.report_bytes(len(chunk))
            yield chunk
        is_whole = True
    finally:
        if not is_whole:
            fetch.report_bytes(-size)
