"""Arrays with a label and 784 pixels per row, such as CSV files in NumPy."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.formats.arrays.named import NUMBER, NamedArray
from pipeline.formats.arrays.names import has_no_name
from pipeline.formats.csv.evidence import NEIGHBOURS, Candidate, choose_first
from pipeline.formats.csv.header import PIXELS


def split_tables(arrays: Sequence[NamedArray]) -> list[NamedArray]:
    """Split tables into images and labels, by the evidence of all rows."""
    tables = [it for it in arrays if it.kind == NUMBER and it.shape[1:] == (PIXELS + 1,)]
    is_first = choose_first([ends_of(it) for it in tables]) if tables else None
    if is_first is None:
        return list(arrays)
    return [part for it in arrays for part in ([it] if it not in tables else halves(it, is_first))]


def ends_of(table: NamedArray) -> tuple[Candidate, Candidate]:
    """Count the values in the first and the last column."""
    first, last = Candidate(), Candidate()
    row = 1
    for rows in table.read():
        sides = rows[:, 1 : 1 + NEIGHBOURS], rows[:, -1 - NEIGHBOURS : -1]
        for candidate, column, side in zip((first, last), (0, -1), sides, strict=True):
            candidate.add(row, [f"{it:g}".encode() for it in rows[:, column].tolist()], side)
        row += len(rows)
    return first, last


def halves(table: NamedArray, is_first: bool) -> list[NamedArray]:
    """Build an array of the images and one of the labels of a table."""
    label = 0 if is_first else PIXELS
    pixels = slice(1, None) if is_first else slice(PIXELS)
    return [
        part_of(table, "images", (table.shape[0], PIXELS), pixels),
        part_of(table, "labels", table.shape[:1], label),
    ]


def part_of(
    table: NamedArray, role: str, shape: tuple[int, ...], columns: int | slice
) -> NamedArray:
    """Name some columns of a table as an array."""

    def read() -> Iterator[NDArray[Any]]:
        for rows in table.read():
            yield np.asarray(rows[:, columns])

    name = role if has_no_name(table.name) else f"{table.name}/{role}"
    return NamedArray(table.path, name, shape, NUMBER, read, table.is_in_memory, are_rows=True)
