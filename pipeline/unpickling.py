"""Load other people's pickles without running any code in them.

A pickle is a program. Forbidding its imports is not enough: twelve bytes can still ask for a
terabyte, and an allowed NumPy function would allocate whatever it is told to. So a file passes
three gates:

1. Every opcode is looked at before anything is loaded. Only the ones that plain data and NumPy
   arrays need are let through, and every declared length must fit into the file.
2. The standard unpickler runs with an allow-list of names, and not one of them is NumPy's own:
   each is a small record of ours that only notes what it was given.
3. The records become arrays when the bytes that they hold are exactly as many as their shape
   and type say.

Source: the opcodes are those of Python's `pickletools`; the calls that arrays make are those of
`numpy.ndarray.__reduce__`, `__reduce_ex__` and `numpy.dtype.__reduce__`.
"""

import io
import math
import pickle
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.cache import storage_error
from pipeline.errors import CorruptError, MissingError

MAX_DEPTH = 32  # lists in lists; parallel lists of images have 4

# opcode -> bytes of the little-endian length in front of its data
SIZED = {
    b"X": 4, b"B": 4, b"T": 4,  # BINUNICODE, BINBYTES, BINSTRING
    b"\x8c": 1, b"C": 1, b"U": 1, b"\x8a": 1,  # SHORT_BINUNICODE, ..., LONG1
    b"\x8d": 8, b"\x8e": 8, b"\x96": 8,  # BINUNICODE8, BINBYTES8, BYTEARRAY8
}  # fmt: skip
CONTAINER_BYTES = 64  # what an empty list, tuple or dictionary costs in memory, about
MEMORY_PER_FILE_BYTE = 16  # plain lists of small integers need 6


class RefusedError(CorruptError):
    """A pickle that asks for something that plain data never needs."""


@dataclass(frozen=True, slots=True)
class Name:
    """What an imported name becomes: something to call, and nothing else."""

    call: Callable[..., Any]

    def __call__(self, *arguments: Any) -> Any:
        return self.call(*arguments)


class DtypeRecord:
    """What `numpy.dtype(code, align, copy)` was given, and the byte order that follows."""

    def __init__(self, code: str, *_: object) -> None:
        self.code = str(code)
        self.order = "<"

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.order = str(state[1])

    @property
    def is_object(self) -> bool:
        return self.code in ("O", "O8", "O4")

    def to_numpy(self) -> np.dtype[Any]:
        if not re.fullmatch(r"[biuf][1248]", self.code) or self.order not in ("<", ">", "|", "="):
            raise ValueError(f"arrays of type {self.code!r} are not read")
        return np.dtype(self.order + self.code)


class ArrayRecord:
    """What an array's pickle says of it: shape, type, order, bytes or, of objects, a list."""

    def __init__(self) -> None:
        self.state: tuple[Any, ...] | None = None

    def __setstate__(self, state: tuple[Any, ...]) -> None:
        self.state = state

    def resolve(self, inner: Callable[[Any], Any]) -> Any:
        """Make the array, or the list that an array of objects stands for."""
        if self.state is None:
            raise ValueError("an array without content")
        _, shape, dtype, is_fortran, content = self.state
        if dtype.is_object:
            if not isinstance(content, list) or len(content) != math.prod(shape):
                raise ValueError(f"an array of objects of shape {shape} with other content")
            return inner(content)
        content = content.encode("latin-1") if isinstance(content, str) else content
        array = np.frombuffer(content, dtype.to_numpy())
        return array.reshape(shape, order="F" if is_fortran else "C")


def record_reconstruct(kind: object, shape: object, code: object) -> ArrayRecord:
    """Stand in for `numpy.core.multiarray._reconstruct`."""
    return ArrayRecord()


def record_frombuffer(content: bytes, dtype: DtypeRecord, shape: object, order: str) -> ArrayRecord:
    """Stand in for `numpy._core.numeric._frombuffer`, which protocol 5 uses."""
    record = ArrayRecord()
    record.state = (1, shape, dtype, order == "F", content)
    return record


def record_encode(text: str, encoding: str) -> bytes:
    """Stand in for `_codecs.encode`, by which protocol 2 writes bytes."""
    if encoding != "latin1":
        raise ValueError(f"text is encoded as {encoding!r}, which no array's pickle does")
    return text.encode("latin-1")


def refuse_call(*_: object) -> Any:
    """Stand in for `numpy.ndarray`, which is only ever named, never called."""
    raise ValueError("numpy.ndarray is called, which no array's pickle does")


ALLOWED: dict[tuple[str, str], Callable[..., Any]] = {
    ("_codecs", "encode"): record_encode,
    ("numpy", "ndarray"): refuse_call,
    ("numpy", "dtype"): DtypeRecord,
    ("numpy.core.multiarray", "_reconstruct"): record_reconstruct,
    ("numpy._core.multiarray", "_reconstruct"): record_reconstruct,
    ("numpy.core.numeric", "_frombuffer"): record_frombuffer,
    ("numpy._core.numeric", "_frombuffer"): record_frombuffer,
}


