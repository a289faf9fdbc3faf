"""The text of a CSV file, however it was saved, as lines with commas.

Whole lines come out a block at a time: UTF-8 without a mark, a newline at the end of each line, a
comma between two values and a full stop in every number.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CorruptError
from pipeline.formats.streams import unzipped

BLOCK_BYTES = 1 << 18  # what is made of a block stays in the processor's cache
MAX_LINE = 1 << 16  # bytes; a quoted line with blanks has 10,000
UTF16_MARKS = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

TRUTHS = {"True": "1", "False": "0"}  # as pandas writes pixels that are 1 and 0
SEPARATORS = {b"\t": "a tab", b";": "a semicolon", b"|": "a bar"}  # beside commas and blanks
SEPARATOR_LINE = re.compile(rb"sep=([,;|\t])\n")  # with which Excel begins a file

NEWLINE = re.compile(rb"\r\r?\n|\r")  # the first: twice made for Windows, or once

Read = Callable[[int], bytes]  # at most so many bytes; none at the end


def line_error(path: Path, line: int, what: str, hint: str = "") -> CorruptError:
    """Make the error for a line, counted from 1."""
    return CorruptError(f"{path}: line {line:,}: {what}", hint)


@dataclass(frozen=True)
class Dialect:
    """How the values of a line are separated."""

    separator: bytes = b","
    ends_with_one: bool = False  # every line does, after its last value

    def plain(self, path: Path, line: int, block: bytes) -> bytes:
        """Return a block of lines with commas between the values alone.

        Raises: CorruptError.
        """
        if self.separator == b" ":
            return b"".join(b",".join(it.split()) + b"\n" for it in block[:-1].split(b"\n"))
        if self.separator != b",":
            if b"," in block:
                block = re.sub(rb"(?<=[0-9]),(?=[0-9])", b".", block)
            if (place := block.find(b",")) >= 0:
                name = SEPARATORS[self.separator]
                what = f"a comma in a text, where {name} separates the values"
                hint = "Save the file with commas between the values"
                raise line_error(path, line + block.count(b"\n", 0, place), what, hint)
            block = block.replace(self.separator, b",")
        return block.replace(b",\n", b"\n") if self.ends_with_one else block


def plain_blocks(path: Path) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of whole lines with the number of their first.

    Raises: MissingError, StorageError, CorruptError.
    """
    dialect = None
    with unzipped(path) as file:
        for line, block in whole_lines(path, utf8_reader(path, file.read)):
            if dialect is None:
                if match := SEPARATOR_LINE.match(block):
                    line, block = line + 1, block[match.end() :]
                dialect = find_dialect(block)
            if block:
                yield line, dialect.plain(path, line, block)


def utf8_reader(path: Path, read: Read) -> Read:
    """Return a function that reads a text as UTF-8, without its mark.

    Raises: CorruptError.
    """
    first = read(BLOCK_BYTES)
    halves = first[:2].find(b"\0")  # of a letter in UTF-16 without a mark; -1: there is none
    is_utf16 = first.startswith(UTF16_MARKS) or halves >= 0
    decoder = codecs.getincrementaldecoder(("utf-16-be", "utf-16-le", "utf-16")[halves])()
    waiting = [first.removeprefix(codecs.BOM_UTF8)]

    def read_utf8(size: int) -> bytes:
        data = waiting.pop() if waiting else read(size)
        if not is_utf16:
            return data
        try:
            while data and not (text := decoder.decode(data)):  # half a character, or the mark
                data = read(size)
            return text.encode() if data else decoder.decode(b"", final=True).encode()
        except UnicodeError as error:
            what = f"{path}: begins as UTF-16 and is damaged"
            raise CorruptError(what, "Save it as UTF-8") from error

    return read_utf8


def whole_lines(path: Path, read: Read) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of whole lines with the number of their first, whatever ends a line.

    Empty lines at the end are none.

    Raises: CorruptError for a line that is longer than any we read.
    """
    line, rest, is_first = 1, b"", True
    while data := read(BLOCK_BYTES):
        while data.endswith(b"\r") and (more := read(1)):
            data += more
        text = rest + (NEWLINE.sub(b"\n", data) if b"\r" in data else data)
        content = len(text.rstrip(b" \n"))
        end = 1 + max(text.find(b"\n", content), text.rfind(b"\n", 0, content))
        block, rest = text[:end], text[end:]
        if len(rest) > MAX_LINE:
            line += block.count(b"\n")
            raise line_error(path, line, f"longer than {MAX_LINE:,} bytes; expected 785 values")
        if is_first:
            line += len(block) - len(block := block.lstrip(b"\n"))
        if block:
            yield line, block
            is_first = False
        line += block.count(b"\n")
    if rest := rest.rstrip(b" \n"):
        yield line, rest + b"\n"


def find_dialect(block: bytes) -> Dialect:
    """Find out how values are separated, from the first two lines.

    Where there are semicolons or tabs, commas are those of decimals.
    """
    first, second = (*(re.sub(rb'"[^"]*"', b"", it) for it in block.split(b"\n", 2)[:2]), b"")[:2]
    separator = next((it for it in SEPARATORS if it in first), b",")
    if separator not in first and is_row_of_numbers(first):
        return Dialect(b" ")
    ends = [it.endswith(separator) for it in (first, second)]
    counts = [it.count(separator) for it in (first, second)]
    is_longer = counts[0] > counts[1], counts[1] > counts[0]
    return Dialect(separator, any(ends) and (all(ends) or not second or is_longer[ends[1]]))


def is_row_of_numbers(line: bytes) -> bool:
    """Return whether a line has several numbers with blanks between them."""
    values = line.decode("latin-1").split()
    return len(values) > 1 and all(map(NUMBER.fullmatch, values))
