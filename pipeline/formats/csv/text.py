"""Text of a CSV file from any program, as lines with commas.

Blocks of whole lines come out as UTF-8 without a mark, a newline at the end of each line, a
comma between two values and a full stop in every number.
"""

import codecs
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import CorruptError
from pipeline.formats.streams import unzipped

BLOCK_BYTES = 1 << 18  # a parsed block fits into the processor's cache
MAX_HEAD = 99  # lines, of which the first may be comments
MAX_LINE = 1 << 16  # bytes; a quoted line with blanks has 10,000
UTF16_MARKS = codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE
NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]{1,3})?")

TRUTHS = {  # as pandas, R and databases write pixels that are 1 and 0
    **dict.fromkeys(("True", "TRUE", "true"), "1"),
    **dict.fromkeys(("False", "FALSE", "false"), "0"),
}
SEPARATORS = {b"\t": "a tab", b";": "a semicolon", b"|": "a bar"}  # other than commas and blanks
ODD_LINE = re.compile(rb"\n(?:[ \t,;|\x1a\0]*|#[^\n]*)(?=\n)")  # empty, or perhaps a comment
SINGLE_QUOTED = re.compile(rb"(?:^|[,;\t|])'[^,;\t|]*'(?:$|[,;\t|])")
SINGLE_QUOTE = re.compile(rb"(?m)(?:(?<=[,;\t|])|^)'|'(?=[,;\t|]|$)")
SEPARATOR_LINE = re.compile(rb"sep=([,;|\t])\n")  # with which Excel begins a file

HAS_BLANK = re.compile(rb'(?:^|[ \t])"[^" ]* [^"]*"(?=[ \t]|$)')  # in a quoted word
NEWLINE = re.compile(rb"\r\r?\n|\r")  # the first: twice made for Windows, or once

Read = Callable[[int], bytes]  # up to that many bytes; none at the end


def line_error(path: Path, line: int, what: str, hint: str = "") -> CorruptError:
    """Build the error for a line, counted from 1."""
    return CorruptError(f"{path}: line {line:,}: {what}", hint)


@dataclass(frozen=True)
class Dialect:
    """The separator of the values in a line, and the lines without values."""

    separator: bytes = b","
    ends_with_one: bool = False  # every line does, after its last value
    is_single_quoted: bool = False
    values: int = 1  # in a line
    header: bytes = b""  # the first line, where it may stand once more in the middle
    has_quoted_words: bool = False  # between blanks, as R's write.table saves them

    def rows(self, line: int, block: bytes, is_first: bool) -> Iterator[tuple[int, bytes]]:
        """Yield the lines with values of a block, in runs with their first number.

        Empty lines, comments and repeated headers are skipped.
        """
        text, start = b"\n" + block, 0
        for first, end in sorted(self.odd_lines(text, is_first)):
            if first > start:
                yield line + block.count(b"\n", 0, start), block[start:first]
            start = end
        if start < len(block):
            yield line + block.count(b"\n", 0, start), block[start:]

    def odd_lines(self, text: bytes, is_first: bool) -> Iterator[tuple[int, int]]:
        """Yield the start and end of each line without values, after a newline."""
        for match in ODD_LINE.finditer(text):
            is_comment = b"#" in match[0] and self.count(match[0]) != self.values
            if is_comment or b"#" not in match[0]:
                yield match.start(), match.end()
        again = b"\n" + self.header + b"\n"
        place = text.find(again) if self.header else -1
        if is_first:
            place = text.find(again, place + 1) if place >= 0 else -1
        while place >= 0:
            yield place, place + len(again) - 1
            place = text.find(again, place + 1)

    def count(self, text: bytes) -> int:
        """Count the values in a line."""
        return len(text.split()) if self.separator == b" " else 1 + text.count(self.separator)

    def plain(self, path: Path, line: int, block: bytes) -> bytes:
        """Return a block of lines with commas as the only separators.

        Raises: CorruptError.
        """
        if self.is_single_quoted:
            block = SINGLE_QUOTE.sub(b'"', block)
        if self.separator == b" ":
            if self.has_quoted_words:
                block = block.replace(b'"', b"")
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
            is_first = dialect is None
            if dialect is None:
                if match := SEPARATOR_LINE.match(block):
                    line, block = line + 1, block[match.end() :]
                dialect = find_dialect(block)
            for first, rows in dialect.rows(line, block, is_first):
                yield first, dialect.plain(path, first, rows)


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
            what = f"{path}: damaged UTF-16 text"
            raise CorruptError(what, "Save it as UTF-8") from error

    return read_utf8


