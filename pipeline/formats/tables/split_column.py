"""Columns that give the split of each image: split, Usage, subset, in a table of any format.

    label,pixel0,...,pixel783,Usage         Training, PublicTest or PrivateTest

A column with a usual name must hold splits only. One whose name may mean anything, such as
`fold`, gives the split if it holds nothing else.

Source: Kaggle's fer2013.csv, whose PublicTest is for validation and PrivateTest for testing.
"""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError
from pipeline.formats.arrays.names import SPLITS
from pipeline.formats.source import Part, ReadOptions, subset
from pipeline.formats.streams import FILLERS, WORD, split_called
from pipeline.formats.tables.column_names import is_id, plain_name, quoted

NAMES = frozenset(
    [
        *("split", "splits", "set", "subset", "usage", "partition", "splitname", "setname"),
        *("datasplit", "datasetsplit", "traintest", "traintestsplit", "trainvaltest"),
    ]
)
MAYBE = frozenset(("fold", "folds", "phase", "purpose", "dataset"))
KAGGLE = {"publictest": "validation", "privatetest": "test"}
NONE = "none"  # of --split-column: no column gives the split
SHOWN = 6  # values in a message
MAX_SHOWN = 30  # letters of each
EXPECTED = "expected train, validation or test"

Item = TypeVar("Item")


class SplitColumn(NamedTuple):
    """A column that may give the split of each row."""

    where: str  # the file
    name: str
    values: tuple[str, ...]  # each once
    rows: NDArray[np.intp]  # (N,), which of them


def may_give_split(name: str, options: ReadOptions) -> bool:
    """Return whether a column may give the split by its name, or by the user's choice."""
    plain, asked = plain_name(name), options.split_column
    if options.label_column is not None and plain == plain_name(options.label_column):
        return False
    if asked is not None:
        return asked != NONE and plain == plain_name(asked)
    return re.sub(r"[-_. ]", "", plain) in NAMES | MAYBE


def set_apart(
    path: Path, items: Sequence[Item], name_of: Callable[[Item], str], options: ReadOptions
) -> tuple[list[Item], list[Item]]:
    """Separate the columns that may give the split, unless only they can be the label.

    Returns: the other columns, and those.

    Raises: CorruptError if the column that the user chose is not among them.
    """
    may = [it for it in items if may_give_split(name_of(it), options)]
    others = [it for it in items if it not in may]
    if options.split_column not in (None, NONE):
        if not may:
            names = [name_of(it)[:MAX_SHOWN] for it in items[:SHOWN]]
            what = f'column "{options.split_column}" not found; other than pixels there is '
            what += ", ".join(names) or "no column"
            raise CorruptError(f"{path}: {what}", f"Give --split-column its name, or {NONE}")
        return others, may
    has_label = any(not is_id(plain_name(name_of(it))) for it in others)
    return (others, may) if has_label else (list(items), [])


def column_of_texts(where: str, name: str, texts: Sequence[str | bytes]) -> SplitColumn:
    """Build the column with these texts."""
    plain = [it.decode("utf-8", "replace") if isinstance(it, bytes) else it for it in texts]
    plain = [it.strip() for it in plain]
    number_of = {text: number for number, text in enumerate(dict.fromkeys(plain))}
    return SplitColumn(where, name, tuple(number_of), np.array([number_of[it] for it in plain]))


def split_of_value(value: str) -> str | None:
    """Return the split that a value means: train for Training or `train set`; else None."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", value)
    words = [it for it in re.split(r"[\W_]+", spaced.casefold()) if it]
    if (known := KAGGLE.get("".join(words))) is not None:
        return known
    found = {split_of_word(it) for it in words if it not in FILLERS}
    return found.pop() if len(found) == 1 else None


def split_of_word(word: str) -> str | None:
    """Return the split that a word means, alone or with set or data behind it."""
    match = WORD.fullmatch(word)
    return split_called(match["split"]) if match and match["split"] else SPLITS.get(word)


def choose_split(columns: Sequence[SplitColumn], options: ReadOptions) -> SplitColumn | None:
    """Choose the column that gives the split, by its values; None if none does.

    Raises: CorruptError if several differ, or if the only one holds other values.
    """
    filled = [it for it in columns if any(map(str.strip, it.values))]
    giving = [it for it in filled if all(map(split_of_value, it.values))]
    if giving:
        first = giving[0]
        for other in giving[1:]:
            if splits_of_rows(other) != splits_of_rows(first):
                what = f"{first.where}: the columns {first.name} and {other.name} give other splits"
                mend = f"Choose one with --split-column {quoted(first.name)}"
                raise CorruptError(f"{what}; expected one", mend)
        return first
    for it in filled:
        if options.split_column is not None or plain_name(it.name) not in MAYBE:
            raise values_error(it)
    return None


def splits_of_rows(column: SplitColumn) -> list[str | None]:
    """Return the split of each row."""
    splits = list(map(split_of_value, column.values))
    return [splits[it] for it in column.rows]


def values_error(column: SplitColumn) -> CorruptError:
    """Build the error for a column of splits with values that are not known."""
    known = [it for it in column.values if split_of_value(it)]
    unknown = [it for it in column.values if it not in known]
    what = f"{column.where}: the column {column.name} holds {listed(unknown)}"
    what += f" next to {listed(known)}" if known else ""
    hint = f"Correct it; or leave it unused with --split-column {NONE}"
    return CorruptError(f"{what}; {EXPECTED} in each row", hint)


def listed(values: Sequence[str]) -> str:
    """List the first few values in quotes."""
    shown = ", ".join(f'"{it[:MAX_SHOWN]}"' for it in values[:SHOWN])
    return f"{shown} and {len(values) - SHOWN:,} more" if len(values) > SHOWN else shown


def labels_error(column: SplitColumn) -> CorruptError:
    """Build the error for labels that are only names of splits."""
    names = ", ".join(column.values[:SHOWN])
    return CorruptError(
        f"{column.where}: the labels are {names}, which are splits; expected classes",
        f"Add a column named label; or if these are classes, use --split-column {NONE}",
    )


def divide(part: Part, column: SplitColumn) -> tuple[list[Part], str]:
    """Divide images by a column of splits.

    Returns: a part for each split, and a note.

    Raises: CorruptError.
    """
    values_of: dict[str, list[int]] = {}
    for number, value in enumerate(column.values):
        values_of.setdefault(str(split_of_value(value)), []).append(number)
    parts, counts = [], []
    for split in sorted(values_of, key=("train", "validation", "test", "lost").index):
        which = np.isin(column.rows, values_of[split])
        parts.append(subset(part, split, which))
        texts = [column.values[it] for it in values_of[split]]
        spelled = f" ({', '.join(texts)})" if texts != [split] else ""
        counts.append(f"{which.sum():,} {split}{spelled}")
    note = f"{column.where}: the column {column.name} gives the split: {', '.join(counts)}"
    return parts, note
