"""Elements of a MATLAB file of version 5, read into arrays, texts and lists.

A file is a header and a series of elements: a tag with a type and a length, then the content.
A variable is an element of elements; it may be compressed as a whole.

Source: MathWorks, MAT-File Format (2019), Level 5 MAT-files.
"""

import itertools
import math
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import COPY_AGAIN, CorruptError, describe_cause
from pipeline.storage.idx import GZIP_MAX_RATIO

HEADER_BYTES = 128
VERSION = 0x0100
ORDERS = {b"IM": "<", b"MI": ">"}  # the last two bytes of the header
MATRIX, COMPRESSED = 14, 15  # types of elements
NUMBERS = {
    1: "i1",
    2: "u1",
    3: "i2",
    4: "u2",
    5: "i4",
    6: "u4",
    7: "f4",
    9: "f8",
    12: "i8",
    13: "u8",
}
ENCODINGS = {1: "latin-1", 2: "latin-1", 4: "utf-16", 16: "utf-8", 17: "utf-16", 18: "utf-32"}
CELL, STRUCT, CHARACTERS = 1, 2, 4  # classes of variables
NUMERIC = range(6, 16)
LOGICAL, COMPLEX = 0x02, 0x08  # flags
MAX_UNZIPPED = 1 << 31  # bytes, of all variables together
MAX_LEVELS = 8  # of structures in structures


class Element(NamedTuple):
    """One element: its type and its content."""

    kind: int
    content: memoryview


def byte_order(header: bytes) -> str | None:
    """Return the byte order that a header states; None if it is not of version 5."""
    order = ORDERS.get(header[126:128])
    if order is None or struct.unpack(f"{order}H", header[124:126]) != (VERSION,):
        return None
    return order


def is_version4(data: bytes) -> bool:
    """Return whether a file begins with the header of a variable of version 4.

    Source: MathWorks, MAT-File Format, Level 4: five numbers, then the name.
    """
    if len(data) < 20:
        return False
    for order in "<>":
        kind, rows, columns, is_complex, letters = struct.unpack(f"{order}5i", data[:20])
        is_kind = 0 <= kind % 1000 <= 52 and kind // 1000 in range(5)
        if is_kind and min(rows, columns) >= 0 and is_complex in (0, 1) and 1 < letters < 64:
            return True
    return False


def read_variables(path: Path, data: bytes) -> dict[str, Any]:
    """Read the variables of a file by name: arrays, texts, lists and dictionaries.

    Raises: CorruptError.
    """
    order = byte_order(data[:HEADER_BYTES])
    if order is None:
        what = "not a MATLAB file of version 5, or its header is damaged"
        if is_version4(data):
            what = "a MATLAB file of version 4; expected version 5 to 7"
        hint = 'In MATLAB: save("mine.mat", ..., "-v7"); in Python: scipy.io.loadmat, then savemat'
        raise CorruptError(f"{path}: {what}", hint)
    reader = Reader(path, order)
    variables: dict[str, Any] = {}
    for element in reader.elements(memoryview(data)[HEADER_BYTES:]):
        content = element
        if element.kind == COMPRESSED:
            (content,) = reader.elements(reader.unzip(element.content))
        if content.kind == MATRIX:
            name, value = reader.variable(content.content, 0)
            variables[name] = value
    return variables