def whole_lines(path: Path, read: Read) -> Iterator[tuple[int, bytes]]:
    """Yield blocks of whole lines with the number of their first line.

    Raises: CorruptError for a line that is too long.
    """
    line, rest = 1, b""
    while data := read(BLOCK_BYTES):
        while data.endswith(b"\r") and (more := read(1)):
            data += more
        text = rest + (NEWLINE.sub(b"\n", data) if b"\r" in data else data)
        end = 1 + text.rfind(b"\n")
        block, rest = text[:end], text[end:]
        if len(rest.rstrip(b"\0")) > MAX_LINE:
            line += block.count(b"\n")
            what = f"longer than {MAX_LINE:,} bytes; expected 785 values"
            raise line_error(path, line, what, "Save the file with one image per line")
        if block:
            yield line, block
        line += block.count(b"\n")
    if rest:
        yield line, rest + b"\n"


def find_dialect(block: bytes) -> Dialect:
    """Detect the separator from the first two lines that are not comments.

    If there are semicolons or tabs, commas are decimal marks.
    """
    lines = [it for it in block.split(b"\n", MAX_HEAD)[:MAX_HEAD] if it.strip(b" \t,;|\x1a\0")]
    plain = [re.sub(rb'"[^"]*"', b"", it) for it in lines]
    first, second = (*[it for it in plain if it[:1] != b"#"], *plain, b"", b"")[:2]
    header = next((it for it in lines if it[:1] != b"#"), b"")
    separator = next((it for it in SEPARATORS if it in first), b",")
    if separator not in first and (is_row_of_numbers(first) or are_words(first, second)):
        return Dialect(b" ", values=len((second or first).split()))
    if separator not in first and are_quoted_words(lines[:2]):
        return Dialect(b" ", has_quoted_words=True, values=len(lines[-1].split()))
    ends = [it.endswith(separator) for it in (first, second)]
    counts = [it.count(separator) for it in (first, second)]
    is_longer = counts[0] > counts[1], counts[1] > counts[0]
    return Dialect(
        separator,
        any(ends) and (all(ends) or not second or is_longer[ends[1]]),
        b'"' not in block and any(map(SINGLE_QUOTED.search, plain)),
        1 + max(counts),
        header if names_columns(header, separator) else b"",
    )


def names_columns(line: bytes, separator: bytes) -> bool:
    """Return whether most values of a line are not numbers."""
    values = [it.strip(b" \"'").decode("latin-1") for it in line.split(separator)]
    texts = [it for it in values if it and not NUMBER.fullmatch(it) and it not in TRUTHS]
    return 2 * len(texts) > len(values) > 1


def are_words(first: bytes, second: bytes) -> bool:
    """Return whether one line has as many words as the next has numbers.

    In R's write.table, the column of row names has no word.
    """
    return is_row_of_numbers(second) and len(second.split()) - len(first.split()) in (0, 1)


def are_quoted_words(lines: list[bytes]) -> bool:
    """Return whether lines are those of R's write.table: quoted words, and a row of numbers.

    The header lacks a name for the column of row names.
    """
    words = [it.replace(b'"', b"").split() for it in lines]
    if len(words) < 2 or not any(b'"' in it for it in lines) or any(map(HAS_BLANK.search, lines)):
        return False
    numbers = sum(NUMBER.fullmatch(it.decode("latin-1")) is not None for it in words[1])
    return len(words[1]) - len(words[0]) in (0, 1) and numbers >= len(words[1]) - 1 > 1


def is_row_of_numbers(line: bytes) -> bool:
    """Return whether a line has several numbers with blanks between them."""
    values = line.decode("latin-1").split()
    return len(values) > 1 and all(map(NUMBER.fullmatch, values))
