"""An array in NumPy's format, read a few rows at a time and checked."""

import math
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import COPY_AGAIN, CorruptError, excerpt
from pipeline.formats.arrays.named import KINDS, MAX_TEXT, OBJECT, NamedArray
from pipeline.formats.numbers import SAVEZ
from pipeline.formats.source import CHUNK
from pipeline.pickles.machine import UnsafePickleError
from pipeline.pickles.safe_load import load_bytes
from pipeline.storage.npy import NpyHeader, read_npy_header

MAX_WHOLE = 1 << 32  # bytes of an array that cannot be read row by row
SAVE_PLAIN = "Save x.astype(str), or numbers, with np.savez"
MAX_OBJECTS = 1 << 28  # bytes of a pickle inside


@dataclass(frozen=True)
class NpyStream:
    """An array of numbers, texts or objects in a file that can be reopened."""

    path: Path
    name: str
    header: NpyHeader
    opened: Callable[[], AbstractContextManager[IO[bytes]]]

    def named(self) -> NamedArray:
        """Return the array with its name; only its header has been read."""
        kind = KINDS.get(self.header.dtype.kind, OBJECT)
        return NamedArray(self.path, self.name, self.header.shape, kind, self.rows, False)

    @property
    def where(self) -> str:
        return f"{self.path}: {excerpt(self.name)}"

    def rows(self) -> Iterator[NDArray[Any]]:
        """Yield the rows in order, a few at a time if they are stored by row.

        Raises: CorruptError.
        """
        if self.header.dtype.kind in "US" and self.header.dtype.itemsize > 4 * MAX_TEXT:
            raise CorruptError(f"{self.where}: texts of more than {MAX_TEXT:,} letters", SAVEZ)
        if self.header.dtype.hasobject:
            yield self.objects()
        elif is_by_columns(self.header):
            yield from self.rows_of_columns()
        else:
            row_shape = self.header.shape[1:]
            with self.opened() as file:
                read_npy_header(self.where, file)
                for start in range(0, self.header.shape[0], CHUNK):
                    n = min(CHUNK, self.header.shape[0] - start)
                    data = file.read(n * math.prod(row_shape) * self.header.dtype.itemsize)
                    values = self.checked(np.frombuffer(data, self.header.dtype))
                    yield values.reshape(n, *row_shape)
                file.read(1)  # at the end zipfile compares the checksum

    def checked(self, values: NDArray[Any]) -> NDArray[Any]:
        """Return values whose texts are made of letters; Python cannot hold others.

        Shapes: (n,), the same out.

        Raises: CorruptError.
        """
        order = self.header.dtype.byteorder
        if self.header.dtype.kind == "U" and self.header.dtype.itemsize:
            letters = values.view(np.dtype("u4").newbyteorder(order))
            if letters.size and letters.max() > sys.maxunicode:
                what = f"{self.where}: a text holds {letters.max():,}, which is not a letter"
                raise CorruptError(what, COPY_AGAIN)
        return values

    def rows_of_columns(self) -> Iterator[NDArray[Any]]:
        """Yield the rows of an array that is stored column by column.

        Raises: CorruptError.
        """
        if self.header.content_size > MAX_WHOLE:
            raise CorruptError(
                f"{self.where}: {self.header.content_size:,} bytes, stored column by column",
                "Save np.ascontiguousarray of it",
            )
        with self.opened() as file:
            read_npy_header(self.where, file)
            data = file.read(self.header.content_size)
            file.read(1)
        values = self.checked(np.frombuffer(data, self.header.dtype))
        array = values.reshape(self.header.shape, order="F")
        for start in range(0, len(array), CHUNK):
            yield array[start : start + CHUNK]

    def objects(self) -> NDArray[Any]:
        """Read an array of Python objects, unpickled without running code.

        Raises: CorruptError.
        """
        with self.opened() as file:
            read_npy_header(self.where, file)
            data = file.read(MAX_OBJECTS + 1)
        if len(data) > MAX_OBJECTS:
            what = f"{self.where}: more than {MAX_OBJECTS:,} bytes of Python objects"
            raise CorruptError(what, SAVE_PLAIN)
        try:
            values = load_bytes(data)
        except UnsafePickleError as error:
            raise UnsafePickleError(
                f"{self.where} holds Python objects: refused: {error.message}. Nothing was run",
                SAVE_PLAIN,
            ) from error
        except CorruptError as error:
            what = f"{self.where}: its objects cannot be read: {error.message}"
            raise CorruptError(what, COPY_AGAIN) from error
        return self.array_of_objects(values)

    def array_of_objects(self, values: Any) -> NDArray[Any]:
        """Build an array from the items of an array of objects.

        Raises: CorruptError for anything but texts, or numbers.
        """
        kinds = set(map(type, values)) if isinstance(values, list) else {type(values)}
        are_texts = all(issubclass(kind, str | bytes) for kind in kinds)
        are_numbers = all(issubclass(kind, int | float | np.number | np.bool) for kind in kinds)
        if not isinstance(values, list) or not (are_texts or are_numbers):
            names = ", ".join(sorted(kind.__name__ for kind in kinds))
            raise CorruptError(
                f"{self.where} holds Python objects ({names}); expected texts or numbers",
                SAVE_PLAIN,
            )
        if are_texts and max(map(len, values), default=0) > MAX_TEXT:
            raise CorruptError(f"{self.where}: a text has more than {MAX_TEXT:,} letters", SAVEZ)
        return np.array(values).reshape(self.header.shape)


def is_by_columns(header: NpyHeader) -> bool:
    """Return whether the rows are not contiguous in the file."""
    return header.is_fortran and sum(n > 1 for n in header.shape) > 1
