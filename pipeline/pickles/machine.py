"""A pickle machine for plain data and arrays, which runs no code of the file.

The standard unpickler calls any function that a file names. This machine executes only the opcodes
that plain data and NumPy arrays need, of every protocol, and refuses the rest. It recognises the
six calls that write arrays, and computes their results itself. An array is a view of its bytes.

Source: the opcodes are those of Python's `pickletools`; the calls that arrays make are those of
`__reduce__` and `__reduce_ex__` of `numpy.ndarray`, `numpy.generic` and `numpy.dtype`.
"""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipeline.errors import CorruptError
from pipeline.pickles.opcodes import WHOLE, Frames, Opcode, read_opcode
from pipeline.pickles.values import NAMES, Truncated, UnknownValue

MAX_REUSED_BYTES = 256  # the longest text that may be used again: names, keys
HIGHEST_PROTOCOL = 5
MAX_KEY = 1 << 31  # below this, a number is its hash
MAX_DEPTH = 1000  # open MARKs
DICTIONARY = 4  # containers that one dictionary counts as
FILE_BYTES = 16  # of a pickle per list or tuple in it; a row of 28 pixels has 60
SPARE_CONTAINERS = 1 << 14
ARRAY_TYPE = re.compile(r"[biuf][1248]|[SU][1-9][0-9]{0,6}")  # numbers, and texts of fixed length


class UnsafePickleError(CorruptError):
    """A pickle that needs more than plain data: unknown calls, names or opcodes."""


@dataclass(frozen=True)
class Name:
    """An imported name, as a symbol that cannot be called."""

    name: str


UNFILLED = Name("an array whose content is still to come")


@dataclass(frozen=True)
class Single:
    """Memo entry of a value that may be used only once."""

    kind: str


ABSENT = Single("")


@dataclass(slots=True)
class Dtype:
    """The arguments of `numpy.dtype(code, align, copy)`, and the byte order."""

    code: str
    order: str = "<"


def make_array(content: Any, dtype: Any, shape: Any, is_fortran: bool) -> Any:
    """Build an array as a view of its bytes, or a list from an array of objects.

    Raises: UnsafePickleError unless the bytes match shape and type exactly.
    """
    is_shape = isinstance(shape, tuple) and all(type(n) is int and n >= 0 for n in shape)
    if not is_shape or len(shape) > 64 or not isinstance(dtype, Dtype):
        raise UnsafePickleError("an array without a valid shape or type")
    size = math.prod(shape)
    if dtype.code in ("O", "O8", "O4"):
        if not isinstance(content, list) or len(content) != size:
            raise UnsafePickleError(f"an array of {size:,} objects whose content does not match")
        return content
    if isinstance(content, str):  # Python 2 had no bytes
        content = content.encode("latin-1")
    if not ARRAY_TYPE.fullmatch(dtype.code) or not isinstance(content, bytes | bytearray):
        raise UnsafePickleError(f"an array of type {dtype.code[:20]!r}; expected numbers")
    numpy_type = np.dtype(dtype.order + dtype.code)
    if size * numpy_type.itemsize != len(content):
        raise UnsafePickleError(f"an array of {size:,} {numpy_type} in {len(content):,} bytes")
    return np.frombuffer(content, numpy_type).reshape(shape, order="F" if is_fortran else "C")


