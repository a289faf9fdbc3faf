"""Columns of an ARFF or parquet table: pixels in their order, and the label."""

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError
from pipeline.formats.arrays.layouts import find_item
from pipeline.formats.source import ReadOptions
from pipeline.formats.tables.column_names import (
    describe,
    find_label,
    find_pixels,
    is_label,
    plain_name,
)
from pipeline.formats.tables.split_column import set_apart

NUMBERS = (
    "Save them as whole numbers: in Python, t[pixels] = t[pixels].astype(int), where pixels are "
    "the names of the columns; in ARFF, with the type NUMERIC"
)
AS_IT_IS = ReadOptions()


class TableColumns(NamedTuple):
    """The places of the columns, from 0."""

    label: int | None  # None only where none is needed
    pixels: tuple[int, ...]  # row by row
    unused: tuple[int, ...]
    splits: tuple[int, ...] = ()  # columns that may give the split


def choose_columns(
    path: Path,
    names: Sequence[str],
    are_numbers: Sequence[bool],
    options: ReadOptions = AS_IT_IS,
    has_labels: bool = True,
) -> TableColumns:
    """Find the label and the pixels, ordered by the numbers in their names.

    A column is also the label if it is the only one without numbers. Images to predict need none.

    Raises: CorruptError.
    """
    pixels = pixel_columns(names, are_numbers)
    plain = [plain_name(it) for it in names]
    beside = [place for place in range(len(names)) if place not in set(pixels)]
    others, splits = set_apart(path, beside, names.__getitem__, options)
    asked = options.label_column
    if not pixels:
        listed = ", ".join(describe(names, it) for it in others[:8])
        texts = [it for it in find_pixels(plain) if not are_numbers[it]]
        if texts:
            what = f"{path}: the column {names[texts[0]]} holds no numbers; {len(texts):,} columns "
            what += "are named like pixels, but are texts, decimals or nominal"
            raise CorruptError(what, NUMBERS)
        raise CorruptError(
            f"{path}: {len(names):,} columns ({listed}), none of them numbered pixels; expected "
            "784 pixels and one label",
            "Name the columns label, pixel0, ..., pixel783",
        )
    classes = [it for it in others if not are_numbers[it]]
    if asked is None and len(classes) == 1 and not any(is_label(plain[it]) for it in others):
        label: int | None = classes[0]
    elif not has_labels:
        label = next((it for it in others if is_label(plain[it])), None)
    else:
        label = find_label(path, plain, others, asked)
    if label is None and has_labels:
        listed = ", ".join(describe(names, it) for it in others) or "nothing"
        what = f"{path}: columns other than pixels: {listed}; expected one"
        raise CorruptError(f"{what} named label", "Images without labels are not imported")
    unused = tuple(it for it in others if it != label)
    pixels = [it for it in pixels if it != label]
    return TableColumns(label, tuple(pixels), unused, tuple(splits))


def pixel_columns(names: Sequence[str], are_numbers: Sequence[bool]) -> list[int]:
    """Find the numbered columns of numbers, as many as a picture has pixels."""
    places = [place for place, is_number in enumerate(are_numbers) if is_number]
    found = [places[it] for it in find_pixels([plain_name(names[it]) for it in places])]
    return found if found and find_item((len(found),)) is not None else []
