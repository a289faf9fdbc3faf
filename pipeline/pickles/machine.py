"""Follow the opcodes of a pickle of plain data and arrays, without running anything.

The standard unpickler calls what it is told to. This machine knows the opcodes that plain data
and NumPy arrays need and refuses the rest; it recognises the five calls by which arrays are
written, and does what they would have done by itself. An array becomes a view of its bytes.

Source: the opcodes are those of Python's `pickletools`; the calls that arrays make are those of
`numpy.ndarray.__reduce__`, `__reduce_ex__` and `numpy.dtype.__reduce__`.
"""

import math
import pickletools
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import CorruptError

MAX_REUSED_BYTES = 256  # texts as long as this may be used again: names, keys

# The names that the pickles of arrays import; each stands for itself and is never called.
NAMES = {
    ("numpy", "ndarray"): "ndarray",
    ("numpy", "dtype"): "dtype",
    ("numpy.core.multiarray", "_reconstruct"): "_reconstruct",
    ("numpy._core.multiarray", "_reconstruct"): "_reconstruct",
    ("numpy.core.numeric", "_frombuffer"): "_frombuffer",  # protocol 5
    ("numpy._core.numeric", "_frombuffer"): "_frombuffer",
    ("_codecs", "encode"): "encode",  # protocol 2 writes bytes as text to be encoded
}


class UnsafePickleError(CorruptError):
    """A pickle that asks for something that plain data never needs."""


@dataclass(frozen=True)
class Name:
    """An imported name. It stands for itself: there is nothing behind it to call."""

    name: str


UNFILLED = Name("an array whose content is still to come")


@dataclass
class Dtype:
    """What `numpy.dtype(code, align, copy)` was given, and the byte order that follows."""

    code: str
    order: str = "<"


def make_array(content: Any, dtype: Any, shape: Any, is_fortran: bool) -> Any:
    """Make an array as a view of its bytes, or the list that an array of objects stands for.

    Raises: UnsafePickleError unless there are exactly the bytes that shape and type need.
    """
    is_shape = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not is_shape or len(shape) > 64 or not isinstance(dtype, Dtype):
        raise UnsafePickleError("an array whose shape or type is none")
    size = math.prod(shape)
    if dtype.code in ("O", "O8", "O4"):
        if not isinstance(content, list) or len(content) != size:
            raise UnsafePickleError(f"an array of {size:,} objects with other content")
        return content
    if isinstance(content, str):  # Python 2 had no bytes
        content = content.encode("latin-1")
    if not re.fullmatch(r"[biuf][1248]", dtype.code) or not isinstance(content, bytes | bytearray):
        raise UnsafePickleError(f"an array of type {dtype.code[:20]!r}; numbers are read")
    numpy_type = np.dtype(dtype.order + dtype.code)
    if size * numpy_type.itemsize != len(content):
        raise UnsafePickleError(f"an array of {size:,} {numpy_type} in {len(content):,} bytes")
    return np.frombuffer(content, numpy_type).reshape(shape, order="F" if is_fortran else "C")