class Machine:
    """Interpreter of the opcodes of a pickle, for plain data and arrays only.

    The result is a tree: no list, array or long text is in two places. So the file's size bounds
    its memory, and the time to walk, copy and free it.
    """

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.frames = Frames()
        self.stack: list[Any] = []
        self.marks: list[int] = []  # heights of the stack
        self.memo: list[Any] = []
        self.count = 0  # of the values in the memo
        self.room = len(data) // FILE_BYTES + SPARE_CONTAINERS  # remaining number of containers

    def run(self) -> Any:
        """Execute every opcode up to STOP, and return the only value on the stack.

        Raises: UnsafePickleError, MalformedPickleError, and other errors of damaged pickles.
        """
        data, frames = self.data, self.frames
        name, position = "", 0
        while name != "STOP":
            start = self.follow_numbers(position)
            name, argument, position = read_opcode(data, start, WHOLE)
            if name in ("FRAME", "STOP") or start < frames.end < position:
                frames.check(Opcode(name, argument, start, position), len(data))
            self.step(name, argument)
        if frames.lie or position < len(data):
            raise UnsafePickleError(frames.lie or f"{len(data) - position:,} bytes follow its end")
        (result,) = self.stack
        check_plain(result)
        return result

    def follow_numbers(self, position: int) -> int:
        """Read a run of small numbers in one step, and return its end.

        It ends with the frame at the latest, because a frame ends between two opcodes.
        """
        data = self.data
        while position < len(data) and (kind := RUNS.get(data[position])) is not None:
            end = self.frames.end if position < self.frames.end else len(data)
            if (run := kind.match(data, position, end)) is None:
                break
            if data[position] == INT:
                self.append(list(map(int, run[0].replace(b"I", b"").split(b"\na")[:-1])))
            elif data[position] == BININT1:
                self.stack.extend(run[0][1::2])
            else:
                self.stack.extend(np.frombuffer(run[0], FLOAT_RUN)["value"].tolist())
            position = run.end()
        return position

    def step(self, opcode: str, argument: Any) -> None:
        """Execute one opcode."""
        if opcode in LITERALS:
            if type(argument) in (UnknownValue, Truncated):
                raise UnsafePickleError(f"an {opcode} that is not a valid number or text")
            self.stack.append(argument)
        elif opcode in STEPS:
            STEPS[opcode](self, argument)
        else:
            raise UnsafePickleError(f"opcode {opcode} is not one that plain data needs")

    def check_protocol(self, protocol: int) -> None:
        """Require a known protocol."""
        if protocol > HIGHEST_PROTOCOL:
            raise UnsafePickleError(f"protocol {protocol}; expected {HIGHEST_PROTOCOL} at most")

    def make(self, container: Any, cost: int = 1) -> None:
        """Push a container, if the size of the file allows another one."""
        self.room -= cost
        if self.room < 0:
            raise UnsafePickleError(NEARLY_ALL_EMPTY)
        self.stack.append(container)

    def make_dictionary(self, pairs: list[Any]) -> None:
        """Push a dictionary of alternating keys and values."""
        self.make({}, DICTIONARY)
        self.set_items(pairs)

    def mark(self) -> None:
        """Store the height of the stack."""
        if len(self.marks) == MAX_DEPTH:
            raise UnsafePickleError(f"lists more than {MAX_DEPTH:,} deep in each other")
        self.marks.append(len(self.stack))

    def put(self, index: Any) -> None:
        """Store the top of the stack in the memo, or its kind if it is not reusable."""
        if not isinstance(index, int) or not 0 <= index <= len(self.data):
            entry = f"memo entry {describe_index(index)}"
            raise UnsafePickleError(f"it stores {entry} in a file of {len(self.data):,} bytes")
        if index >= len(self.memo):
            self.memo.extend([ABSENT] * (index + 1 - len(self.memo)))
        self.count += self.memo[index] is ABSENT
        self.memo[index] = keep_reusable(self.stack[-1])

    def get(self, index: Any) -> None:
        """Push a memo entry, if it is small enough to be used twice."""
        is_there = isinstance(index, int) and 0 <= index < len(self.memo)
        if not is_there or self.memo[index] is ABSENT:
            raise CorruptError(f"it uses memo entry {describe_index(index)}, which it has not made")
        if isinstance(self.memo[index], Single):
            raise UnsafePickleError(f"it uses the same {self.memo[index].kind} more than once")
        self.stack.append(self.memo[index])

    def reduce(self) -> None:
        """Push the result of a call of an allowed name.

        An ordered dictionary is a dictionary; Python 2 gave it a list of keys and values.
        """
        function, arguments = self.pop(2)
        match function, arguments:
            case [Name("OrderedDict"), ()]:
                self.make({}, DICTIONARY)
            case [Name("OrderedDict"), (list(pairs),)] if all(map(is_pair, pairs)):
                self.make_dictionary([part for pair in pairs for part in pair])
            case _:
                self.stack.append(reduce_call(function, arguments))

    def call(self, function: Callable[..., Any]) -> None:
        """Replace the two topmost values with a function's result for them."""
        self.stack.append(function(*self.pop(2)))

    def pop(self, count: int) -> list[Any]:
        """Remove and return `count` values from the stack."""
        if len(self.stack) - (self.marks[-1] if self.marks else 0) < count:
            raise UnsafePickleError("it takes more from the stack than there is")
        items = self.stack[-count:]
        del self.stack[-count:]
        return items

    def pop_to_mark(self) -> list[Any]:
        """Remove and return the values pushed since the last MARK."""
        height = self.marks.pop()
        items = self.stack[height:]
        del self.stack[height:]
        return items

    def append(self, items: list[Any]) -> None:
        """Add items to the list on top of the stack."""
        if not isinstance(self.stack[-1], list):
            raise UnsafePickleError("items are added to a value that is not a list")
        self.stack[-1].extend(items)

    def set_items(self, pairs: list[Any]) -> None:
        """Add keys and values to the dictionary on top of the stack."""
        keys, values = pairs[::2], pairs[1::2]
        if not isinstance(self.stack[-1], dict) or not all(map(is_key, keys)):
            raise UnsafePickleError("a dictionary with keys other than texts and small numbers")
        self.stack[-1].update(zip(keys, values, strict=True))


