"""Short descriptions of plain data."""

from itertools import chain, islice
from typing import Any

import numpy as np

MAX_LEVELS = 300  # of lists in lists: `copy.deepcopy` needs two of its 1,000 calls for each
SHOWN = 8  # items that are listed


def describe_lines(value: Any) -> tuple[str, ...]:
    """Describe plain data in one line, or in one per item if it is mixed."""
    if isinstance(value, dict):
        items = [f"{key!r:.40}: {describe(item)}" for key, item in islice(value.items(), SHOWN)]
    elif isinstance(value, list | tuple) and not measure(value)[1] <= {int, float, bool}:
        items = [describe(item) for item in value[:SHOWN]]
    else:
        return (describe(value),)
    more = [f"and {len(value) - SHOWN:,} more"] if len(value) > SHOWN else []
    return (f"{type(value).__name__} of {len(value):,}", *items, *more)


def describe(value: Any) -> str:
    """Describe one value by its type, shape and length."""
    match value:
        case np.ndarray():
            return f"array of {value.dtype} {value.shape}"
        case list() | tuple():
            lengths, kinds = measure(value)
            shape = " x ".join(f"{length:,}" for length in lengths)
            names = " or ".join(sorted(kind.__name__ for kind in kinds))
            return f"{type(value).__name__} of {shape} {names}".rstrip()
        case str() | bytes() | bytearray() | dict():
            return f"{type(value).__name__} of {len(value):,}"
        case None:
            return "None"
    return type(value).__name__


def measure(values: list[Any] | tuple[Any, ...]) -> tuple[list[int], set[type]]:
    """Return the lengths of nested lists, as deep as all are alike, and the types."""
    lengths = [len(values)]
    level: list[Any] = [values]
    while True:
        kinds = set(map(type, chain.from_iterable(level)))
        is_nested = bool(kinds) and kinds <= {list, tuple} and len(lengths) < MAX_LEVELS
        inner = set(map(len, chain.from_iterable(level))) if is_nested else set()
        if len(inner) != 1:
            return lengths, kinds
        lengths += inner
        level = list(chain.from_iterable(level))


def count_levels(value: Any) -> int:
    """Count the depth of nested lists, up to `MAX_LEVELS` + 1."""
    containers = {list, tuple, dict}
    level, count = [value] if type(value) in containers else [], 0
    while level and count <= MAX_LEVELS:
        count += 1
        inner: list[Any] = []
        for container in level:
            items = container.values() if type(container) is dict else container
            if not containers.isdisjoint(map(type, items)):
                inner += [item for item in items if type(item) in containers]
        level = inner
    return count