@dataclass
class Reader:
    """Reader of elements in one byte order, with a limit on the bytes it unzips."""

    path: Path
    order: str
    room: int = MAX_UNZIPPED

    def damaged(self, what: str) -> CorruptError:
        """Build the error for a damaged file."""
        return CorruptError(f"{self.path}: damaged MATLAB file ({what})", COPY_AGAIN)

    def unzip(self, data: memoryview) -> memoryview:
        """Unzip a variable, up to the limit for all variables together.

        Raises: CorruptError.
        """
        limit = min(self.room, len(data) * GZIP_MAX_RATIO + 1)
        inflater = zlib.decompressobj()
        try:
            content = inflater.decompress(data, limit)
        except zlib.error as error:
            raise self.damaged(describe_cause(error)) from error
        if not inflater.eof:
            what = "compressed data end" if len(content) < self.room else "too much for memory"
            raise self.damaged(f"{what} after {len(content):,} bytes")
        self.room -= len(content)
        return memoryview(content)

    def elements(self, data: memoryview) -> Iterator[Element]:
        """Yield the elements one after another.

        Raises: CorruptError if one declares more bytes than there are.
        """
        position = 0
        while position < len(data):
            if position + 8 > len(data):
                raise self.damaged("a tag is incomplete")
            kind, size = struct.unpack_from(f"{self.order}2I", data, position)
            start, step = position + 8, 8 + size
            if kind >> 16:  # a small element has its content in its tag
                kind, size = kind & 0xFFFF, kind >> 16
                start, step = position + 4, 8
            if start + size > len(data) or (step == 8 and start == position + 4 and size > 4):
                raise self.damaged(f"an element declares {size:,} bytes, more than there are")
            yield Element(kind, data[start : start + size])
            position += step if kind == COMPRESSED else -(-step // 8) * 8

    def variable(self, data: memoryview, level: int) -> tuple[str, Any]:
        """Read a variable: its name and its value; None for kinds that hold no images.

        Raises: CorruptError.
        """
        if level > MAX_LEVELS:
            raise self.damaged(f"structures more than {MAX_LEVELS} deep")
        parts = self.elements(data)
        head = list(itertools.islice(parts, 3))
        if not head:
            return "", None  # an empty matrix
        if len(head) < 3 or len(head[0].content) != 8:
            raise self.damaged("a variable without a name or shape")
        flags, _ = struct.unpack(f"{self.order}2I", head[0].content)
        shape = tuple(self.numbers(head[1]).tolist())
        if not 2 <= len(shape) <= 32 or min(shape) < 0:
            raise self.damaged(f"a variable of shape {shape}")
        name = bytes(head[2].content).decode("latin-1")
        return name, self.value(flags & 0xFF, flags >> 8, shape, parts, level)

    def value(
        self, kind: int, flags: int, shape: tuple[int, ...], parts: Iterator[Element], level: int
    ) -> Any:
        """Read the content of a variable of any class.

        Raises: CorruptError.
        """
        if kind in NUMERIC and not flags & COMPLEX:
            return self.array(next(parts, None), shape, bool(flags & LOGICAL))
        if kind == CHARACTERS:
            return self.texts(next(parts, None), shape)
        if kind == CELL:
            return [self.variable(it.content, level + 1)[1] for it in parts]
        if kind == STRUCT:
            return self.structure(shape, parts, level)
        return None

    def numbers(self, element: Element) -> NDArray[Any]:
        """View the content of an element as numbers of the type in which they are stored.

        Raises: CorruptError.
        """
        code = NUMBERS.get(element.kind)
        if code is None or len(element.content) % int(code[1]):
            raise self.damaged(f"numbers of type {element.kind}")
        return np.frombuffer(element.content, self.order + code)

    def array(self, element: Element | None, shape: tuple[int, ...], is_logical: bool) -> Any:
        """Read an array; whole numbers may be stored in a smaller type than theirs.

        Raises: CorruptError.
        """
        if element is None:
            raise self.damaged("a variable without content")
        values = self.numbers(element)
        if values.size != math.prod(shape):
            raise self.damaged(f"{values.size:,} numbers in a variable of shape {shape}")
        array = values.reshape(shape, order="F")
        return array != 0 if is_logical else array

    def texts(self, element: Element | None, shape: tuple[int, ...]) -> Any:
        """Read a text, or a list of the rows of a matrix of letters.

        Raises: CorruptError.
        """
        if element is None or element.kind not in ENCODINGS:
            raise self.damaged("letters of an unknown type")
        encoding = ENCODINGS[element.kind]
        if encoding in ("utf-16", "utf-32"):
            encoding += "-le" if self.order == "<" else "-be"
        letters = bytes(element.content).decode(encoding, "replace")
        if len(shape) > 2 or len(letters) != math.prod(shape) or shape[0] == 1:
            return letters
        rows = shape[0]
        return [letters[row::rows].strip() for row in range(rows)]

    def structure(self, shape: tuple[int, ...], parts: Iterator[Element], level: int) -> Any:
        """Read a structure as a dictionary, or several as a list of dictionaries.

        Raises: CorruptError.
        """
        head = list(itertools.islice(parts, 2))
        lengths = self.numbers(head[0]).tolist() if head else []
        if len(head) < 2 or len(lengths) != 1 or lengths[0] < 1:
            raise self.damaged("a structure without names of fields")
        names = bytes(head[1].content)
        fields = [
            names[start : start + lengths[0]].split(b"\0")[0].decode("latin-1")
            for start in range(0, len(names), lengths[0])
        ]
        values = [self.variable(it.content, level + 1)[1] for it in parts]
        if len(values) != len(fields) * math.prod(shape):
            raise self.damaged(f"{len(values):,} values of {len(fields):,} fields")
        step = max(len(fields), 1)
        records = [
            dict(zip(fields, values[start : start + step], strict=True))
            for start in range(0, len(values), step)
        ]
        return records[0] if len(records) == 1 else records
