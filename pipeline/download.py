"""Fetch one file: try each mirror, verify, then put it in place."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pipeline.cache import Cache, Digest, digest_of, find_checkout, publish
from pipeline.datasets import Dataset, RawFile
from pipeline.errors import CorruptError, DownloadError, MissingError
from pipeline.mirrors import MirrorError, check_mirror, receive
from pipeline.reporting import SILENT, Reporter
from pipeline.verify import check_raw

ATTEMPTS = 3  # at one mirror, when its failure may pass
FIRST_WAIT = 0.5  # seconds before the second attempt; doubled each time
LONGEST_WAIT = 10.0  # seconds, whatever Retry-After asks for


class FetchedFile(NamedTuple):
    """One raw file that is now in the cache."""

    file: RawFile
    path: Path
    status: str  # "intact": it was there; "downloaded"
    mirror: str | None  # where it came from
    digest: Digest  # of the file as it is, which somebody may have zipped otherwise


def fetch_dataset(
    cache: Cache,
    dataset: Dataset,
    mirrors: tuple[str, ...] = (),
    force: bool = False,
    reporter: Reporter = SILENT,
) -> list[FetchedFile]:
    """Bring every raw file of a data set into the cache; those that are intact stay.

    Mirrors that the user names replace the ones that we know.

    Raises: DownloadError with one line per mirror; what was in the cache is still there.
    """
    chosen = tuple(map(check_mirror, mirrors)) or known_mirrors(cache, dataset)
    return [fetch_file(cache, dataset, file, chosen, force, reporter) for file in dataset.files]


def known_mirrors(cache: Cache, dataset: Dataset) -> tuple[str, ...]:
    """The copy that the checkout carries, if it is not the cache itself, then the registry's."""
    checkout = find_checkout()
    embedded = checkout / "cache" / "raw" / dataset.name if checkout else None
    if embedded is None or not embedded.is_dir() or embedded == cache.raw(dataset.name):
        return dataset.mirrors
    return (embedded.as_uri() + "/", *dataset.mirrors)


def fetch_file(
    cache: Cache,
    dataset: Dataset,
    file: RawFile,
    mirrors: tuple[str, ...],
    force: bool,
    reporter: Reporter,
) -> FetchedFile:
    """Bring one raw file into the cache, from the first mirror that has the right one."""
    path = cache.raw(dataset.name) / file.name
    if not force:
        try:
            check_raw(path, file)
            return FetchedFile(file, path, "intact", None, digest_of(path))
        except (MissingError, CorruptError):
            pass  # it has to be fetched
    failures = []
    for mirror in mirrors:
        try:
            try_mirror(mirror, file, path, reporter)
            return FetchedFile(file, path, "downloaded", mirror, digest_of(path))
        except MirrorError as error:
            failures.append(f"{mirror}: {error}")
            if len(failures) < len(mirrors):
                reporter.note(f"{file.name}: trying the next mirror after {failures[-1]}")
    raise DownloadError(
        f"no mirror gave {file.name}" + "".join(f"\n  {failure}" for failure in failures),
        "Check the network, or name a mirror with --mirror URL",
    )


def try_mirror(mirror: str, file: RawFile, path: Path, reporter: Reporter) -> None:
    """Publish the file from this mirror, giving it a few attempts.

    Raises: MirrorError when it does not have the right file.
    """

    def check(temporary: Path, digest: object) -> None:
        try:
            check_raw(temporary, file)
        except CorruptError as error:
            raise MirrorError(error.message.removeprefix(f"{temporary}: ")) from error

    for attempt in range(1, ATTEMPTS + 1):
        try:
            with reporter.progress(file.name, file.size, "bytes") as advance:
                publish(path, counted(receive(mirror + file.name), file, advance), check)
            return
        except MirrorError as error:
            if not error.may_pass or attempt == ATTEMPTS:
                raise
            wait = max(FIRST_WAIT * 2 ** (attempt - 1), error.retry_after)
            time.sleep(min(wait, LONGEST_WAIT))


def counted(
    chunks: Iterator[bytes], file: RawFile, advance: Callable[[int], None]
) -> Iterator[bytes]:
    """Hand chunks on, telling of each; stop when they are more than the file can be."""
    limit = max(file.size, file.content_size)  # a mirror may zip it otherwise, or not at all
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise MirrorError(f"more than {limit:,} bytes, expected {file.size:,}")
        advance(len(chunk))
        yield chunk
