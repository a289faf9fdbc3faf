"""Which columns of a table are the pixels of an image, in which order, and which is the label."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError
from pipeline.formats.array_layouts import find_item
from pipeline.formats.array_names import understand

LABEL_NAMES = frozenset(("digit", "number", "character", "letter"))  # beside those of arrays
NUMBERED = re.compile(
    r"(?P<word>.*?)[-_. ]?(?P<first>[0-9]{1,5})(?:[-_x. ](?P<second>[0-9]{1,5}))?"
)


class TableColumns(NamedTuple):
    """The places of the columns, from 0."""

    label: int
    pixels: tuple[int, ...]  # row by row
    unused: tuple[int, ...]


def choose_columns(path: Path, names: Sequence[str], are_numbers: Sequence[bool]) -> TableColumns:
    """Find the label and the pixels; these are in the order of the numbers in their names.

    Raises: CorruptError.
    """
    pixels = find_pixels(names, are_numbers)
    others = [place for place in range(len(names)) if place not in set(pixels)]
    labels = [it for it in others if is_label(names[it])]
    labels = labels or [it for it in others if not are_numbers[it]]
    if not pixels or len(labels) != 1:
        listed = ", ".join(names[it] for it in others[:8])
        raise CorruptError(
            f"{path}: {len(names):,} columns, {len(pixels):,} of them numbered pixels, and beside "
            f"them {listed or 'none'}; expected 784 pixels and one label",
            "Call the columns label, pixel0, ..., pixel783",
        )
    unused = tuple(it for it in others if it != labels[0])
    return TableColumns(labels[0], tuple(pixels), unused)


def is_label(name: str) -> bool:
    """Tell whether a column is called as labels are."""
    return name.lower() in LABEL_NAMES or understand(name).role == "labels"


def find_pixels(names: Sequence[str], are_numbers: Sequence[bool]) -> list[int]:
    """Find the most columns with one name and numbers behind it, as many as a picture has."""
    groups: dict[str, list[tuple[int, int, int]]] = {}
    for place, (name, is_number) in enumerate(zip(names, are_numbers, strict=True)):
        if is_number and (match := NUMBERED.fullmatch(name)):
            key = int(match["first"]), int(match["second"] or 0), place
            groups.setdefault(match["word"].lower(), []).append(key)
    largest = max(groups.values(), key=len, default=[])
    are_apart = len({key[:2] for key in largest}) == len(largest)
    if not are_apart or not largest or find_item((len(largest),)) is None:
        return []
    return [place for *_, place in sorted(largest)]
