"""Lines of a CSV file split into texts and numbers, a block at a time.

Lines of plain whole numbers are split with NumPy, others by NumPy's reader of text. Only a
block that neither can read is parsed line by line, to find the line with the error.
"""

import csv
import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError
from pipeline.formats.csv.text import NUMBER, TRUTHS, line_error
from pipeline.storage.levels import FULL, MAX_LEVEL, guess_full

UTF8 = (
    'Save the file as UTF-8. In Python: Path("new.csv").write_text('
    'Path("FILE").read_text("cp1252"), "utf-8"), with the encoding that it has: cp1252 in western '
    "Europe, cp1251, shift-jis, gbk"
)
WHOLE_NUMBER = f"a whole number from 0 to {FULL}"
NEGATIVE = (
    "Pixels from -1 to 1? Save np.round((x + 1) / 2 * 255). Standardised ones? "
    "Save np.round((x * std + mean) * 255)"
)
CORRECT = "Correct the line, or remove it"
FRACTIONS = "Save all pixels as whole numbers, or all as fractions up to 1"
COMMA, NEWLINE, ZERO = ord(","), ord("\n"), ord("0")


@dataclass(frozen=True)
class Wanted:
    """The columns to read from a file, counted from 0."""

    fields: int  # in a line
    texts: tuple[int, ...]
    numbers: tuple[int, ...]


@dataclass(frozen=True)
class Block:
    """Some lines of a file."""

    line: int  # the first of them
    texts: tuple[list[bytes], ...]  # of each wanted column
    numbers: NDArray[Any]  # (n, columns), uint8 or float64


def split_fields(path: Path, line: int, text: bytes) -> list[str]:
    """Split one line into values, with or without quotes.

    Raises: CorruptError.
    """
    try:
        (fields,) = csv.reader([text.decode("utf-8")], strict=True)
    except UnicodeDecodeError as error:
        what = f"not UTF-8 text ({error.reason})"
        raise line_error(path, line, what, UTF8) from error
    except (csv.Error, ValueError) as error:
        what = "not values separated by commas, because of its quotes"
        raise line_error(path, line, what, "Save the file again as CSV") from error
    return [field.strip() for field in fields]


def parse_block(path: Path, line: int, block: bytes, wanted: Wanted) -> Block:
    """Split a block of lines into texts and numbers.

    Raises: CorruptError with the number of the line.
    """
    ends = find_ends(block, wanted.fields) if wanted.numbers else None
    if ends is not None:
        numbers: NDArray[Any] | None = parse_plain(block, ends, wanted.numbers)
        if numbers is None:
            numbers = parse_floats(with_numbers(block), len(ends), wanted.numbers)
        if numbers is not None:
            return Block(line, tuple(cut(block, ends, it) for it in wanted.texts), numbers)
    rows = parse_lines(path, line, block, wanted)
    numbers = None
    if wanted.numbers:
        numbers = parse_floats(with_numbers(block), len(rows), wanted.numbers)
    if numbers is None:
        values = [[TRUTHS.get(row[it], row[it]) for it in wanted.numbers] for row in rows]
        numbers = np.array(values).astype(np.float64)
    texts = tuple([row[it].encode() for row in rows] for it in wanted.texts)
    return Block(line, texts, numbers)


def find_ends(block: bytes, fields: int) -> NDArray[np.intp] | None:
    """Find the end of every value; None for quotes or other numbers of values.

    Shapes: (n, fields).
    """
    text = np.frombuffer(block, np.uint8)
    separators = np.flatnonzero((text == COMMA) | (text == NEWLINE))
    if len(separators) % fields or b'"' in block:
        return None
    ends = separators.reshape(-1, fields)
    is_right = (text[ends[:, :-1]] == COMMA).all() and (text[ends[:, -1]] == NEWLINE).all()
    return ends if is_right else None


def find_starts(ends: NDArray[np.intp]) -> NDArray[np.intp]:
    """Find the start of every value.

    Shapes: (n, fields), the same out.
    """
    starts = np.empty_like(ends)
    starts.flat[0], starts.flat[1:] = 0, ends.flat[:-1] + 1
    return starts


def cut(block: bytes, ends: NDArray[np.intp], column: int) -> list[bytes]:
    """Cut the texts of a column out of a block."""
    starts = find_starts(ends)[:, column] if column else [0, *(ends[:-1, -1] + 1).tolist()]
    pairs = zip(map(int, starts), ends[:, column].tolist(), strict=True)
    return [block[start:end] for start, end in pairs]


