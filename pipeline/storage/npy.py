"""The header of a `.npy` array, read without evaluating it.

NumPy's reader evaluates the header as Python, and may raise nearly any error.

Source: NumPy's lib/format.py, versions 1.0 to 3.0.
"""

import math
import re
from typing import IO, Any, NamedTuple

import numpy as np

from pipeline.errors import COPY_AGAIN, CorruptError

MAGIC = b"\x93NUMPY"
STARTS = {MAGIC + bytes([version, 0]) for version in (1, 2, 3)}
FIELDS = 'In Python: np.savez("mine.npz", x=a["image"], y=a["label"]), with the names of its fields'
MAX_HEADER = 10_000  # bytes, as in NumPy
HEADER = re.compile(  # numbers have an L where Python 2 wrote them
    rb"\{'descr': '([<>|=][a-zA-Z][0-9]{0,9})', 'fortran_order': (True|False), "
    rb"'shape': \(([0-9L, ]*)\),? ?\}\s*"
)


class NpyHeader(NamedTuple):
    """The shape and type of an array, from its header."""

    shape: tuple[int, ...]
    is_fortran: bool
    dtype: np.dtype[Any]
    size: int  # bytes of the header itself

    @property
    def content_size(self) -> int:
        """The size of the array in bytes."""
        return math.prod(self.shape) * self.dtype.itemsize


def read_npy_header(where: str, file: IO[bytes]) -> NpyHeader:
    """Read the header of an array of numbers or text.

    Raises: CorruptError.
    """
    start = file.read(8)
    prefix = file.read(2 if start[6:7] == b"\1" else 4)
    length = int.from_bytes(prefix, "little")
    text = file.read(length) if length <= MAX_HEADER else b""
    match = HEADER.fullmatch(text)
    if start in STARTS and b"'descr': [" in text:
        what = "an array of structures; expected one of numbers"
        raise CorruptError(f"{where}: {what}", FIELDS)
    if start not in STARTS or match is None:
        what = f"{where} is not an array of numbers, or its header is damaged"
        raise CorruptError(what, f"{COPY_AGAIN}, or save it again with np.savez")
    descr, order, numbers = (group.decode() for group in match.groups())
    try:
        shape = tuple(map(int, re.findall("[0-9]+", numbers)))
        return NpyHeader(shape, order == "True", np.dtype(descr), 8 + len(prefix) + length)
    except (TypeError, ValueError, OverflowError) as error:
        raise CorruptError(f"{where} has an unknown type or size", COPY_AGAIN) from error
