"""Damages of a file: cut off, overwritten, emptied, or replaced by a file of another kind."""

import re

import numpy as np

HTML = b"<!DOCTYPE html><html><body>404 Not Found</body></html>\n"
PICTURE = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c6360000000020001e221bc330000000049454e44ae426082"
)
MAX_MESSAGE = 500  # letters
TERMINAL = b"\x1b[2J\x1b]0;title\x07\r\n\x9b31m\xff\xfe\n"  # codes that a terminal obeys


def overwritten(data, start, stop, pattern):
    """Replace the bytes between two shares of a file by a pattern."""
    first, last = int(start * len(data)), max(1, int(stop * len(data)))
    return data[:first] + (pattern * len(data))[: last - first] + data[last:]


NOISE = np.random.default_rng(8).bytes(1 << 12)
DAMAGES = {
    "empty": lambda _: b"",
    "cut to a few bytes": lambda data: data[:9],
    "cut in the first third": lambda data: data[: len(data) // 3],
    "cut before the end": lambda data: data[: -max(1, len(data) // 50)],
    "last byte missing": lambda data: data[:-1],
    "noise at the start": lambda data: overwritten(data, 0, 0.01, NOISE),
    "noise in the middle": lambda data: overwritten(data, 0.4, 0.6, NOISE),
    "noise at the end": lambda data: overwritten(data, 0.99, 1, NOISE),
    "terminal codes at the start": lambda data: TERMINAL + data[len(TERMINAL) :],
    "terminal codes in the middle": lambda data: overwritten(data, 0.5, 0.51, TERMINAL),
    "terminal codes at the end": lambda data: overwritten(data, 0.98, 1, TERMINAL),
    "zeros in the middle": lambda data: overwritten(data, 0.3, 0.7, b"\0"),
    "zeros": lambda data: bytes(len(data)),
    "noise": lambda data: (NOISE * len(data))[: len(data)],
    "twice": lambda data: data + data,
    "a web page": lambda _: HTML,
    "a picture": lambda _: PICTURE,
    "text": lambda _: b"to be done\n",
}


def require_clear(error):
    """Check that an error is one printable line without raw bytes, and has advice."""
    text = f"{error.message} | {error.hint}"
    assert error.exit_code == 4, text
    assert text.isprintable(), text
    assert error.hint, text
    assert len(error.message) < MAX_MESSAGE, text
    assert "b'" not in text, text
    assert not re.search(r"[A-Z]\w+(Error|Exception)\b|NoneType|Errno|codec|thrift", text), text
