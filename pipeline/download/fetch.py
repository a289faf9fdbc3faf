"""Download of a dataset: try each mirror, verify, then publish the files."""

import threading
import time
from collections.abc import Callable, Iterator, Sequence
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
from pipeline.errors import CorruptError, DownloadError, MissingError, UsageError
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.arguments import checked, show_value
from pipeline.storage.cache import Cache, Digest, compute_digest, find_checkout, publish
from pipeline.storage.locks import work_lock

FILES_AT_ONCE = 4


class FetchedFile(NamedTuple):
    """A raw file in the cache, with its source and hash."""

    file: RawFile
    path: Path
    status: str  # "intact" (already in the cache) or "downloaded"
    mirror: str | None  # its source
    digest: Digest  # of the file in the cache, which may be zipped differently


@dataclass
class Fetch:
    """State shared by the parallel downloads of one dataset."""

    mirrors: tuple[str, ...]
    reporter: ProgressReporter
    advance: Callable[[int], None]
    deadline: float  # on the clock of time.monotonic
    stop: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def report_bytes(self, size: int) -> None:
        """Report received bytes; a negative size if a file restarts."""
        with self.lock:
            self.advance(size)


@checked
def fetch_dataset(
    cache: Cache,
    dataset: Dataset | str,
    mirrors: Sequence[str] | str = (),
    force: bool = False,
    offline: bool = False,
    seconds: float = float("inf"),
    reporter: ProgressReporter = SILENT,
) -> list[FetchedFile]:
    """Download every raw file of a dataset that is not intact in the cache.

    Mirrors that the user names replace the known ones; `offline` leaves only folders on this
    machine. Other processes that fetch the same files wait, and then find them in the cache.

    Units: `seconds` limits the whole download; each file also has a limit by its size.

    Raises: DownloadError with one line per mirror; the cache then keeps its files. MissingError if
    there is no mirror.

    Example:
        >>> cache = find_cache()
        >>> fetched = fetch_dataset(cache, find_dataset(cache, "mnist-sample"))
        >>> [file.status for file in fetched]
        ['downloaded', 'downloaded', 'downloaded', 'downloaded']
    """
    dataset = as_dataset(cache, dataset)
    if not seconds > 0:
        raise UsageError(f"seconds is {show_value(seconds)}; expected a number above 0")
    named = [mirrors] if isinstance(mirrors, str) else mirrors
    chosen = tuple(map(check_mirror, named)) or known_mirrors(cache, dataset)
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
    """Return the intact raw files; with `some` false, all of them or none."""
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
    """Return the folder in the checkout, unless it is the cache, then the mirrors."""
    checkout = find_checkout()
    embedded = checkout / "cache" / "raw" / dataset.folder if checkout else None
    if embedded is None or not embedded.is_dir() or embedded == cache.raw(dataset.folder):
        return dataset.mirrors
    return (embedded.as_uri() + "/", *dataset.mirrors)


def no_mirror(dataset: Dataset, offline: bool) -> MissingError:
    """Return the error for a dataset without a usable mirror."""
    if not dataset.mirrors:
        what = f"{dataset.name} is your dataset, and some of its raw files are missing or damaged"
        return MissingError(what, f"Run `pipeline import` again; it came from {dataset.source}")
    what = f"some raw files of {dataset.name} are missing, and none can be fetched"
    return MissingError(
        what + (" offline" if offline else ""),
        "Go online, or name a folder with --mirror file:///...",
    )


def fetch_side_by_side(folder: Path, files: list[RawFile], fetch: Fetch) -> list[FetchedFile]:
    """Fetch files in parallel; once all have ended, raise the first error."""
    with ThreadPoolExecutor(FILES_AT_ONCE) as pool:
        try:
            futures = [pool.submit(fetch_file, folder / file.name, file, fetch) for file in files]
            wait_for(futures)
        except BaseException:  # Ctrl-C, too: the threads stop and remove their temporary files
            fetch.stop.set()
            raise
    return [future.result() for future in futures]


def wait_for(futures: list[Future[FetchedFile]]) -> None:
    """Wait in short steps: some systems deliver no signal during a long wait."""
    while not all(future.done() for future in futures):
        time.sleep(0.01)


def fetch_file(path: Path, file: RawFile, fetch: Fetch) -> FetchedFile:
    """Download one raw file from the first mirror with the published content."""
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
        advise_mirror(fetch.mirrors),
        *failures,
    )


def advise_mirror(mirrors: Sequence[str]) -> str:
    """Return what to do if every mirror failed; folders on this machine need no network."""
    if all(map(is_local, mirrors)):
        return "Go online, or name the folder that has these files with --mirror file:///..."
    return "Check the network, or name another mirror with --mirror ADDRESS"


def try_mirror(mirror: str, file: RawFile, path: Path, fetch: Fetch) -> Digest:
    """Publish the file from this mirror; restart once if it changed midway.

    Raises: MirrorError if it does not have the published file.
    """
    try:
        return publish_from_mirror(mirror, file, path, fetch)
    except StaleError:
        return publish_from_mirror(mirror, file, path, fetch)


def publish_from_mirror(mirror: str, file: RawFile, path: Path, fetch: Fetch) -> Digest:
    """Receive a file from a mirror, and publish it if its hash is correct.

    Raises: StaleError for another hash if parts were received at different times, MirrorError.
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
    """Yield the bytes of a file within its time limit."""
    if is_local(mirror):
        return receive_local(transfer.url)
    left = fetch.deadline - time.monotonic()
    longest = longest_time(file.size)
    return with_deadline(transfer.chunks(), min(left, longest), fetch.stop)


def counted(chunks: Iterator[bytes], file: RawFile, fetch: Fetch) -> Iterator[bytes]:
    """Yield chunks and report their sizes; stop if they exceed the file's size."""
    limit = max(file.size, file.content_size)  # a mirror may zip it differently, or not at all
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
