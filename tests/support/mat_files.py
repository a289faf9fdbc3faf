"""MATLAB files of version 5, written element by element in either order of bytes.

Source: MathWorks, MAT-File Format (2019), Level 5 MAT-files.
"""

import struct
import zlib

import numpy as np

TYPES = {"i1": 1, "u1": 2, "i2": 3, "u2": 4, "i4": 5, "u4": 6, "f4": 7, "f8": 9, "i8": 12, "u8": 13}
CLASSES = {
    "i1": 8,
    "u1": 9,
    "i2": 10,
    "u2": 11,
    "i4": 12,
    "u4": 13,
    "f4": 7,
    "f8": 6,
    "i8": 14,
    "u8": 15,
}


class MatFile:
    """Writes variables: arrays, texts, lists (cells) and dictionaries (structures)."""

    def __init__(self, order="<", zipped=False):
        self.order, self.zipped = order, zipped

    def write(self, **variables):
        mark = b"IM" if self.order == "<" else b"MI"
        head = b"MATLAB 5.0 MAT-file".ljust(116) + bytes(8) + struct.pack(f"{self.order}H", 0x0100)
        return head + mark + b"".join(self.variable(*it) for it in variables.items())

    def variable(self, name, value):
        made = self.matrix(name, value)
        if not self.zipped:
            return made
        data = zlib.compress(made)
        return struct.pack(f"{self.order}2I", 15, len(data)) + data

    def element(self, kind, data):
        if 0 < len(data) <= 4 and kind != 14:
            return struct.pack(f"{self.order}I", len(data) << 16 | kind) + data.ljust(4, b"\0")
        return struct.pack(f"{self.order}2I", kind, len(data)) + data.ljust(
            -(-len(data) // 8) * 8, b"\0"
        )

    def numbers(self, array):
        code = f"{array.dtype.kind}{array.dtype.itemsize}"
        return self.element(TYPES[code], array.astype(self.order + code).tobytes(order="F"))

    def matrix(self, name, value, stored=None):
        flags, parts = 0, []
        if isinstance(value, dict):
            kind, shape = 2, (1, 1)
            names = b"".join(key.encode().ljust(32, b"\0") for key in value)
            parts = [self.numbers(np.array([32], "i4")), self.element(1, names)]
            parts += [self.matrix("", it) for it in value.values()]
        elif isinstance(value, list):
            kind, shape = 1, (len(value), 1)
            parts = [self.matrix("", it) for it in value]
        elif isinstance(value, str):
            kind, shape = 4, (1, len(value))
            parts = [self.numbers(np.frombuffer(value.encode("utf-16-le"), "<u2"))]
        else:
            value = value if value.ndim > 1 else value[:, None]
            shape, is_logical = value.shape, value.dtype == bool
            flags = 0x0200 if is_logical else 0
            value = value.astype("u1") if is_logical else value
            kind = CLASSES[f"{value.dtype.kind}{value.dtype.itemsize}"]
            is_small = value.dtype == "f8" and (value == value.astype("u1")).all()
            parts = [self.numbers(value.astype("u1") if is_small else value)]  # as MATLAB stores it
        head = self.numbers(np.array([kind | flags, 0], "u4")) + self.numbers(np.array(shape, "i4"))
        return self.element(14, head + self.element(1, name.encode()) + b"".join(parts))
