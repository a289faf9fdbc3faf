"""Arrays in an .npz file, read a few rows at a time and checked.

Source: .ZIP File Format Specification, PKWARE.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import IO

from pipeline.errors import COPY_AGAIN, CorruptError, ProjectError, damaged_file, excerpt
from pipeline.formats.arrays.npy_stream import NpyStream
from pipeline.storage.cache import reading
from pipeline.storage.idx import GZIP_MAX_RATIO
from pipeline.storage.npy import read_npy_header

METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)  # those of NumPy


@contextmanager
def opened(path: Path) -> Iterator[zipfile.ZipFile]:
    """Open a ZIP archive; errors of a damaged one become project errors."""
    with reading(path):
        try:
            with zipfile.ZipFile(path) as archive:
                yield archive
        except ProjectError:  # of the code that reads it; some are ValueErrors
            raise
        except (zipfile.BadZipFile, zlib.error, EOFError, struct.error, RuntimeError) as error:
            raise damaged_file(path, ".npz file", error) from error
        except (ValueError, KeyError) as error:
            raise damaged_file(path, ".npz file", error) from error


@contextmanager
def opened_member(path: Path, name: str) -> Iterator[IO[bytes]]:
    """Open one member of a ZIP archive."""
    with opened(path) as archive, archive.open(name) as file:
        yield file


def read_members(path: Path) -> dict[str, NpyStream]:
    """Read the headers of all arrays, and check them against their bytes.

    Raises: CorruptError.
    """
    members: dict[str, NpyStream] = {}
    with opened(path) as archive:
        for info in archive.infolist():
            key = info.filename.removesuffix(".npy")
            shown = excerpt(key)
            if key in members or info.compress_type not in METHODS:
                what = f"{path}: {shown} occurs twice, or its compression is not supported"
                raise CorruptError(what, "Save it again with np.savez")
            with archive.open(info) as file:
                header = read_npy_header(f"{path}: {shown}", file)
            size = info.file_size if header.dtype.hasobject else header.size + header.content_size
            if size != info.file_size or size > info.compress_size * GZIP_MAX_RATIO:
                raise CorruptError(
                    f"{path}: {shown} declares {header.dtype} of shape {header.shape}, {size:,} "
                    f"bytes; found {info.file_size:,} in {info.compress_size:,}",
                    COPY_AGAIN,
                )
            opener = partial(opened_member, path, info.filename)
            members[key] = NpyStream(path, key, header, opener)
    return members
