"""Columns of a CSV file from its first lines: the label and the pixels."""

import math
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import CorruptError
from pipeline.formats.csv.text import NUMBER, TRUTHS, line_error
from pipeline.formats.source import ReadOptions
from pipeline.formats.tables.column_names import (
    HEIGHT,
    ONE,
    WIDTH,
    describe,
    find_label,
    find_pixels,
    have_gaps,
    is_label,
    plain_name,
    quoted,
)
from pipeline.formats.tables.split_column import may_give_split, set_apart

PIXELS = HEIGHT * WIDTH
UNLABELLED = "Images without labels are not imported; `network predict` reads them"
MANGLED = "pandas used as column names, with numbers added to equal pixels"
NUMBERS = re.compile(r"[0-9.]+")
PACKED = (
    'In Python: t = pandas.read_csv("FILE"); x = [np.array(it.replace(",", " ").strip("[]")'
    '.split(), float) for it in t["pixels"]]; np.savez("mine.npz", x=x, y=t["label"].to_numpy(str)'
    "{split}), with the names of its columns; and import that"
)
WITH_COMMAS = (
    'In Python: Path("new.csv").write_text(Path("FILE").read_text().replace("{mark}", ","))'
)
LIST_OF_FILES = (
    "A list of pictures? Put each picture into a folder that is named after its class: "
    "LABEL/name.png"
)
NUMBERED = "Expected a label and 784 pixels, pixel0 to pixel783 or 1x1 to 28x28"
MANY = 10  # times as many values as a title has
MIN_MANGLED = 99  # numbered pixels


class UnlabelledError(CorruptError):
    """A CSV file of images without labels, as Kaggle's test.csv is."""


@dataclass(frozen=True)
class Layout:
    """The columns of a file, counted from 0."""

    fields: int  # in a line
    pixels: tuple[int, ...]  # the columns of the 784 pixels, row by row
    label: int | None  # None: no label
    name: str = ""  # of the label's column, where it has one
    unused: tuple[str, ...] = ()  # names of further columns


@dataclass(frozen=True)
class Columns:
    """The layouts that a first line allows: one, or two for the rows to decide."""

    layouts: tuple[Layout, ...]
    has_header: bool
    splits: tuple[tuple[int, str], ...] = ()  # columns that may give the split, with their names


def read_columns(path: Path, rows: Sequence[list[str]], options: ReadOptions) -> Columns:
    """Determine the columns from the first lines and the user's choices.

    Raises: CorruptError, UnlabelledError.
    """
    first, second = rows[0], rows[1] if len(rows) > 1 else None
    if second is not None and len(second) >= PIXELS > MANY * len(first):
        what = f"{len(first):,} values, and {len(second):,} below it"
        raise line_error(path, 1, what, "Remove the lines above the table and its header")
    if second is not None and any(len(NUMBERS.findall(it)) >= PIXELS for it in second):
        if mark := odd_separator(second):
            what = f'{path}: "{mark}" separates the values; expected commas'
            raise CorruptError(what, WITH_COMMAS.format(mark=mark))
        may = [it for it in first if may_give_split(plain_name(it), options)]
        split = f', split=t["{may[0]}"].to_numpy(str)' if may else ""
        hint = PACKED.format(split=split)
        raise CorruptError(f"{path}: line 2: all pixels of an image in one value", hint)
    if not is_header(first):
        set_apart(path, [], str, options)
        layouts = layouts_without_header(path, len(first), options.label_column)
        if not is_mangled(first, second):
            return Columns(layouts, False)
        unused = f"line 1, an image that {MANGLED}"
        return Columns(tuple(replace(it, unused=(*it.unused, unused)) for it in layouts), True)
    return columns_of_names(path, plain_header(rows), options)


def odd_separator(fields: Sequence[str]) -> str:
    """Return the mark between the numbers of a line that was not split; none in a list."""
    return re.sub(r"[0-9.eE+\s\[\](),-]", "", fields[0])[:1] if len(fields) == 1 else ""


def plain_header(rows: Sequence[list[str]]) -> list[str]:
    """Return the names of the columns in small letters, given the first lines."""
    names = [plain_name(name) for name in rows[0]]
    if len(rows) > 1 and len(rows[1]) == len(names) + 1:
        return ["", *names]  # R's write.table: row names have no header
    return names


def is_header(fields: Sequence[str]) -> bool:
    """Return whether a first line names the columns.

    One text among numbers is a label, unless the numbers count up.
    """
    texts = [it for it in fields if it not in ("", *TRUTHS) and not NUMBER.fullmatch(it)]
    numbers = {int(it) for it in fields if re.fullmatch("[0-9]{1,5}", it)}
    counts_up = len(numbers) > 256 and max(numbers) - min(numbers) == len(numbers) - 1
    return len(texts) > 1 or counts_up


def is_mangled(first: Sequence[str], second: Sequence[str] | None) -> bool:
    """Return whether a first line is an image that pandas numbered: 0, 0.1, ...

    An example is the first line of Kaggle's A_Z Handwritten Data.csv.
    """
    numbered = [it for it in first if re.fullmatch(r"[0-9]+\.[0-9]+", it)]
    is_whole = second is not None and not any("." in it for it in second)
    return len(set(numbered)) > MIN_MANGLED and is_whole


