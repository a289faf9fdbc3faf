"""Objects with arrays and dictionaries can be compared, and put into a set."""

from dataclasses import dataclass

import numpy as np

from pipeline.storage.value_equality import ValueEquality


@dataclass(frozen=True, eq=False)
class Record(ValueEquality):
    numbers: np.ndarray | None
    sizes: dict[str, int]


def test_records_are_equal_if_all_their_values_are():
    sizes = {"a": 1, "b": 2}
    record = Record(np.arange(3), sizes)
    same = Record(np.arange(3.0), dict(reversed(sizes.items())))
    assert record == same
    assert len({record, same}) == 1
    others = [
        Record(np.arange(4), sizes), Record(None, sizes), Record(np.array([0, 1, 3]), sizes),
        Record(np.arange(3), {"a": 1}), Record(np.arange(3)[None], sizes), 3,
    ]  # fmt: skip
    assert record not in others
    assert len({record, *others}) == 7
