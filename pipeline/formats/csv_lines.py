"""Lines of a CSV file: where they end, what they hold, and which one is wrong."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError

PIXELS = 784
FIELDS = 1 + PIXELS
BLOCK_BYTES = 1 << 18  # what is made of a block stays in the processor's cache
MAX_LINE = 1 << 16  # bytes; a quoted line with blanks has 10,000
COMMA, NEWLINE, ZERO = ord(","), ord("\n"), ord("0")
LABEL_NAMES = frozenset(("label", "labels", "class", "target", "digit", "y"))
PIXEL_NAMES = (
    [f"pixel{i}" for i in range(PIXELS)],
    [f"pixel{i + 1}" for i in range(PIXELS)],
    [f"{i // 28 + 1}x{i % 28 + 1}" for i in range(PIXELS)],
    [f"{i // 28}x{i % 28}" for i in range(PIXELS)],
)


class UnlabelledError(CorruptError):
    """A CSV file of images without labels, as Kaggle's test.csv is."""


def line_error(path: Path, line: int, what: str, hint: str = "") -> CorruptError:
    """Say what is wrong in which line, counted from 1."""
    return CorruptError(f"{path}: line {line:,}: {what}", hint)


def whole_lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of whole lines with the number of their first; each line ends with a newline.

    Raises: CorruptError for a line that is longer than any we read.
    """
    line, rest = 1, b""
    while True:
        data = file.read(BLOCK_BYTES)
        text = rest + data if data or not rest else rest + b"\n"
        end = text.rfind(b"\n") + 1
        block, rest = text[:end].replace(b"\r\n", b"\n"), text[end:]
        if len(rest) > MAX_LINE:
            line += block.count(b"\n")
            raise line_error(
                path, line, f"longer than {MAX_LINE:,} bytes; expected {FIELDS} numbers"
            )
        if line == 1:
            block = block.removeprefix(b"\xef\xbb\xbf")  # with which some programs mark UTF-8
        if block:
            yield line, block
        line += block.count(b"\n")
        if not data:
            return


def split_fields(path: Path, line: int, text: bytes) -> list[str]:
    """Take one line apart, with or without quotes.

    Raises: CorruptError.
    """
    try:
        (fields,) = csv.reader([text.decode("utf-8")], strict=True)
    except UnicodeDecodeError as error:
        raise line_error(path, line, f"no UTF-8 text ({error.reason})") from error
    except (csv.Error, ValueError) as error:
        raise line_error(path, line, f"no values separated by commas ({error})") from error
    return [field.strip() for field in fields]


def is_header(path: Path, text: bytes) -> bool:
    """Tell whether a first line names the columns, and refuse names that we do not understand.

    Raises: CorruptError, UnlabelledError.
    """
    fields = [name.lower() for name in split_fields(path, 1, text)]
    if not any(re.search(r"[a-z]", name) for name in fields[1:]):
        return False
    if fields[-1] in LABEL_NAMES and fields[0] not in LABEL_NAMES:
        raise line_error(path, 1, "the labels are the last column, expected the first", "Move it")
    if fields[0] not in LABEL_NAMES:
        what = f"the first column is called {fields[0][:30]!r}, expected 'label'"
        raise UnlabelledError(f"{path}: line 1: {what}", "Images without labels are not imported")
    if fields[1:] not in PIXEL_NAMES:
        names = ", ".join(fields[1:4])[:60]
        what = f"{len(fields)} columns: label, {names}, ...; expected label, pixel0 to pixel783"
        raise line_error(path, 1, what, "Or 1x1 to 28x28, or no header at all")
    return True


def parse_block(path: Path, line: int, block: bytes) -> tuple[list[bytes], NDArray[np.uint8]]:
    """Parse a block of lines into the texts of their labels and their pixels.

    Shapes: n labels, pixels (n, 784).

    Raises: CorruptError with the number of the line.
    """
    parsed = parse_plain(block)
    if parsed is not None:
        return parsed
    lines = block[:-1].split(b"\n")
    rows = [parse_line(path, line + i, text) for i, text in enumerate(lines)]
    labels, pixels = zip(*rows, strict=True)
    return list(labels), np.array(pixels, np.uint8)


def parse_plain(block: bytes) -> tuple[list[bytes], NDArray[np.uint8]] | None:
    """Parse lines that are as plain as can be; None for any other, right or wrong."""
    text = np.frombuffer(block, np.uint8)
    separators = np.flatnonzero((text == COMMA) | (text == NEWLINE))
    if len(separators) % FIELDS or b'"' in block:
        return None
    ends = separators.reshape(-1, FIELDS)
    if (text[ends[:, :-1]] != COMMA).any() or (text[ends[:, -1]] != NEWLINE).any():
        return None
    lengths = np.diff(ends, axis=1) - 1  # (n, 784), of the pixels
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    digits = text - ZERO  # what is no digit becomes more than 9
    after = ends[:, 1:]
    values = digits[after - 1].astype(np.uint16)
    highest = values.max()
    for place in (2, 3):
        places = np.where(lengths >= place, digits[after - place], 0)
        highest = max(highest, places.max())
        values += places * np.uint16(10 ** (place - 1))
    if highest > 9 or values.max() > 255:
        return None
    starts = [0, *(ends[:-1, -1] + 1).tolist()]
    labels = [block[start:end] for start, end in zip(starts, ends[:, 0].tolist(), strict=True)]
    return labels, values.astype(np.uint8)


def parse_line(path: Path, line: int, text: bytes) -> tuple[bytes, list[int]]:
    """Parse one line into the text of its label and its pixels.

    Raises: CorruptError.
    """
    if not text.strip():
        raise line_error(path, line, "nothing in it")
    fields = split_fields(path, line, text)
    if len(fields) != FIELDS:
        hint = "Values are separated by commas" if len(fields) == 1 else ""
        raise line_error(path, line, f"{len(fields)} values, expected a label and 784 pixels", hint)
    for column, value in enumerate(fields[1:], start=2):
        if not re.fullmatch(r"[0-9]{1,3}", value) or int(value) > 255:
            what = f"column {column} is {value[:30]!r}, expected a whole number from 0 to 255"
            raise line_error(path, line, what)
    return fields[0].encode(), list(map(int, fields[1:]))
