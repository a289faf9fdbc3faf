"""Ids that match the lines of two CSV files, in any order."""

import re
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError
from pipeline.formats.classes import plain_number
from pipeline.formats.csv.text import line_error
from pipeline.formats.tables.column_names import is_id

IN_ORDER = re.compile(r"(\D*)([0-9]{1,18})(\D*)")  # img_0001.png, with the number in the middle
HINT = "Every image needs a label with its id, and every label an image"


class IdColumn(NamedTuple):
    """A column that is neither a label nor a pixel."""

    path: Path
    name: str
    first_line: int  # of its texts
    texts: Sequence[bytes]


def choose_ids(
    images: Sequence[IdColumn], labels: Sequence[IdColumn]
) -> tuple[IdColumn | None, IdColumn | None]:
    """Choose the id columns of both files: those of one name, or the first ones."""
    found = [[it for it in columns if are_ids(it)] for columns in (images, labels)]
    shared = [(a, b) for a in found[0] for b in found[1] if a.name == b.name]
    if shared:
        return max(shared, key=lambda pair: bool(pair[0].name))  # a named column is preferred
    first, second = (max(it, key=is_called_id, default=None) for it in found)
    return first, second


def are_ids(column: IdColumn) -> bool:
    """Return whether a column is named like ids, or has distinct texts."""
    return is_called_id(column) or len(set(column.texts)) == len(column.texts)


def is_called_id(column: IdColumn) -> bool:
    """Return whether a column has a name that is usual for ids."""
    return bool(column.name) and is_id(column.name)


def join_ids(images: IdColumn, labels: IdColumn) -> list[int]:
    """Find the line of labels that belongs to each image, counted from 0.

    Raises: CorruptError if an id is missing or repeated.
    """
    keys = [[plain_id(it) for it in column.texts] for column in (images, labels)]
    if keys[0] == keys[1]:
        return list(range(len(keys[0])))
    places = [places_of_ids(column, it) for column, it in zip((images, labels), keys, strict=True)]
    require_ids(images, places[0], labels, places[1])
    require_ids(labels, places[1], images, places[0])
    return [places[1][it] for it in places[0]]


def plain_id(text: bytes) -> str:
    """Return an id as text; equal numbers give the same text."""
    decoded = text.decode("utf-8", "replace").strip()
    return plain_number(decoded) or decoded


def places_of_ids(column: IdColumn, keys: Sequence[str]) -> dict[str, int]:
    """Return the position of every id.

    Raises: CorruptError if one is repeated.
    """
    places: dict[str, int] = {}
    for place, key in enumerate(keys):
        if key in places:
            what = f'the id "{key}" is also in line {column.first_line + places[key]:,}'
            raise line_error(column.path, column.first_line + place, what, HINT)
        places[key] = place
    return places


def require_ids(
    column: IdColumn, mine: dict[str, int], other: IdColumn, others: dict[str, int]
) -> None:
    """Check that every id of a file is in the other one.

    Raises: CorruptError.
    """
    absent = [it for it in mine if it not in others]
    if absent:
        what = f'{other.path} has no line with the id "{absent[0]}"'
        what += f"; {len(absent):,} of {len(mine):,} ids are missing there"
        raise line_error(column.path, column.first_line + mine[absent[0]], what, HINT)


def pair_lines(
    images: Sequence[IdColumn], labels: Sequence[IdColumn]
) -> tuple[IdColumn, list[int]] | str:
    """Find the line of labels for each image by ids, or note a lack of ids.

    Returns: the ids and the places, or a note; none if no file has ids.

    Raises: CorruptError.
    """
    first, second = choose_ids(images, labels)
    if first is not None and second is not None:
        return second, join_ids(first, second)
    only = first or second
    if only is None:
        return ""
    require_order(only)
    return f"{only.path}: the other file has no ids, so lines are paired in order"


def require_order(column: IdColumn) -> None:
    """Check that ids number the lines in order, since the other file has no ids.

    Raises: CorruptError.
    """
    keys = [plain_id(it) for it in column.texts]
    matches = [IN_ORDER.fullmatch(it) for it in keys]
    numbers = [int(it[2]) if it else -1 for it in matches]
    are_numbers = len({(it[1], it[3]) if it else None for it in matches}) == 1 and -1 not in numbers
    ranges = [list(range(first, first + len(keys))) for first in (0, 1)]
    if are_numbers and numbers in ranges:
        return
    if not is_called_id(column) and sorted(numbers) not in ranges:
        return  # any other column of distinct texts
    what = f"{column.path}: its ids are not 0, 1, 2, ... in order, and the other file has no ids"
    hint = "Add the ids to the other file, too; or if both have the same order, remove these"
    raise CorruptError(what, hint)
