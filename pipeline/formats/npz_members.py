"""The arrays in an .npz file, read a few rows at a time, none believed beyond its bytes.

Source: .ZIP File Format Specification, PKWARE.
"""

import math
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError
from pipeline.formats.source import CHUNK
from pipeline.storage.cache import reading
from pipeline.storage.idx import GZIP_MAX_RATIO
from pipeline.storage.npy import read_npy_header

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
            read_npy_header(self.where, file)
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
                header = read_npy_header(f"{path}: {key}", file)
            is_by_columns = header.is_fortran and sum(n > 1 for n in header.shape) > 1
            if header.dtype.hasobject or is_by_columns:
                raise CorruptError(
                    f"{path}: {key} holds Python objects, or columns before rows",
                    "Save np.ascontiguousarray of numbers",
                )
            size = header.size + header.content_size
            if size != info.file_size or size > info.compress_size * GZIP_MAX_RATIO:
                raise CorruptError(
                    f"{path}: {key} is to hold {header.dtype} of shape {header.shape}, {size:,} "
                    f"bytes; it has {info.file_size:,} in {info.compress_size:,}"
                )
            members[key] = Member(path, key, header.dtype, header.shape)
    return members
