"""Change bytes at random, without knowing what they mean.

Every mutation takes a generator, the bytes to change and the bytes of another valid file.
"""

from collections.abc import Callable, Sequence
from typing import TypeAlias

import numpy as np

Mutation: TypeAlias = Callable[[np.random.Generator, bytes, bytes], bytes]

MAX_BYTES = 1 << 21  # of an input
MOST_REPEATED = 1 << 18  # bytes that a block is repeated to
BYTES = (0x00, 0x01, 0x7F, 0x80, 0xFE, 0xFF)
POWERS = (8, 10, 15, 16, 20, 24, 31, 32, 40, 47, 62, 63, 64)
NUMBERS = (*range(5), 28, 784, *(2**power + step for power in POWERS for step in (-1, 0, 1)))
ORDERS = ("little", "big")


def choose(rng: np.random.Generator, options: Sequence):
    """Choose one of a few; not by `rng.choice`, which makes an array of them."""
    return options[int(rng.integers(len(options)))]


def block_of(rng: np.random.Generator, data: bytes) -> tuple[int, int]:
    """Choose a part of the bytes, more often a short one than a long one: start and end."""
    start = int(rng.integers(len(data) + 1))
    return start, min(len(data), start + int(2 ** rng.uniform(0, 10)))


def number_bytes(rng: np.random.Generator, number: int | None = None) -> bytes:
    """Write a number that is a limit of something, as wide as a length field may be."""
    width, order = int(choose(rng, (1, 2, 4, 8))), choose(rng, ORDERS)
    number = choose(rng, NUMBERS) if number is None else number
    return (number % 256**width).to_bytes(width, order)


def flip_bits(rng, data, other):
    changed = bytearray(data)
    for position in rng.integers(len(data), size=int(rng.integers(1, 5))).tolist():
        changed[position] ^= 1 << int(rng.integers(8))
    return bytes(changed)


def set_byte(rng, data, other):
    start = int(rng.integers(len(data)))
    return data[:start] + bytes([choose(rng, BYTES)]) + data[start + 1 :]


def set_number(rng, data, other):
    number, start = number_bytes(rng), int(rng.integers(len(data)))
    return data[:start] + number + data[start + len(number) :]


def set_length(rng, data, other):
    """Write a length that is nearly right: that of the file, or of what follows."""
    start = int(rng.integers(len(data)))
    number = number_bytes(rng, max(0, len(data) - start * int(rng.integers(2)) - 8))
    return data[:start] + number + data[start + len(number) :]


def remove_block(rng, data, other):
    start, end = block_of(rng, data)
    return data[:start] + data[end:]


def insert_noise(rng, data, other):
    start, end = block_of(rng, data)
    return data[:start] + rng.bytes(min(end - start, 64)) + data[start:]


def overwrite_block(rng, data, other):
    start, end = block_of(rng, data)
    return data[:start] + bytes([choose(rng, BYTES)]) * (end - start) + data[end:]


def repeat_block(rng, data, other):
    start, end = block_of(rng, data)
    times = min(int(2 ** rng.uniform(1, 12)), MOST_REPEATED // max(1, end - start))
    return data[:start] + data[start:end] * times + data[end:]


def swap_blocks(rng, data, other):
    (first, middle), (start, end) = sorted((block_of(rng, data), block_of(rng, data)))
    middle = min(middle, start)
    return data[:first] + data[start:end] + data[middle:start] + data[first:middle] + data[end:]


def truncate(rng, data, other):
    return data[: int(rng.integers(len(data)))]


def splice(rng, data, other):
    """Go on with another file in the middle."""
    start, end = block_of(rng, data)[0], block_of(rng, other)[0]
    return data[:start] + other[end:]


def insert_from_other(rng, data, other):
    start, (first, last) = block_of(rng, data)[0], block_of(rng, other)
    return data[:start] + other[first:last] + data[start:]


MUTATIONS: tuple[Mutation, ...] = (
    *(flip_bits, set_byte, set_number, set_length, remove_block, insert_noise, overwrite_block),
    *(repeat_block, swap_blocks, truncate, splice, insert_from_other),
)


def mutate(rng: np.random.Generator, data: bytes, other: bytes) -> bytes:
    """Change bytes in one to four ways."""
    for _ in range(int(rng.integers(1, 5))):
        data = choose(rng, MUTATIONS)(rng, data or other or b"\0", other)[:MAX_BYTES]
    return data


def change(rng: np.random.Generator, seeds: Sequence[bytes], knowing: Sequence[Mutation]) -> bytes:
    """Make an input of valid ones: with mutations that know the format, without, or with both."""
    data, other = choose(rng, seeds), choose(rng, seeds)
    kind = rng.random() if knowing else 1
    if kind < 0.7:
        data = choose(rng, knowing)(rng, data, other)[:MAX_BYTES]
    return mutate(rng, data, other) if kind > 0.5 else data
