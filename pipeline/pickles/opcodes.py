"""Pickle opcodes, read as the standard unpickler does, and their frames.

`pickletools.genops` is close, but not close enough to analyse a hostile file: it fails at names
that are not ASCII, undoes escapes that the unpickler keeps, and reads only decimal integers.
Neither checks frames, which matter: if a frame cuts an opcode in two, an unpickler that reads a
file takes the bytes after the frame as the rest of the opcode. It then executes other opcodes than
an unpickler that reads from memory.

Source: `Lib/pickletools.py` for the table of opcodes, `Lib/pickle.py` and `Modules/_pickle.c` for
what is read, CPython issue 154848 for frames.
"""

import codecs
import pickletools
import struct
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

from pipeline.errors import CorruptError
from pipeline.pickles.values import Truncated, UnknownValue, shortened

Reader = Callable[[bytes, int], tuple[Any, int]]
Table = dict[
    int, tuple[str, Reader | None]
]  # the name of every opcode, and the reader of its argument

LONG_INTEGER = 64  # bytes; longer integers are not computed


class MalformedPickleError(CorruptError):
    """A pickle whose opcodes cannot be read further."""


class TruncatedPickleError(MalformedPickleError):
    """An opcode that declares more bytes than the file has."""

    def __init__(self, declared: int, left: int) -> None:
        super().__init__(f"it declares {declared:,} bytes where {left:,} are left")
        self.declared = declared


class Opcode(NamedTuple):
    """One instruction of a pickle."""

    name: str
    argument: Any
    start: int
    end: int  # start of the next one


def read_opcodes(data: bytes, start: int = 0) -> Iterator[Opcode]:
    """Yield the opcodes of one pickle up to STOP; long texts are shortened.

    Raises: MalformedPickleError if they cannot be read further.
    """
    name, position = "", start
    while name != "STOP":
        start = position
        name, argument, position = read_opcode(data, start, SHORTENED)
        yield Opcode(name, argument, start, position)


def read_opcode(data: bytes, start: int, table: Table) -> tuple[str, Any, int]:
    """Read one opcode: its name, its argument, and the start of the next one.

    Raises: MalformedPickleError.
    """
    if start >= len(data):
        raise MalformedPickleError("it ends without STOP")
    if data[start] not in table:
        raise MalformedPickleError(f"byte {start:,} is 0x{data[start]:02x}, which is not an opcode")
    name, reader = table[data[start]]
    return name, *(reader(data, start + 1) if reader else (None, start + 1))


class Frames:
    """Frame checks of opcodes; stores the first frame error."""

    def __init__(self) -> None:
        self.end = 0  # of the current frame
        self.lie = ""

    def check(self, opcode: Opcode, size: int) -> None:
        """Compare one opcode with its frame, in a file of `size` bytes."""
        is_inside = opcode.start < self.end
        if is_inside and (opcode.end > self.end or opcode.name == "FRAME"):
            self.lie = self.lie or f"a frame ends inside the {opcode.name} of byte {opcode.start:,}"
        if opcode.name == "FRAME":
            self.end = opcode.end + opcode.argument
        if opcode.name == "STOP" and self.end > size:
            self.lie = (
                self.lie or f"a frame ends at byte {self.end:,}; the file ends at byte {size:,}"
            )


def take(data: bytes, start: int, length: int) -> int:
    """Return the end of `length` bytes.

    Raises: TruncatedPickleError if the data are shorter.
    """
    if length < 0 or start + length > len(data):
        raise TruncatedPickleError(length, max(0, len(data) - start))
    return start + length


def number(layout: str) -> Reader:
    """Return the reader of a number of fixed width."""
    compiled = struct.Struct(layout)

    def read(data: bytes, start: int) -> tuple[Any, int]:
        end = take(data, start, compiled.size)
        return compiled.unpack_from(data, start)[0], end

    return read


def counted(layout: str, convert: Callable[[bytes], Any]) -> Reader:
    """Return the reader of bytes with a length prefix."""
    read_length = number(layout)

    def read(data: bytes, start: int) -> tuple[Any, int]:
        length, start = read_length(data, start)
        end = take(data, start, length)
        return convert(data[start:end]), end

    return read


