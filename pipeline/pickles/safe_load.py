"""Safe loading of untrusted pickles: no code in them is run.

A pickle is a program for a small machine. Forbidding its imports is not enough: twelve bytes can
request a terabyte, thirty lists that hold each other twice unfold to a billion items, and an
allowed NumPy function allocates any requested size. So the standard unpickler reads only files
that cannot do this. `machine.Machine` reads the rest: it executes a few opcodes, makes no calls,
and never returns the same large value twice:

- nested lists and tuples of integers, without any reuse: the standard unpickler. Every item of
  the result has separate bytes in the file, so the size of the file bounds the result.
- all other pickles: `machine.Machine`, opcode by opcode, in memory that the file's size bounds.

Source: the opcodes are those of Python's `pickletools`.
"""

import pickle
import re
from functools import partial
from pathlib import Path
from typing import Any

from pipeline.errors import COPY_AGAIN, CorruptError, describe_cause
from pipeline.pickles.machine import NEARLY_ALL_EMPTY, Machine, UnsafePickleError
from pipeline.storage.arguments import checked
from pipeline.storage.cache import read_whole
from pipeline.storage.content import describe_content

START_BYTES = 4096  # that show the format of a file
MAX_BYTES = 1 << 30  # of an untrusted pickle, which is read into memory
MAX_OPCODES = 100_000  # read to determine the effects of a pickle
CONTAINER_BYTES = 64  # approximate memory of an empty list or tuple
MEMORY_PER_FILE_BYTE = 16  # lists of 28 small integers need 6


@partial(checked, is_called_inside=False)  # a search for the caller raises audit events
def load_untrusted(path: Path | str) -> Any:
    """Load lists, tuples, dictionaries, numbers, text and arrays from any pickle.

    Arrays of objects become lists. No code in the file is run.

    Raises: MissingError, CorruptError (UnsafePickleError if the pickle is hostile or not plain).

    Example:
        >>> import pickle
        >>> size = Path("numbers.pickle").write_bytes(pickle.dumps([[1, 2], [3]]))
        >>> load_untrusted(Path("numbers.pickle"))
        [[1, 2], [3]]
    """
    return load_plain(Path(path))


def load_plain(path: Path) -> Any:
    """Load a pickle as `load_untrusted` does, for code of the packages.

    Raises: MissingError, CorruptError (UnsafePickleError if the pickle is hostile or not plain).
    """
    data = read_whole(path, MAX_BYTES)
    try:
        return load_bytes(data)
    except CorruptError as error:
        is_unsafe = isinstance(error, UnsafePickleError)
        if other := find_other_format(data):
            what, hint = f"{path}: not a pickle: it is {other}", COPY_AGAIN
        elif is_unsafe:
            what, hint = f"{path}: refused: {error.message}. Nothing in it was run", ""
        else:
            what, hint = f"{path}: not a readable pickle: {error.message}", COPY_AGAIN
        raise (UnsafePickleError if is_unsafe else CorruptError)(what, hint) from error


def find_other_format(data: bytes) -> str:
    """Return what a file that is not a pickle is, such as text; empty if unknown.

    Pickles of protocol 0 are text, too. Each pickle ends with a full stop, its last opcode.
    """
    start = data[:START_BYTES]
    return "" if data.rstrip().endswith(b".") else describe_content(start)


def load_bytes(data: bytes) -> Any:
    """Load a pickle from bytes, as `load_untrusted` does from a file.

    Raises: CorruptError (UnsafePickleError if the pickle is hostile or not plain).
    """
    try:
        if is_plain_lists(data):
            return load_lists(data)
        return Machine(data).run()
    except CorruptError:
        raise
    except Exception as error:  # damaged pickles raise nearly every kind
        raise CorruptError(describe_stop(error)) from error


def describe_stop(error: Exception) -> str:
    """Describe why a pickle cannot be followed to its end."""
    if isinstance(error, IndexError | AttributeError | TypeError | LookupError):
        return "its opcodes do not fit together"
    return describe_cause(error)


def is_plain_lists(data: bytes) -> bool:
    """Return whether a pickle has only opcodes of nested lists of integers.

    Tuples count as lists. None of these opcodes reads the memo, so no value is in the result
    twice. The memo is as long as its largest index, so the file's size limits the index.
    """
    highest = re.escape(bytes([min(len(data) >> 16, 255)]))
    lists = re.compile(
        rb"(?:[\]()tae\x85\x86\x87\x94]|[Kq].|M..|J....|r..[\x00-" + highest + rb"]\x00"
        rb"|\x80.|\x95.{8}|\.\Z){1,4096}+",
        re.DOTALL,
    )
    position = 0
    while position < len(data) and (run := lists.match(data, position)):
        position = run.end()
    return position == len(data)


def load_lists(data: bytes) -> Any:
    """Unpickle a pickle that `is_plain_lists` accepts.

    Raises: UnsafePickleError if it is nearly all containers, which cost one byte in the file but
    far more memory.
    """
    affordable = (len(data) * MEMORY_PER_FILE_BYTE + (1 << 20)) // CONTAINER_BYTES
    at_most = sum(data.count(opcode) for opcode in b"])\x85\x86\x87t")  # and in integers
    if not frames_hold(data):
        raise UnsafePickleError("its frames do not end where opcodes do")
    if at_most > affordable and count_containers(data) > affordable:
        raise UnsafePickleError(NEARLY_ALL_EMPTY)
    return pickle.loads(data)


def count_containers(data: bytes) -> int:
    """Return the number of list and tuple opcodes in a pickle of plain lists."""
    other = rb"(?:[(ae\x94.]|[Kq].|M..|[Jr]....|\x80.|\x95.{8})*+"
    return len(re.findall(rb"[\])t\x85\x86\x87]" + other, data, re.DOTALL))


def frames_hold(data: bytes) -> bool:
    """Return whether each frame of plain lists holds whole opcodes, not frames."""
    outside = re.compile(
        rb"(?:[\]()tae\x85\x86\x87\x94.]|[Kq].|M..|[Jr]....|\x80.){1,4096}+", re.DOTALL
    )

    def skip(position: int, end: int) -> int:
        while position < end and (run := outside.match(data, position, end)):
            position = run.end()
        return position

    position = 0
    while (position := skip(position, len(data))) < len(data):
        start = position + 9
        position = start + int.from_bytes(data[position + 1 : start], "little")
        if position > len(data) or skip(start, position) != position:
            return False
    return True