def parse_plain(
    block: bytes, ends: NDArray[np.intp], columns: Sequence[int]
) -> NDArray[np.uint8] | None:
    """Parse whole numbers of one to three digits, up to 255; None for anything else.

    Shapes: ends (n, fields), out (n, columns).
    """
    low, high = min(columns), max(columns) + 1
    is_range = high - low == len(columns)
    chosen: Any = slice(low, high) if is_range else np.sort(columns)
    before = ends[:, low - 1 : high - 1] if low and is_range else find_starts(ends)[:, chosen] - 1
    after = ends[:, chosen]
    lengths = after - before - 1
    if lengths.min() < 1 or lengths.max() > 3:
        return None
    digits = np.frombuffer(block, np.uint8) - ZERO  # other characters become more than 9
    values = digits[after - 1].astype(np.uint16)
    highest = values.max()
    for place in (2, 3):
        places = np.where(lengths >= place, digits[after - place], 0)
        highest = max(highest, places.max())
        values += places * np.uint16(10 ** (place - 1))
    if highest > 9 or values.max() > 255:
        return None
    return in_order(values.astype(np.uint8), columns)


def in_order(values: NDArray[Any], columns: Sequence[int]) -> NDArray[Any]:
    """Reorder values from the order of the file to the order of the columns."""
    if all(a < b for a, b in pairwise(columns)):
        return values
    return values[:, np.argsort(np.argsort(columns))]


def with_numbers(block: bytes) -> bytes:
    """Replace True and False by 1 and 0."""
    for text, number in TRUTHS.items():
        block = block.replace(text.encode(), number.encode())
    return block


def parse_floats(block: bytes, n: int, columns: Sequence[int]) -> NDArray[np.float64] | None:
    """Parse numbers of any form, quoted or not; None if NumPy cannot.

    Shapes: (n, columns).
    """
    try:
        lines = block[:-1].decode().split("\n")
        values = np.loadtxt(
            lines, delimiter=",", comments=None, quotechar='"', usecols=list(columns), ndmin=2
        )
    except ValueError:  # UnicodeDecodeError is one
        return None
    return values if len(values) == n and np.isfinite(values).all() else None


def parse_lines(path: Path, line: int, block: bytes, wanted: Wanted) -> list[list[str]]:
    """Split lines one by one, and check their values.

    Raises: CorruptError with the number of the line.
    """
    rows = []
    for number, text in enumerate(block[:-1].split(b"\n"), start=line):
        row = read_line(path, number, text, wanted)
        if len(row) != wanted.fields:
            hint = "Remove the line if it is not an image; if the file ends there, save it again"
            what = f"{len(row):,} values; expected {wanted.fields:,}"
            if wanted.fields == 785:
                what = f"{len(row):,} values; expected a label and 784 pixels"
            raise line_error(path, number, what, hint)
        for column in sorted(wanted.numbers):
            if not NUMBER.fullmatch(row[column]) and row[column] not in TRUTHS:
                raise value_error(path, number, column, row[column])
        rows.append(row)
    return rows


def read_line(path: Path, line: int, text: bytes, wanted: Wanted) -> list[str]:
    """Split a line into values; report a label that is not UTF-8 text.

    Raises: CorruptError.
    """
    try:
        return split_fields(path, line, text)
    except CorruptError as error:
        values = text.split(b",")
        for column in wanted.texts:
            try:
                values[column].decode()
            except UnicodeDecodeError as wrong:
                what = f"the label is not UTF-8 text ({wrong.reason})"
                raise line_error(path, line, what, UTF8) from error
            except IndexError:
                continue
        raise


def value_error(
    path: Path, line: int, column: int, value: str, expected: str = WHOLE_NUMBER
) -> CorruptError:
    """Build the error for a value that is not a pixel; the column counts from 0."""
    what = f'column {column + 1} is "{value[:30]}"; expected {expected}'
    hint = NEGATIVE if re.match("-[0-9.]", value) else CORRECT
    return line_error(path, line, what, hint)


def number_error(
    path: Path, block: Block, wanted: Wanted, wrong: NDArray[np.bool_], expected: str
) -> CorruptError:
    """Build the error for the first number that is not a pixel, given what is expected.

    Shapes: wrong (n, columns).
    """
    row = int(wrong.any(1).argmax())
    places = np.flatnonzero(wrong[row])
    place = min(places, key=lambda it: wanted.numbers[it])
    value = repr(float(block.numbers[row, place])).removesuffix(".0")
    error = value_error(path, block.line + row, wanted.numbers[place], value, expected)
    if float(value) > FULL:
        highest = guess_full(math.ceil(min(float(block.numbers.max()), MAX_LEVEL)), 0)
        error.hint = f"If more than {FULL} is full ink, state it, as in --highest {highest}"
    elif float(value) > 0 and expected == WHOLE_NUMBER:
        error.hint = FRACTIONS
    return error