def line(convert: Callable[[bytes], Any]) -> Reader:
    """Return the reader of an argument that ends with its line.

    At the end of the file the unpickler reads the remaining bytes, and takes the last byte as the
    line's end; with INST that is enough to run code.
    """

    def read(data: bytes, start: int) -> tuple[Any, int]:
        end = data.find(b"\n", start)
        end = max(start, len(data) - 1) if end < 0 else end
        return convert(data[start:end]), min(end + 1, len(data))

    return read


def read_pair(data: bytes, start: int) -> tuple[Any, int]:
    """Read the two lines of a module and a name in it."""
    module, start = line(lambda name: shortened(decode(name)))(data, start)
    name, end = line(lambda name: shortened(decode(name)))(data, start)
    return (module, name), end


def decode(data: bytes) -> str:
    """Decode bytes as text.

    Raises: MalformedPickleError.
    """
    try:
        return str(data, "utf-8", "surrogatepass")
    except UnicodeDecodeError as error:
        raise MalformedPickleError(f"a text is not UTF-8 ({error.reason})") from error


def unescape(data: bytes) -> Any:
    """Decode the escapes of a quoted text from Python 2."""
    if len(data) < 2 or data[0] != data[-1] or data[0] not in b"\"'":
        return UnknownValue("text without quotes")
    try:
        return codecs.escape_decode(data[1:-1])[0].decode("latin-1")
    except ValueError:
        return UnknownValue("text with damaged escapes")


def unescape_unicode(data: bytes) -> str:
    """Decode the escapes of a text of protocol 0.

    Raises: MalformedPickleError.
    """
    try:
        return str(data, "raw-unicode-escape")
    except UnicodeDecodeError as error:
        raise MalformedPickleError(f"a text has damaged escapes ({error.reason})") from error


def to_integer(digits: bytes) -> Any:
    """Read an integer in text, in the base of its prefix."""
    digits = digits.removesuffix(b"L")
    for base in (10, 0):
        try:
            return int(digits, base)
        except ValueError:
            continue
    return UnknownValue("integer")


def to_short_integer(digits: bytes) -> Any:
    """Read an integer in text, or a truth value written as an integer."""
    return digits == b"01" if digits in (b"00", b"01") else to_integer(digits)


def to_float(digits: bytes) -> Any:
    """Read a floating-point number in text."""
    try:
        return float(digits)
    except ValueError:
        return UnknownValue("number")


def little_endian(data: bytes) -> Any:
    """Read an integer of any length."""
    if len(data) > LONG_INTEGER:
        return Truncated("int", len(data), bytes(data[:LONG_INTEGER]))
    return int.from_bytes(data, "little", signed=True)


def latin(data: bytes) -> str:
    """Decode a string of Python 2 as text."""
    return data.decode("latin-1")


def make_table(keep: Callable[[Any], Any]) -> Table:
    """Build the table of all opcodes; `keep` may shorten a text or bytes."""

    def kept(convert: Callable[[bytes], Any]) -> Callable[[bytes], Any]:
        return lambda data: keep(convert(data))

    readers: dict[str, Reader] = {
        "uint1": number("<B"),
        "uint2": number("<H"),
        "int4": number("<i"),
        "uint4": number("<I"),
        "uint8": number("<Q"),
        "float8": number(">d"),
        "string1": counted("<B", kept(latin)),
        "string4": counted("<i", kept(latin)),
        "bytes1": counted("<B", keep),
        "bytes4": counted("<I", keep),
        "bytes8": counted("<Q", keep),
        "bytearray8": counted("<Q", kept(bytearray)),
        "unicodestring1": counted("<B", kept(decode)),
        "unicodestring4": counted("<I", kept(decode)),
        "unicodestring8": counted("<Q", kept(decode)),
        "unicodestringnl": line(kept(unescape_unicode)),
        "long1": counted("<B", little_endian),
        "long4": counted("<i", little_endian),
        "decimalnl_short": line(to_short_integer),
        "decimalnl_long": line(to_integer),
        "floatnl": line(to_float),
        "stringnl": line(kept(unescape)),
        "stringnl_noescape": line(kept(decode)),
        "stringnl_noescape_pair": read_pair,
    }
    return {
        ord(opcode.code): (opcode.name, readers[opcode.arg.name] if opcode.arg else None)
        for opcode in pickletools.opcodes
    }


SHORTENED = make_table(lambda value: value if isinstance(value, UnknownValue) else shortened(value))
WHOLE = make_table(lambda value: value)
