"""Change pickles opcode by opcode: left out, repeated, swapped, put in, with other arguments.

Source: the opcodes are those of Python's `pickletools`.
"""

import pickletools
from functools import lru_cache

import numpy as np

from tests.reliability.mutations import NUMBERS, choose, mutate

NAMES = (
    *("os\nsystem", "posix\nsystem", "builtins\neval", "builtins\ngetattr", "subprocess\nPopen"),
    *("numpy\nndarray", "numpy\ndtype", "numpy\nzeros", "numpy\nload", "numpy.core.multiarray\n"),
    *("numpy._core.multiarray\n_reconstruct", "numpy._core.numeric\n_frombuffer"),
    *("_codecs\nencode", "copyreg\n_reconstructor", "io\nopen", "this\ns", "pip\nmain"),
)
TEXTS = (
    *(b"", b"touch ran", b"images", b"labels", b"latin1", b"O", b"u1", b"f8", b"V9", b"<", b"|"),
    *(b"\xff\xfe", b"os", b"system", b"numpy", b"dtype", b"ndarray", b"x" * 300),
)
OPCODES = [opcode for opcode in pickletools.opcodes if opcode.name != "STOP"]
USUAL = [opcode for opcode in OPCODES if opcode.proto >= 1]  # the others write numbers as text
WIDTHS = {  # of the length before an argument
    pickletools.TAKEN_FROM_ARGUMENT1: 1,
    pickletools.TAKEN_FROM_ARGUMENT4: 4,
    pickletools.TAKEN_FROM_ARGUMENT4U: 4,
    pickletools.TAKEN_FROM_ARGUMENT8U: 8,
}


@lru_cache(maxsize=256)
def take_apart(data: bytes) -> tuple[bytes, ...]:
    """Cut a valid pickle into its opcodes, each with its argument."""
    starts = [position for _, _, position in pickletools.genops(data)]
    return tuple(
        data[start:end] for start, end in zip(starts, [*starts[1:], len(data)], strict=True)
    )


def random_opcode(rng: np.random.Generator) -> bytes:
    """Write any opcode of any protocol with an argument of its kind, sometimes with a lie."""
    opcode = choose(rng, OPCODES if rng.random() < 0.2 else USUAL)
    code = opcode.code.encode("latin-1")
    if opcode.arg is None:
        return code
    return code + random_argument(rng, opcode)


def random_argument(rng: np.random.Generator, opcode: pickletools.OpcodeInfo) -> bytes:
    """Write an argument for an opcode."""
    kind = opcode.arg.n
    if opcode.name in ("GLOBAL", "INST"):
        return choose(rng, NAMES).encode() + b"\n"
    if kind == pickletools.UP_TO_NEWLINE:
        return choose(rng, (b"0", b"-1", b"99999999999", b"'a'", b"1.5", b"01", b"nan")) + b"\n"
    if kind >= 0:
        number = int(rng.integers(6)) if rng.random() < 0.7 else choose(rng, NUMBERS)
        return (number % 256**kind).to_bytes(kind, "little")
    text, width = choose(rng, TEXTS), WIDTHS[kind]
    length = len(text) if rng.random() < 0.8 else choose(rng, NUMBERS) % 256**width
    return (length % 256**width).to_bytes(width, "little") + text


def near(rng: np.random.Generator, count: int) -> int:
    """Choose a place among the opcodes, every second time near an end, where arrays have theirs."""
    if rng.random() < 0.5:
        return int(rng.integers(count))
    place = min(int(2 ** rng.uniform(0, 6)), count) - 1
    return place if rng.random() < 0.5 else count - 1 - place


def change_opcodes(rng, data, other):
    """Change one to three opcodes."""
    opcodes = list(take_apart(data))
    for _ in range(int(rng.integers(1, 4))):
        place = near(rng, len(opcodes))
        match int(rng.integers(6)):
            case 0:
                del opcodes[place]
            case 1:
                opcodes[place:place] = [opcodes[place]] * int(2 ** rng.uniform(0, 8))
            case 2:
                elsewhere = near(rng, len(opcodes))
                opcodes[place], opcodes[elsewhere] = opcodes[elsewhere], opcodes[place]
            case 3:
                opcodes[place] = random_opcode(rng)
            case 4:
                opcodes[place:place] = [random_opcode(rng) for _ in range(rng.integers(1, 4))]
            case 5:
                opcodes[place] = opcodes[place][:1] + mutate(rng, opcodes[place][1:], b"")
        opcodes = opcodes or [b"."]
    return b"".join(opcodes)


def splice_opcodes(rng, data, other):
    """Put some opcodes of another pickle among these."""
    opcodes, others = list(take_apart(data)), take_apart(other)
    place, start = near(rng, len(opcodes)), near(rng, len(others))
    length = int(2 ** rng.uniform(0, 6))
    opcodes[place : place + int(rng.integers(length + 1))] = others[start : start + length]
    return b"".join(opcodes)


def random_pickle(rng, data, other):
    """Write a pickle of random opcodes alone."""
    start = b"\x80" + bytes([int(rng.integers(2, 6))])
    return start + b"".join(random_opcode(rng) for _ in range(rng.integers(1, 12))) + b"."


PICKLE_MUTATIONS = (change_opcodes, change_opcodes, splice_opcodes, random_pickle)