def is_key(value: Any) -> bool:
    """Return whether a value may be a key: text, bytes or a small number."""
    is_number = type(value) is int or isinstance(value, np.integer)
    return type(value) in (str, bytes, np.str_) or (is_number and abs(int(value)) < MAX_KEY)


def is_pair(value: Any) -> bool:
    """Return whether a value is a list or tuple of two."""
    return isinstance(value, list | tuple) and len(value) == 2


def describe_index(index: Any) -> str:
    """Format an index of the memo, or "(out of range)"."""
    return f"{index:,}" if isinstance(index, int) and abs(index) < 1 << 64 else "(out of range)"


def keep_reusable(value: Any) -> Any:
    """Return a reusable value, or the kind of a list, tuple, array or long text."""
    is_short = isinstance(value, str | bytes) and len(value) <= MAX_REUSED_BYTES
    if is_short or (isinstance(value, Name | Dtype | int | float | None) and value is not UNFILLED):
        return value
    if isinstance(value, np.generic) and value.nbytes <= MAX_REUSED_BYTES:
        return value
    return SINGLES[type(value)] if type(value) in SINGLES else Single(type(value).__name__)


def check_plain(value: Any) -> None:
    """Require a result of data, without imported names or dtypes.

    Raises: UnsafePickleError.
    """
    waiting: list[list[Any] | tuple[Any, ...]] = [[value]]
    while waiting:
        items = waiting.pop()
        kinds = set(map(type, items))
        if kinds & {Name, Dtype}:
            raise UnsafePickleError("it holds an imported name instead of data")
        if kinds & {list, tuple, dict}:
            waiting += [item for item in items if isinstance(item, list | tuple)]
            waiting += [list(item.values()) for item in items if isinstance(item, dict)]


def find_name(module: Any, name: Any) -> Name:
    """Return the symbol of an imported name.

    Raises: UnsafePickleError for every name that an array's pickle does not need.
    """
    if not isinstance(module, str) or not isinstance(name, str) or (module, name) not in NAMES:
        raise UnsafePickleError(f"it imports {f'{module}.{name}'[:100]!r}; only arrays are allowed")
    return Name(NAMES[module, name])


def reduce_call(function: Any, arguments: Any) -> Any:
    """Compute the result of a call of an allowed name, without making the call.

    Raises: UnsafePickleError for any call that pickles of arrays do not make.
    """
    match function, arguments:
        case [Name("_reconstruct"), (Name("ndarray"), (0,), _)]:
            return UNFILLED
        case [Name("dtype"), (str(code), *_)]:
            return Dtype(code)
        case [Name("encode"), (str(text), "latin1")]:
            return text.encode("latin-1")
        case [Name("scalar"), (Dtype() as dtype, content)] if not isinstance(content, list):
            return make_array(content, dtype, (), False)[()]
        case [Name("_frombuffer"), (content, dtype, shape, order)]:
            return make_array(content, dtype, shape, order == "F")
        case [Name("_frombuffer"), (content, dtype, shape, "K", tuple(axes))]:
            made = make_array(content, dtype, shape, False)
            if sorted(axes) == list(range(len(shape))) and isinstance(made, np.ndarray):
                return made.transpose(axes)
    raise UnsafePickleError("it makes a call that pickles of arrays do not make")


