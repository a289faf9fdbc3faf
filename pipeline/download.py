"""Fetch one file: try each mirror, verify, then put it in place."""

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote, urljoin, urlsplit
from urllib.request import url2pathname

from pipeline.cache import Cache, find_checkout, publish
from pipeline.datasets import Dataset, RawFile
from pipeline.errors import CorruptError, DownloadError, MissingError, UsageError
from pipeline.reporting import SILENT, Reporter
from pipeline.verify import check_raw

if TYPE_CHECKING:
    import requests

CHUNK_BYTES = 1 << 16
ATTEMPTS = 3  # at one mirror, when its failure may pass
FIRST_WAIT = 0.5  # seconds before the second attempt; doubled each time
LONGEST_WAIT = 10.0  # seconds, whatever Retry-After asks for
CONNECT_TIMEOUT = 10.0  # seconds
READ_TIMEOUT = 30.0  # seconds of silence
DEADLINE = 600.0  # seconds for one file from one mirror, so that a drip ends too
MAX_REDIRECTS = 5
PASSING_STATUS = {408, 425, 429, 500, 502, 503, 504}
USER_AGENT = "mnist-neural-net"


class FetchedFile(NamedTuple):
    """One raw file that is now in the cache."""

    file: RawFile
    path: Path
    status: str  # "intact": it was there; "downloaded"
    mirror: str | None  # where it came from


class MirrorError(Exception):
    """One mirror failed; the next may do better."""

    def __init__(self, reason: str, may_pass: bool = False, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.may_pass = may_pass  # worth another attempt at the same mirror
        self.retry_after = retry_after  # seconds


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


def check_mirror(mirror: str) -> str:
    """Accept an http, https or file address of a folder.

    Raises: UsageError.
    """
    if urlsplit(mirror).scheme not in ("http", "https", "file"):
        raise UsageError(
            f"mirror {mirror!r} is no address, expected https://..., http://... or file:///...",
            "A folder is written file:///home/me/mnist/",
        )
    return mirror if mirror.endswith("/") else mirror + "/"


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
            return FetchedFile(file, path, "intact", None)
        except (MissingError, CorruptError):
            pass  # it has to be fetched
    failures = []
    for mirror in mirrors:
        try:
            try_mirror(mirror, file, path, reporter)
            return FetchedFile(file, path, "downloaded", mirror)
        except MirrorError as error:
            failures.append(f"{mirror}: {error}")
            reporter.note(f"  {file.name}: {mirror} failed: {error}")
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
            raise MirrorError(error.message.partition(": ")[2]) from error

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


def receive(url: str) -> Iterator[bytes]:
    """Yield the bytes behind an address.

    Raises: MirrorError.
    """
    return receive_local(url) if urlsplit(url).scheme == "file" else receive_http(url)


def receive_local(url: str) -> Iterator[bytes]:
    """Yield the bytes of a file:// address.

    Raises: MirrorError.
    """
    path = Path(url2pathname(unquote(urlsplit(url).path)))
    try:
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                yield chunk
    except OSError as error:
        raise MirrorError(f"{path}: {error.strerror}") from error


def receive_http(url: str) -> Iterator[bytes]:
    """Yield the bytes of an http or https address exactly as they were sent.

    Raises: MirrorError for any failure, saying whether it may pass.
    """
    import requests
    from urllib3.exceptions import HTTPError

    deadline = time.monotonic() + DEADLINE
    size = 0
    try:
        with requests.Session() as session, open_response(session, url) as response:
            # read1 returns what one read of the socket gave, so the deadline is looked at even
            # when the bytes drip; and nothing decodes them behind our back
            while chunk := response.raw.read1(CHUNK_BYTES, decode_content=False):
                if time.monotonic() > deadline:
                    raise MirrorError(f"not finished after {DEADLINE:.0f} s")
                size += len(chunk)
                yield chunk
            promised = response.headers.get("Content-Length", "")
    except (requests.RequestException, HTTPError, OSError) as error:
        raise MirrorError(describe_failure(error), may_pass=True) from error
    if promised.isdigit() and size < int(promised):
        raise MirrorError(f"cut off after {size:,} of {int(promised):,} bytes", may_pass=True)


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
            retry_after = response.headers.get("Retry-After", "")
            raise MirrorError(
                f"answered {response.status_code} {response.reason}",
                may_pass=response.status_code in PASSING_STATUS,
                retry_after=float(retry_after) if retry_after.isdigit() else 0.0,
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
