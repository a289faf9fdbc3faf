"""Equality and hash of dataclasses that hold arrays or dictionaries.

Those that `dataclass` generates fail for them: `==` of two arrays is an array, and neither an
array nor a dictionary has a hash.
"""

from dataclasses import fields
from typing import Any


class ValueEquality:
    """A base for a dataclass with `eq=False`: equal if all fields are, arrays number by number."""

    def __eq__(self, other: object) -> bool:
        if type(other) is not type(self):
            return NotImplemented
        return all(map(are_equal, field_values(self), field_values(other)))

    def __hash__(self) -> int:
        return hash(tuple(map(hashable_part, field_values(self))))


def field_values(record: Any) -> list[Any]:
    """Return the values of the fields of a dataclass."""
    return [getattr(record, field.name) for field in fields(record)]


def are_equal(one: Any, other: Any) -> bool:
    """Return whether two values are equal; arrays are if all their numbers are."""
    if not is_array(one) and not is_array(other):
        return bool(one == other)
    import numpy as np  # not at the top: configurations are made without it, too

    return np.array_equal(one, other)


def hashable_part(value: Any) -> Any:
    """Return something that has a hash, and is the same for equal values."""
    if is_array(value):
        return value.shape
    return frozenset(value) if isinstance(value, dict) else value


def is_array(value: Any) -> bool:
    """Return whether a value is an array of NumPy."""
    return hasattr(value, "shape")