class RecordingUnpickler(pickle.Unpickler):
    """The standard unpickler, to which only the names in ALLOWED exist."""

    has_imported = False  # without an import there can be no record either

    def find_class(self, module: str, name: str) -> Name:
        self.has_imported = True
        if (module, name) not in ALLOWED:
            raise RefusedError(f"it imports {module}.{name}, only NumPy arrays are allowed")
        return Name(ALLOWED[module, name])


def load_untrusted(path: Path) -> Any:
    """Load lists, tuples, dictionaries, numbers, text and NumPy arrays from any pickle.

    Arrays of objects come back as lists. Nothing in the file is run.

    Raises: MissingError, CorruptError (RefusedError when the pickle is hostile or not plain).
    """
    try:
        data = path.read_bytes()
    except FileNotFoundError as error:
        raise MissingError(f"{path} is not there") from error
    except OSError as error:
        raise storage_error(f"cannot read {path}", error) from error
    try:
        scan(data)
        unpickler = RecordingUnpickler(io.BytesIO(data), encoding="latin-1")
        loaded = unpickler.load()
        return resolve(loaded, {}, MAX_DEPTH) if unpickler.has_imported else loaded
    except CorruptError as error:
        raise type(error)(f"{path}: refused: {error.message}. Nothing in it was run") from error
    except Exception as error:  # the unpickler raises nearly every kind on damaged data
        raise CorruptError(
            f"{path}: no readable pickle: {type(error).__name__}: {error}"
        ) from error


def small_opcodes(size: int) -> re.Pattern[bytes]:
    """Match a run of opcodes that need no look at what they carry.

    A memo is a table as long as its largest index, so LONG_BINPUT may count to about the size
    of the file and no further.
    """
    memo = rb"r..[\x00-" + re.escape(bytes([min(size >> 16, 255)])) + rb"]\x00"
    return re.compile(
        rb"(?:[\](})Ntaesu.\x85\x86\x87\x88\x89\x94]"  # containers, None, True, False, MEMOIZE
        rb"|[Khq].|M..|[Jj]....|G.{8}|" + memo + rb"){1,4096}+",  # numbers, the memo
        re.DOTALL,
    )


def scan(data: bytes) -> None:
    """Pass every opcode of a pickle in review, without loading anything.

    Raises: RefusedError for an opcode or a length that plain data does not need.
    """
    small = small_opcodes(len(data))
    position = containers = 0
    while position < len(data):
        if run := small.match(data, position):
            containers += sum(data.count(opcode, position, run.end()) for opcode in b"](})")
            position = run.end()
        else:
            position = scan_opcode(data, position)
    if containers * CONTAINER_BYTES > len(data) * MEMORY_PER_FILE_BYTE + (1 << 20):
        raise RefusedError(f"its {containers:,} containers need far more memory than the file")


def scan_opcode(data: bytes, position: int) -> int:
    """Check one opcode that is not in SMALL, and return the position of the next."""
    opcode, start = data[position : position + 1], position + 1
    if opcode in SIZED:
        first = start + SIZED[opcode]
        return check_fits(data, first + int.from_bytes(data[start:first], "little"), opcode)
    if opcode == b"\x80":  # PROTO
        return check_fits(data, start + 1, opcode)
    if opcode == b"\x95":  # FRAME: only its length is skipped, its opcodes come next
        check_fits(data, start + 8 + int.from_bytes(data[start : start + 8], "little"), opcode)
        return start + 8
    if opcode == b"c":  # GLOBAL: two lines of text
        end = data.find(b"\n", data.find(b"\n", start, start + 256) + 1, start + 512)
        return check_fits(data, end + 1 if end > 0 else len(data) + 1, opcode)
    if opcode in (b"\x93", b"R", b"b"):  # STACK_GLOBAL, REDUCE, BUILD: the second gate's
        return start
    raise RefusedError(f"opcode {opcode!r} at byte {position} is not one that plain data needs")


def check_fits(data: bytes, end: int, opcode: bytes) -> int:
    """Refuse an opcode that reaches past the end of the file."""
    if end > len(data):
        raise RefusedError(f"opcode {opcode!r} asks for {end - len(data):,} bytes past the end")
    return end


def resolve(value: Any, done: dict[int, Any], depth: int) -> Any:
    """Replace every record by its array; what is shared is resolved once, so it stays shared."""
    if isinstance(value, (int, float, str, bytes, bytearray, type(None))):
        return value
    if depth == 0:
        raise RefusedError(f"its lists are nested more than {MAX_DEPTH} deep")
    if id(value) in done:
        return done[id(value)][0]

    def inner(item: Any) -> Any:
        return resolve(item, done, depth - 1)

    if isinstance(value, ArrayRecord):
        result = value.resolve(inner)
    elif isinstance(value, (list, tuple)):
        is_flat = set(map(type, value)) <= {int, float, str, bytes}
        result = value if is_flat else type(value)(map(inner, value))
    elif isinstance(value, dict):
        result = {inner(key): inner(item) for key, item in value.items()}
    else:
        raise RefusedError(f"it holds a {type(value).__name__}, which is no plain data")
    done[id(value)] = (result, value)  # the value too, so that its id stays its own
    return result
