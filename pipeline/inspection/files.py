"""Inspection of a file: its content and the effects of loading it.

The first bytes identify a file, not its name. Every verdict follows from the code that reads
such files for the rest of the project (`safe_load`, `idx`) or from the bytes alone.
"""

import gzip
import io
import zlib
from pathlib import Path

from pipeline.errors import CorruptError, describe_cause
from pipeline.inspection.npy import inspect_npy
from pipeline.inspection.pickles import inspect_pickle
from pipeline.inspection.report import Report, Status
from pipeline.inspection.zips import ZIP_MAGICS, inspect_zip
from pipeline.storage.arguments import checked
from pipeline.storage.cache import reading, require_regular_file
from pipeline.storage.decompression import BombError, is_bomb
from pipeline.storage.idx import GZIP_MAGIC, IdxStream, open_idx
from pipeline.storage.npy import MAGIC

IDX_MAGIC = b"\0\0"
MAX_BYTES = 128 << 20  # in memory; an IDX file may be of any size
HEAD_BYTES = 4096
READ_GZIPPED = ("IDX", "pickle")  # by `pipeline import`, as they are
CHUNK_BYTES = 1 << 20


@checked
def inspect_file(path: Path | str) -> Report:
    """Inspect a file: its format, its content, and the effects of loading it.

    Raises: MissingError, StorageError; other problems of the file are in the report.

    Example:
        >>> import pickle
        >>> size = Path("code.pickle").write_bytes(pickle.dumps(print))
        >>> inspect_file(Path("code.pickle")).verdict
        'loading it with pickle.load would import builtins.print. This project refuses it'
    """
    path = Path(path)
    size = require_regular_file(path)
    with reading(path), path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        is_idx = head.startswith(IDX_MAGIC) or is_zipped_idx(head)
        data = b"" if is_idx else head + file.read(MAX_BYTES + 1 - len(head))
    if is_idx:
        return inspect_idx(path, size, head)
    if len(data) > MAX_BYTES:
        verdict = f"it is larger than {MAX_BYTES:,} bytes, the limit of the inspection"
        return Report("unknown", size, "refused", verdict)
    return inspect_bytes(data)


def inspect_bytes(data: bytes) -> Report:
    """Inspect data that is not an IDX file."""
    if data.startswith(GZIP_MAGIC):
        return inspect_gzip(data)
    if data.startswith(ZIP_MAGICS):
        return inspect_zip(data, inspect_unpacked)
    return inspect_unpacked(data)


def inspect_unpacked(data: bytes) -> Report:
    """Inspect unpacked data, in which further archives are refused."""
    if data.startswith((GZIP_MAGIC, *ZIP_MAGICS)):
        return Report("archive", len(data), "refused", "archives in archives are not unpacked")
    if data.startswith(MAGIC):
        return inspect_npy(data)
    if data.startswith(IDX_MAGIC):
        return inspect_idx_bytes(data)
    return inspect_pickle(data) if data else Report("unknown", 0, "damaged", "it is empty")


def inspect_gzip(data: bytes) -> Report:
    """Unpack gzip data up to a limit, and inspect the content."""
    content = io.BytesIO()
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(data)) as file:
            while chunk := file.read(CHUNK_BYTES):
                content.write(chunk)
                if content.tell() > MAX_BYTES or is_bomb(content.tell(), len(data)):
                    verdict = f"it unpacks to {content.tell():,} bytes and more"
                    return Report("gzip", len(data), "hostile", verdict)
    except (gzip.BadGzipFile, zlib.error, EOFError) as error:
        return Report("gzip", len(data), "damaged", f"damaged gzip data ({describe_cause(error)})")
    report = inspect_unpacked(content.getvalue())
    status, verdict = report.status, report.verdict
    if status == "plain" and not report.format.startswith(READ_GZIPPED):
        status = "refused"
        verdict = "this project only reads it unpacked. Loading it would run nothing"
    kind = f"gzip of {report.format}"
    return Report(kind, len(data), status, verdict, report.holds, report.imports, report.calls)


def is_zipped_idx(head: bytes) -> bool:
    """Return whether a file is a gzipped IDX file, by its first bytes."""
    if not head.startswith(GZIP_MAGIC):
        return False
    try:
        return zlib.decompressobj(wbits=31).decompress(head, len(IDX_MAGIC)) == IDX_MAGIC
    except zlib.error:
        return False


def inspect_idx(path: Path, size: int, head: bytes) -> Report:
    """Read an IDX file through, a part at a time."""
    kind = "gzip of IDX" if head.startswith(GZIP_MAGIC) else "IDX"
    try:
        with open_idx(path) as stream:
            return read_through(stream, kind, size)
    except CorruptError as error:
        status: Status = "hostile" if isinstance(error, BombError) else "damaged"
        return Report(kind, size, status, error.message.removeprefix(f"{path}: "))


def inspect_idx_bytes(data: bytes) -> Report:
    """Read an IDX file in memory through."""
    path = Path("IDX")
    try:
        return read_through(IdxStream(path, io.BytesIO(data), len(data)), "IDX", len(data))
    except CorruptError as error:
        return Report("IDX", len(data), "damaged", error.message.removeprefix(f"{path}: "))


def read_through(stream: IdxStream, kind: str, size: int) -> Report:
    """Read the items of an IDX file.

    Raises: CorruptError.
    """
    holds = (f"array of {stream.dtype} {stream.shape}"[:200],)
    for _ in stream.read_items():
        pass
    return Report(kind, size, "plain", "loading it runs nothing", holds)