def layouts_without_header(path: Path, fields: int, asked: str | None) -> tuple[Layout, ...]:
    """List the layouts of lines without names: the label first or last.

    Raises: CorruptError, UnlabelledError.
    """
    if fields == PIXELS and asked is None:
        raise UnlabelledError(
            f"{path}: line 1: {PIXELS} values; expected {PIXELS} pixels and a label",
            UNLABELLED,
        )
    if fields not in (PIXELS + 1, PIXELS + 2):
        raise line_error(
            path, 1, f"{fields:,} values; expected a label and 784 pixels", sizes(fields)
        )
    if asked not in (None, "first", "last"):
        what = f'--label-column is "{asked}"; expected first or last in a file without a header'
        raise CorruptError(f"{path}: {what}", "Give --label-column first or last")
    columns = tuple(range(fields - PIXELS - 1, fields))
    unused = ("the first column",) if fields > PIXELS + 1 else ()
    return ends(fields, columns, unused, asked)


def ends(
    fields: int, columns: tuple[int, ...], unused: tuple[str, ...], asked: str | None
) -> tuple[Layout, ...]:
    """List the layouts of 785 columns: the label is the first or the last."""
    first = Layout(fields, columns[1:], columns[0], unused=unused)
    last = Layout(fields, columns[:-1], columns[-1], unused=unused)
    return {"first": (first,), "last": (last,)}.get(str(asked), (first, last))


def sizes(fields: int) -> str:
    """Return a hint on the meaning of this number of values per line."""
    if fields < 2:
        return "Separate the values by commas, semicolons, tabs or blanks"
    for pixels in (fields, fields - 1):
        side = math.isqrt(pixels)
        if side > 3 and side * side == pixels != PIXELS:
            return f"Images of {side}x{side} pixels? Resize them to {HEIGHT}x{WIDTH}"
        if pixels == 3 * PIXELS:
            return "Images in colour? Convert them to grey levels"
    if PIXELS + 2 < fields <= PIXELS + MAX_CLASSES:
        n = fields - PIXELS
        return (
            f'A column for each class? In Python: a = np.loadtxt("FILE", delimiter=","); '
            f'np.savez("mine.npz", x=a[:, {n}:], y=a[:, :{n}]), or x=a[:, :784], y=a[:, 784:]; '
            "and import that"
        )
    return ""


def columns_of_names(path: Path, names: Sequence[str], options: ReadOptions) -> Columns:
    """Determine the columns from their names.

    Raises: CorruptError, UnlabelledError.
    """
    beside = others_of(names, find_pixels(names))
    _, splits = set_apart(path, beside, names.__getitem__, options)
    layouts = layouts_of_names(path, names, splits, options.label_column)
    return Columns(layouts, True, tuple((it, names[it]) for it in splits))


def layouts_of_names(
    path: Path, names: Sequence[str], splits: Sequence[int], asked: str | None
) -> tuple[Layout, ...]:
    """List the layouts that the column names allow, with the pixels in order.

    Raises: CorruptError, UnlabelledError.
    """
    by_place = find_pixels(names)
    label = find_label(path, names, others_of(names, by_place), asked) if asked else None
    by_place = [it for it in by_place if it != label]
    columns = others_of(names, [*by_place, *splits])
    is_open = label is None and not any(is_label(names[it]) for it in columns)
    if len(by_place) == PIXELS + 1 and is_open:
        unused = tuple(describe(names, it) for it in columns)
        return ends(len(names), tuple(by_place), unused, None)
    if len(by_place) != PIXELS or have_gaps(names, by_place):
        raise pixels_error(path, names, by_place)
    if label is None:
        among = [it for it in columns if not may_give_split(names[it], ReadOptions())]
        label = find_label(path, names, among)
    if label is None:
        what = "no column named label found; the columns are pixels"
        what += "".join(f" and {describe(names, it)}" for it in columns[:2])
        raise UnlabelledError(f"{path}: line 1: {what}", label_hint(names, columns))
    unused = tuple(describe(names, it) for it in columns if it != label)
    return (Layout(len(names), tuple(by_place), label, names[label] or "", unused),)


def label_hint(names: Sequence[str], columns: Sequence[int]) -> str:
    """Return a hint on the columns that may be the label; a column of splits is none."""
    asking = [
        f"If it is the label, use --label-column {quoted(names[it])}"
        for it in columns
        if not may_give_split(names[it], ReadOptions())
    ]
    return ". ".join((*(asking[:1] or ["Add a column named label"]), UNLABELLED))


def others_of(names: Sequence[str], columns: Sequence[int]) -> list[int]:
    """List all columns except these."""
    taken = set(columns)
    return [it for it in range(len(names)) if it not in taken]


def pixels_error(path: Path, names: Sequence[str], by_place: Sequence[int]) -> CorruptError:
    """Build the error for a header that does not name 784 pixels."""
    odd = [describe(names, it) for it in others_of(names, by_place) if not is_label(names[it])]
    what = f"{len(names):,} columns, {len(by_place):,} of them named like pixels"
    what += f"; others: {', '.join(odd[:3])}{', ...' if len(odd) > 3 else ''}" if odd else ""
    numbers = [ONE.fullmatch(names[it]) for it in by_place]
    present = {int(it["number"]) for it in numbers if it}
    if PIXELS - 9 < len(present) < PIXELS:
        word = names[by_place[0]].rstrip("0123456789")
        absent = sorted(set(range(min(present), min(present) + PIXELS)) - present)
        what += f"; missing: {', '.join(f'{word}{it}' for it in absent[:3])}"
    ((same, count),) = Counter(names).most_common(1)
    if count > MANY:
        what = f'{count:,} of {len(names):,} columns have the same name, "{same[:30]}"'
        return line_error(path, 1, what, "Number the pixels: pixel0 to pixel783, row by row")
    is_list = 1 < len(names) < MANY and not by_place
    hint = LIST_OF_FILES if is_list else sizes(len(by_place) if by_place else len(names))
    return line_error(path, 1, what, hint or NUMBERED)