class Machine:
    """Follows the opcodes of a pickle, for plain data and arrays alone.

    What it makes is a tree: no list, array or long text is ever in two places, so the whole can
    be walked, copied and thrown away in a time that the file's size bounds.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memo: dict[int, Any] = {}

    def run(self) -> Any:
        """Follow every opcode to STOP, and return the one thing that is then on the stack."""
        for opcode, argument, _ in pickletools.genops(self.data):
            self.step(opcode.name, argument)
        (result,) = self.stack
        check_plain(result)
        return result

    def step(self, opcode: str, argument: Any) -> None:
        """Follow one opcode."""
        if opcode in CONSTANTS:
            self.stack.append(CONSTANTS[opcode]())
        elif opcode in LITERALS:
            self.stack.append(argument)
        elif opcode in STEPS:
            STEPS[opcode](self, argument)
        else:
            raise UnsafePickleError(f"opcode {opcode} is not one that plain data needs")

    def put(self, index: int | None) -> None:
        """Remember what is on top of the stack, under the next number if none is given."""
        self.memo[len(self.memo) if index is None else index] = self.stack[-1]

    def call(self, function: Callable[..., Any]) -> None:
        """Replace the two topmost things by what a function makes of them."""
        self.stack.append(function(*self.pop(2)))

    def pop(self, count: int) -> list[Any]:
        """Take so many things off the stack."""
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise UnsafePickleError("it takes more from the stack than there is")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def pop_to_mark(self) -> list[Any]:
        """Take off the stack what was pushed since the last MARK."""
        height = self.marks.pop()
        items = self.stack[height:]
        del self.stack[height:]
        return items

    def append(self, items: list[Any]) -> None:
        """Add items to the list on top of the stack."""
        if not isinstance(self.stack[-1], list):
            raise UnsafePickleError("items are added to what is no list")
        self.stack[-1].extend(items)

    def set_items(self, pairs: list[Any]) -> None:
        """Add keys and values to the dictionary on top of the stack; keys are text."""
        keys, values = pairs[::2], pairs[1::2]
        if not isinstance(self.stack[-1], dict) or not all(type(key) is str for key in keys):
            raise UnsafePickleError("a dictionary with other keys than text")
        self.stack[-1].update(zip(keys, values, strict=True))


def reusable(value: Any) -> Any:
    """Let a thing out of the memo once more, if it is too small for that to matter.

    Raises: UnsafePickleError for lists, tuples, arrays and long texts.
    """
    is_short = isinstance(value, str | bytes) and len(value) <= MAX_REUSED_BYTES
    if is_short or (isinstance(value, Name | Dtype | int | float | None) and value is not UNFILLED):
        return value
    kind = "array" if value is UNFILLED else type(value).__name__
    raise UnsafePickleError(f"it uses the same {kind} more than once")


def check_plain(value: Any) -> None:
    """Refuse a result in which a name or a dtype stands where data should.

    Raises: UnsafePickleError.
    """
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if isinstance(item, list | tuple):
            waiting.extend(item)
        elif isinstance(item, dict):
            waiting.extend(item.values())
        elif isinstance(item, Name | Dtype):
            raise UnsafePickleError("it holds an imported name where there should be data")


def find_name(module: Any, name: Any) -> Name:
    """Return the sign for an imported name.

    Raises: UnsafePickleError for every name that an array's pickle does not need.
    """
    if not isinstance(module, str) or not isinstance(name, str) or (module, name) not in NAMES:
        raise UnsafePickleError(f"it imports {f'{module}.{name}'[:100]!r}; only arrays are allowed")
    return Name(NAMES[module, name])


def reduce_call(function: Any, arguments: Any) -> Any:
    """Do what the call of an allowed name would have done, by ourselves.

    Raises: UnsafePickleError for any call that an array's pickle does not make.
    """
    match function, arguments:
        case [Name("_reconstruct"), (Name("ndarray"), (0,), _)]:
            return UNFILLED
        case [Name("dtype"), (str(code), *_)]:
            return Dtype(code)
        case [Name("encode"), (str(text), "latin1")]:
            return text.encode("latin-1")
        case [Name("_frombuffer"), (content, dtype, shape, order)]:
            return make_array(content, dtype, shape, order == "F")
    raise UnsafePickleError("it makes a call that no array's pickle makes")


def build(target: Any, state: Any) -> Any:
    """Give an array its content, or a dtype its byte order.

    Raises: UnsafePickleError for any other target or state.
    """
    match target, state:
        case [Name(), (_, shape, dtype, is_fortran, content)] if target is UNFILLED:
            return make_array(content, dtype, shape, is_fortran is True)
        case [Dtype(), (_, ("<" | ">" | "|" | "=") as order, *_)]:
            target.order = order
            return target
    raise UnsafePickleError("it gives a state to what is no array")


CONSTANTS: dict[str, Callable[[], Any]] = {
    "NONE": lambda: None,
    "NEWTRUE": lambda: True,
    "NEWFALSE": lambda: False,
    "EMPTY_LIST": list,
    "EMPTY_DICT": dict,
    "EMPTY_TUPLE": tuple,
}
LITERALS = {
    *("BININT", "BININT1", "BININT2", "LONG1", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
STEPS: dict[str, Callable[[Machine, Any], None]] = {
    "PROTO": lambda machine, version: None,
    "FRAME": lambda machine, length: None,
    "STOP": lambda machine, _: None,
    "MARK": lambda machine, _: machine.marks.append(len(machine.stack)),
    "TUPLE1": lambda machine, _: machine.stack.append(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.stack.append(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.stack.append(tuple(machine.pop(3))),
    "TUPLE": lambda machine, _: machine.stack.append(tuple(machine.pop_to_mark())),
    "APPEND": lambda machine, _: machine.append(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_to_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_to_mark()),
    "BINPUT": Machine.put,
    "LONG_BINPUT": Machine.put,
    "MEMOIZE": Machine.put,
    "BINGET": lambda machine, index: machine.stack.append(reusable(machine.memo[index])),
    "LONG_BINGET": lambda machine, index: machine.stack.append(reusable(machine.memo[index])),
    "GLOBAL": lambda machine, names: machine.stack.append(find_name(*names.split(" ", 1))),
    "STACK_GLOBAL": lambda machine, _: machine.call(find_name),
    "REDUCE": lambda machine, _: machine.call(reduce_call),
    "BUILD": lambda machine, _: machine.call(build),
}
