"""The IDX array format: reading and writing.

    offset  bytes  meaning
    0       2      zero
    2       1      type of the elements (see DTYPES)
    3       1      number of dimensions, at least 1
    4       4 each the dimensions, unsigned, most significant byte first
    ...            the elements, most significant byte first, last dimension fastest

A file may be plain or gzipped; the first two bytes decide, not the name. Reading is strict: a
file that is one byte too short or too long raises an error.

Source: the section "The IDX file format" of the MNIST page of LeCun, Cortes and Burges.
"""

import gzip
import hashlib
import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import COPY_AGAIN, CorruptError, damaged_file, describe_cause
from pipeline.storage.cache import reading
from pipeline.storage.content import describe_content
from pipeline.storage.decompression import check_decompression

DTYPES = {0x08: ">u1", 0x09: ">i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP_MAGIC = b"\x1f\x8b"
GZIP_MAX_RATIO = 1032  # no deflate stream expands further (zlib, Technical details)
MAX_DIMENSIONS = 64  # of a NumPy array
CHUNK_BYTES = 1 << 20
HEAD_BYTES = 512  # that are read to describe a file of another kind


class IdxStream:
    """An open IDX file: its header is read, its elements on request."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    content_size: int  # bytes, unzipped

    def __init__(self, path: Path, file: IO[bytes], size_limit: int) -> None:
        self.path = path
        self._file = file
        self._sha256 = hashlib.sha256()
        self.dtype, self.shape = self._read_header()
        content_size = 4 + 4 * len(self.shape) + math.prod(self.shape) * self.dtype.itemsize
        if content_size > size_limit:
            raise CorruptError(
                f"{path}: the header declares {content_size:,} bytes; "
                f"the file can hold {size_limit:,} at most",
                COPY_AGAIN,
            )
        if len(self.shape) > MAX_DIMENSIONS or math.prod(filter(None, self.shape)) > 2**48:
            raise CorruptError(
                f"{path}: the header declares {self.shape}, which is not a valid shape",
                COPY_AGAIN,
            )
        self.content_size = content_size

    def read_items(self) -> Iterator[NDArray[Any]]:
        """Yield the items, slices along the first dimension, about 1 MiB at a time.

        After the last item the end of the file is checked; then `sha256` covers the whole file.
        """
        count, item_shape = self.shape[0], self.shape[1:]
        item_bytes = math.prod(item_shape) * self.dtype.itemsize
        step = max(1, CHUNK_BYTES // max(1, item_bytes))
        for start in range(0, count, step):
            n = min(step, count - start)
            items = np.frombuffer(self._read(n * item_bytes), self.dtype)
            yield items.reshape(n, *item_shape)
        if self._file.read(1):
            what = f"{self.path}: more bytes than the shape {self.shape} needs"
            raise CorruptError(what, COPY_AGAIN)

    @property
    def sha256(self) -> str:
        """The hash of the content (unzipped) that has been read so far."""
        return self._sha256.hexdigest()

    def _read_header(self) -> tuple[np.dtype[Any], tuple[int, ...]]:
        zeros, code, n_dimensions = self._read(2), self._read(1)[0], self._read(1)[0]
        if zeros != b"\0\0":
            raise self._no_idx_error(zeros + bytes([code, n_dimensions]))
        if code not in DTYPES:
            known = ", ".join(f"0x{known:02x}" for known in DTYPES)
            what = f"{self.path}: element type 0x{code:02x}; expected one of {known}"
            raise CorruptError(what, COPY_AGAIN)
        if n_dimensions == 0:
            raise CorruptError(f"{self.path}: 0 dimensions; expected at least 1", COPY_AGAIN)
        shape = np.frombuffer(self._read(4 * n_dimensions), ">u4")
        return np.dtype(DTYPES[code]), tuple(int(length) for length in shape)

    def _no_idx_error(self, start: bytes) -> CorruptError:
        """Return the error for a file that does not begin as IDX files do."""
        what = describe_content(start + self._file.read(HEAD_BYTES))
        what = "gzipped twice" if what == "gzip data" else what
        return CorruptError(
            f"{self.path}: begins with the bytes {start[:2].hex(' ')}; expected two zero bytes"
            f"{f': it is {what}' * bool(what)}",
            COPY_AGAIN,
        )

    def _read(self, size: int) -> bytes:
        data = self._file.read(size)
        if len(data) != size:
            what = f"{self.path}: ends {size - len(data):,} bytes too early"
            raise CorruptError(what, COPY_AGAIN)
        self._sha256.update(data)
        return data


@contextmanager
def open_idx(path: Path, content_size: int | None = None, member: str = "") -> Iterator[IdxStream]:
    """Open an IDX file, plain or gzipped, of at most `content_size` unzipped bytes.

    With `member` the file is a zip, and the IDX file is its member of that name.

    Raises: MissingError, CorruptError, or StorageError if the system cannot read it.
    """
    with reading(path), path.open("rb") as file:
        try:
            if member:
                inner, size = open_member(path, file, member)
                yield start_reading(path, inner, size, content_size)
            else:
                yield start_reading(path, file, path.stat().st_size, content_size)
        except (gzip.BadGzipFile, zipfile.BadZipFile, zlib.error, EOFError) as error:
            kind = "zip" if member else "gzip"
            raise damaged_file(path, f"{kind} data", error) from error


def open_member(path: Path, file: IO[bytes], member: str) -> tuple[IO[bytes], int]:
    """Open a file in a zip, and return it with its size.

    Raises: CorruptError.
    """
    try:
        archive = zipfile.ZipFile(file)
        info = archive.getinfo(member)
        if info.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"compressed by method {info.compress_type}")
        return archive.open(info), info.file_size
    except (zipfile.BadZipFile, KeyError, RuntimeError, ValueError, struct.error) as error:
        what = f"{path}: not a ZIP archive with {member} ({describe_cause(error)})"
        raise CorruptError(what, COPY_AGAIN) from error


def start_reading(path: Path, file: IO[bytes], size: int, content_size: int | None) -> IdxStream:
    """Read the header of an IDX file of `size` bytes, plain or gzipped.

    Raises: CorruptError; BombError for a decompression bomb of unknown content size.
    """
    is_gzip = file.read(2) == GZIP_MAGIC
    file.seek(0)
    limit = size * GZIP_MAX_RATIO if is_gzip else size
    limit = limit if content_size is None else min(limit, content_size)
    content: Any = gzip.GzipFile(fileobj=file) if is_gzip else file
    stream = IdxStream(path, content, limit)
    if content_size is None:
        check_decompression(path, stream.content_size, size)
    return stream


def read_idx(path: Path) -> NDArray[Any]:
    """Read an IDX file into one array with the shape and type of its header."""
    with open_idx(path) as stream:
        array = np.empty(stream.shape, stream.dtype)
        start = 0
        for items in stream.read_items():
            array[start : start + len(items)] = items
            start += len(items)
    return array


def idx_bytes(array: NDArray[Any]) -> bytes:
    """Return an array as bytes in the IDX format.

    Raises: ValueError for a type or a number of dimensions that the format does not have.
    """
    codes = {np.dtype(dtype): code for code, dtype in DTYPES.items()}
    dtype = array.dtype.newbyteorder(">")
    if dtype not in codes or not 1 <= array.ndim <= 255:
        raise ValueError(f"IDX cannot hold {array.dtype} in {array.ndim} dimensions")
    header = bytes([0, 0, codes[dtype], array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + array.astype(dtype).tobytes()
