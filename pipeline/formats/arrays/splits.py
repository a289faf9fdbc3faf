"""Arrays next to images and labels that give the split of each image."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError
from pipeline.formats.arrays.layouts import can_label
from pipeline.formats.arrays.named import TEXT, NamedArray
from pipeline.formats.arrays.names import has_no_name
from pipeline.formats.arrays.pairs import Pair, layout_of
from pipeline.formats.source import Part, ReadOptions
from pipeline.formats.tables.split_column import (
    NONE,
    SplitColumn,
    choose_split,
    column_of_texts,
    divide,
    labels_error,
    may_give_split,
    set_apart,
    split_of_value,
    splits_of_rows,
)


class Divided(NamedTuple):
    """The images of a pair, by split."""

    parts: list[Part]
    column: NamedArray | None = None  # the array that gives the split
    note: str = ""


def column_name(array: NamedArray) -> str:
    """Return the last name of an array that is not only a position."""
    levels = [it for it in array.name.split("/") if not has_no_name(it)]
    return levels[-1] if levels else ""


def separate_splits(
    path: Path, arrays: Sequence[NamedArray], options: ReadOptions
) -> tuple[list[NamedArray], list[NamedArray]]:
    """Separate the arrays that may give the split from all others.

    Raises: CorruptError.
    """
    counts = {layout.image_count for it in arrays if (layout := layout_of(it)) is not None}
    beside = [
        it
        for it in arrays
        if layout_of(it) is None and any(can_label(it.shape, count) for count in counts)
    ]
    _, may = set_apart(path, beside, column_name, options)
    places = {id(it) for it in may if math.prod(it.shape) in counts}
    return (
        [it for it in arrays if id(it) not in places],
        [it for it in arrays if id(it) in places],
    )


def divide_pair(
    part: Part,
    pair: Pair,
    pairs: Sequence[Pair],
    columns: Sequence[NamedArray],
    options: ReadOptions,
) -> Divided:
    """Divide the images of a pair by the array that gives their split, if there is one.

    Raises: CorruptError.
    """
    require_labels(pair, options)
    is_only = sum(it.images.levels == pair.images.levels for it in pairs) == 1
    mine = [
        it
        for it in columns
        if math.prod(it.shape) == len(part.labels)
        and (len(pairs) == 1 or (is_only and it.levels == pair.images.levels))
    ]
    texts = [read_texts(it) for it in mine]
    column = choose_split(texts, options)
    if column is None:
        return Divided([part])
    parts, note = divide(part, column)
    return Divided(parts, mine[texts.index(column)], note)


def require_one_split(
    pairs: Sequence[Pair], unused: Sequence[NamedArray], options: ReadOptions
) -> None:
    """Check that arrays for several splits have no array next to them with other splits.

    Raises: CorruptError.
    """
    if all(it.split is None for it in pairs):
        return
    splits = [split for it in pairs for split in [it.split] * it.layout.image_count]
    for array in unused:
        count = math.prod(array.shape)
        fitting = {it.split for it in pairs if it.layout.image_count == count}
        if not may_give_split(column_name(array), options) or not (fitting or count == len(splits)):
            continue
        column = choose_split([read_texts(array)], options)
        found = splits_of_rows(column) if column else splits
        if found != splits and not (len(set(found)) == 1 and set(found) <= fitting):
            names = ", ".join(it.images.name for it in pairs)
            what = f"{array.where}: its splits differ from those in the names {names}"
            hint = f"Remove the array; or leave it unused with --split-column {NONE}"
            raise CorruptError(what, hint)


def read_texts(array: NamedArray) -> SplitColumn:
    """Read the values of a column as texts."""
    values = array.load().reshape(-1).tolist()
    texts = [it if isinstance(it, str | bytes) else str(it) for it in values]
    return column_of_texts(str(array.path), column_name(array), texts)


def require_labels(pair: Pair, options: ReadOptions) -> None:
    """Check that the labels of a pair are not only names of splits.

    Raises: CorruptError.
    """
    if pair.labels.kind != TEXT or options.split_column == NONE or options.label_column:
        return
    column = read_texts(pair.labels)
    if column.values and all(map(split_of_value, column.values)):
        raise labels_error(column)
