"""Load other people's pickles without running any code in them.

A pickle is a program for a small machine. Forbidding its imports is not enough: twelve bytes can
still ask for a terabyte, thirty lists that hold each other twice unfold to a billion items, and an
allowed NumPy function would allocate whatever it is told to. So the standard unpickler gets only
files that cannot do any of that, and the rest goes through a machine of our own that knows a few
opcodes, calls nothing, and never hands out the same large thing twice:

- nested lists and tuples of integers, without any reuse: the standard unpickler. Every item of
  the result has its own bytes in the file, so the result is no larger than the file justifies.
- anything else: `machine.Machine`, opcode by opcode, in as much memory as the file justifies.

Source: the opcodes are those of Python's `pickletools`.
"""

import pickle
import re
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptError
from pipeline.pickles.machine import NEARLY_ALL_EMPTY, Machine, UnsafePickleError
from pipeline.storage.arguments import checked
from pipeline.storage.cache import read_whole

MAX_BYTES = 1 << 30  # of a pickle that others wrote, which is read into memory
MAX_OPCODES = 100_000  # that are followed to say what a pickle would do
CONTAINER_BYTES = 64  # what an empty list or tuple costs in memory, about
MEMORY_PER_FILE_BYTE = 16  # lists of 28 small integers need 6


@checked
def load_untrusted(path: Path | str) -> Any:
    """Load lists, tuples, dictionaries, numbers, text and NumPy arrays from any pickle.

    Arrays of objects come back as lists. Nothing in the file is run.

    Raises: MissingError, CorruptError (UnsafePickleError when the pickle is hostile or not plain).

    Example:
        >>> import pickle
        >>> size = Path("numbers.pickle").write_bytes(pickle.dumps([[1, 2], [3]]))
        >>> load_untrusted(Path("numbers.pickle"))
        [[1, 2], [3]]
    """
    path = Path(path)
    data = read_whole(path, MAX_BYTES)
    try:
        return load_bytes(data)
    except UnsafePickleError as error:
        raise UnsafePickleError(
            f"{path}: refused: {error.message}. Nothing in it was run"
        ) from error
    except CorruptError as error:
        raise CorruptError(f"{path}: not a readable pickle: {error.message}") from error


def load_bytes(data: bytes) -> Any:
    """Load a pickle in memory as `load_untrusted` loads a file.

    Raises: CorruptError (UnsafePickleError when the pickle is hostile or not plain).
    """
    try:
        if is_plain_lists(data):
            return load_lists(data)
        return Machine(data).run()
    except CorruptError:
        raise
    except Exception as error:  # damaged pickles raise nearly every kind
        raise CorruptError(f"{type(error).__name__}: {error}"[:200]) from error


def is_plain_lists(data: bytes) -> bool:
    """Tell whether a pickle has only the opcodes of nested lists and tuples of integers.

    None of them takes a thing out of the memo, so nothing can be in the result twice. The memo
    is a table as long as its largest index, so an index may count to about the file's size.
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
    """Unpickle what `is_plain_lists`.

    Raises: UnsafePickleError when it is nearly all containers, whose memory one byte each orders.
    """
    affordable = (len(data) * MEMORY_PER_FILE_BYTE + (1 << 20)) // CONTAINER_BYTES
    at_most = sum(data.count(opcode) for opcode in b"])\x85\x86\x87t")  # and integers like them
    if not frames_hold(data):
        raise UnsafePickleError("its frames do not end where opcodes do")
    if at_most > affordable and count_containers(data) > affordable:
        raise UnsafePickleError(NEARLY_ALL_EMPTY)
    return pickle.loads(data)


def count_containers(data: bytes) -> int:
    """Count the opcodes that make a list or a tuple, in what `is_plain_lists`."""
    other = rb"(?:[(ae\x94.]|[Kq].|M..|[Jr]....|\x80.|\x95.{8})*+"
    return len(re.findall(rb"[\])t\x85\x86\x87]" + other, data, re.DOTALL))


def frames_hold(data: bytes) -> bool:
    """Tell whether every frame of what `is_plain_lists` holds whole opcodes and no other frame."""
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