def build(target: Any, state: Any) -> Any:
    """Set the content of an array, or the byte order of a dtype.

    Raises: UnsafePickleError for any other target or state.
    """
    match target, state:
        case [Name(), (_, shape, dtype, is_fortran, content)] if target is UNFILLED:
            return make_array(content, dtype, shape, is_fortran is True)
        case [Dtype(), (_, ("<" | ">" | "|" | "=") as order, *_)]:
            target.order = order
            return target
    raise UnsafePickleError("it sets the state of a value that is not an array")


NEARLY_ALL_EMPTY = "it is nearly all empty lists, which need far more memory than the file"
SINGLES: dict[type, Single] = {
    kind: Single(kind.__name__) for kind in (list, tuple, dict, str, bytes, np.ndarray)
}
SINGLES[Name] = Single("array")  # an array whose content is still to come

INT, BININT1, BINFLOAT = b"IKG"
RUNS = {  # of consecutive numbers, by the first byte
    INT: re.compile(rb"(?:I(?:0|[1-9][0-9]{0,8})\na){4,4096}+"),  # each is appended to a list
    BININT1: re.compile(rb"(?:K.){4,4096}+", re.DOTALL),
    BINFLOAT: re.compile(rb"(?:G.{8}){4,4096}+", re.DOTALL),
}
FLOAT_RUN = np.dtype([("opcode", "u1"), ("value", ">f8")])
LITERALS = {
    *("INT", "LONG", "FLOAT", "STRING", "UNICODE"),
    *("BININT", "BININT1", "BININT2", "LONG1", "LONG4", "BINFLOAT"),
    *("BINUNICODE", "SHORT_BINUNICODE", "BINUNICODE8", "BINSTRING", "SHORT_BINSTRING"),
    *("BINBYTES", "SHORT_BINBYTES", "BINBYTES8", "BYTEARRAY8"),
}
STEPS: dict[str, Callable[[Machine, Any], None]] = {
    "PROTO": Machine.check_protocol,
    "FRAME": lambda machine, length: None,
    "STOP": lambda machine, _: None,
    "NONE": lambda machine, _: machine.stack.append(None),
    "NEWTRUE": lambda machine, _: machine.stack.append(True),
    "NEWFALSE": lambda machine, _: machine.stack.append(False),
    "EMPTY_TUPLE": lambda machine, _: machine.stack.append(()),
    "EMPTY_LIST": lambda machine, _: machine.make([]),
    "EMPTY_DICT": lambda machine, _: machine.make({}, DICTIONARY),
    "MARK": lambda machine, _: machine.mark(),
    "TUPLE1": lambda machine, _: machine.make(tuple(machine.pop(1))),
    "TUPLE2": lambda machine, _: machine.make(tuple(machine.pop(2))),
    "TUPLE3": lambda machine, _: machine.make(tuple(machine.pop(3))),
    "TUPLE": lambda machine, _: machine.make(tuple(machine.pop_to_mark())),
    "LIST": lambda machine, _: machine.make(machine.pop_to_mark()),
    "DICT": lambda machine, _: machine.make_dictionary(machine.pop_to_mark()),
    "APPEND": lambda machine, _: machine.append(machine.pop(1)),
    "APPENDS": lambda machine, _: machine.append(machine.pop_to_mark()),
    "SETITEM": lambda machine, _: machine.set_items(machine.pop(2)),
    "SETITEMS": lambda machine, _: machine.set_items(machine.pop_to_mark()),
    "PUT": Machine.put,
    "BINPUT": Machine.put,
    "LONG_BINPUT": Machine.put,
    "MEMOIZE": lambda machine, _: machine.put(machine.count),
    "GET": Machine.get,
    "BINGET": Machine.get,
    "LONG_BINGET": Machine.get,
    "GLOBAL": lambda machine, names: machine.stack.append(find_name(*names)),
    "STACK_GLOBAL": lambda machine, _: machine.call(find_name),
    "REDUCE": lambda machine, _: machine.reduce(),
    "BUILD": lambda machine, _: machine.call(build),
}
