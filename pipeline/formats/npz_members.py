"""The arrays in an .npz file, read a few rows at a time, none believed beyond its bytes.

Source: NumPy's lib/format.py, versions 1.0 and 2.0; .ZIP File Format Specification, PKWARE.
"""

import math
import re
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.cache import reading
from pipeline.errors import CorruptError
from pipeline.formats.source import CHUNK
from pipeline.idx import GZIP_MAX_RATIO

MAX_HEADER = 10_000  # bytes, as in NumPy
HEADER = re.compile(  # numbers have an L where Python 2 wrote them
    rb"\{'descr': '([<>|=][a-zA-Z][0-9]{0,9})', 'fortran_order': (True|False), "
    rb"'shape': \(([0-9L, ]*)\),? ?\}\s*"
)
METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those of NumPy


@dataclass(frozen=True)
class Member:
    """An array in an .npz file: what its header says, and the way to its numbers."""

    path: Path
    key: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]

    @property
    def where(self) -> str:
        return f"{self.path}: {self.key}"

    def rows(self, step: int = CHUNK) -> Iterator[NDArray[Any]]:
        """Yield the rows in order, a few at a time."""
        row_shape = self.shape[1:]
        with opened(self.path) as archive, archive.open(self.key + ".npy") as file:
            read_header(self.path, self.key, file)
            for start in range(0, self.shape[0], step):
                n = min(step, self.shape[0] - start)
                data = file.read(n * math.prod(row_shape) * self.dtype.itemsize)
                yield np.frombuffer(data, self.dtype).reshape(n, *row_shape)
            file.read(1)  # at the end zipfile compares the checksum


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a zip, and turn all that a damaged one raises into an error of ours."""
    with reading(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield archive
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError) as error:
            raise CorruptError(f"{path}: damaged .npz file ({error})") from error
        except (ValueError, KeyError) as error:
            raise CorruptError(f"{path}: no .npz file of numbers ({error})") from error


def read_header(path: Path, key: str, file: IO[bytes]) -> tuple[tuple[int, ...], bool, Any, int]:
    """Read the header of a .npy file: shape, Fortran order, type, and its own length.

    NumPy's own reader takes it for a piece of Python, and raises nearly anything.

    Raises: CorruptError.
    """
    start = file.read(8)
    prefix = file.read(2 if start[6:7] == b"\1" else 4)
    length = int.from_bytes(prefix, "little")
    match = HEADER.fullmatch(file.read(length)) if length <= MAX_HEADER else None
    if start[:6] != b"\x93NUMPY" or match is None:
        raise CorruptError(f"{path}: {key} is no array of numbers, or has a damaged header")
    descr, order, numbers = (group.decode() for group in match.groups())
    try:
        shape = tuple(map(int, re.findall("[0-9]+", numbers)))
        return shape, order == "True", np.dtype(descr), 8 + len(prefix) + length
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptError(f"{path}: {key} is of no known type or size ({error})") from error


def read_members(path: Path) -> dict[str, Member]:
    """Read the headers of all arrays, believing none that promises more than its bytes.

    Raises: CorruptError.
    """
    members: dict[str, Member] = {}
    with opened(path) as archive:
        for info in archive.infolist():
            key = info.filename.removesuffix(".npy")
            if key in members or info.compress_type not in METHODS:
                raise CorruptError(f"{path}: {key} is there twice, or compressed in a strange way")
            with archive.open(info) as file:
                shape, is_fortran, dtype, start = read_header(path, key, file)
            if dtype.hasobject or (is_fortran and sum(n > 1 for n in shape) > 1):
                raise CorruptError(
                    f"{path}: {key} holds Python objects, or columns before rows",
                    "Save np.ascontiguousarray of numbers",
                )
            size = start + math.prod(shape) * dtype.itemsize
            if size != info.file_size or size > info.compress_size * GZIP_MAX_RATIO:
                raise CorruptError(
                    f"{path}: {key} is to hold {dtype} of shape {shape}, {size:,} bytes; it has "
                    f"{info.file_size:,} in {info.compress_size:,}"
                )
            members[key] = Member(path, key, dtype, shape)
    return members
