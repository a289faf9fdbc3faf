"""Names of the columns of a CSV file: which is the label, and which pixel is where."""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import CorruptError
from pipeline.formats.csv_text import NUMBER, TRUTHS, line_error

HEIGHT, WIDTH = IMAGE_SHAPE
PIXELS = HEIGHT * WIDTH
LABEL_NAMES = frozenset(
    [
        "label",
        "labels",
        "class",
        "classes",
        "class_label",
        "class_id",
        "classlabel",
        "label_id",
        "category",
        "categories",
        "target",
        "targets",
        "digit",
        "digits",
        "number",
        "numbers",
        "character",
        "characters",
        "char",
        "letter",
        "letters",
        "symbol",
        "y",
    ]
)
INDEX_NAMES = re.compile(
    r"|(unnamed|column|x|\.\.\.)[:_. ]*[0-9]*(\.[0-9]+)?|(row|image|img|sample)?[-_. ]?(id|ids|idx|"
    r"index|name|names|no|nr|number)|rownames|row|level_0|imageid"
)
ONE = re.compile(r"(?P<word>.*?)[-_. \[(]*(?P<number>[0-9]{1,5})[\])]?")
TWO = re.compile(
    r"(?P<word>.*?)[-_. \[(]*(?P<row>[0-9]{1,2})(?:[x_,.: -]+|[-_. ]?c(?:ol(?:umn)?)?[-_. ]?)"
    r"(?P<column>[0-9]{1,2})[\])]?"
)
UNLABELLED = "Images without labels are not imported"
MANGLED = "pandas took for names of columns, and numbered its equal pixels"
MIN_MANGLED = 99  # numbered pixels
OPTION = "--label-column first, last or its name"


class UnlabelledError(CorruptError):
    """A CSV file of images without labels, as Kaggle's test.csv is."""


@dataclass(frozen=True)
class Layout:
    """What the columns of a file are, counted from 0."""

    fields: int  # in a line
    pixels: tuple[int, ...]  # the columns of the 784 pixels, row by row
    label: int | None  # None: there is no label
    name: str = ""  # of the label's column, where it has one
    unused: tuple[str, ...] = ()  # names of further columns


@dataclass(frozen=True)
class Columns:
    """The layouts that a first line allows: one, or two where the rows have to decide."""

    layouts: tuple[Layout, ...]
    has_header: bool


def read_columns(path: Path, rows: Sequence[list[str]], asked: str | None) -> Columns:
    """Find out what the columns are, from the first lines and the user's choice of the label.

    Raises: CorruptError, UnlabelledError.
    """
    first, second = rows[0], rows[1] if len(rows) > 1 else None
    if not is_header(first):
        layouts = layouts_without_header(path, len(first), asked)
        if not is_mangled(first, second):
            return Columns(layouts, False)
        unused = f"line 1, an image that {MANGLED}"
        return Columns(tuple(replace(it, unused=(*it.unused, unused)) for it in layouts), True)
    return Columns(layouts_of_names(path, plain_header(rows), asked), True)


def plain_header(rows: Sequence[list[str]]) -> list[str]:
    """Return the names of the columns in small letters, given the first lines."""
    names = [name.strip("# ").lower() for name in rows[0]]
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
    """Return whether a first line is an image whose equal pixels pandas numbered: 0, 0.1, 0.2, ...

    So is the first line of Kaggle's A_Z Handwritten Data.csv.
    """
    numbered = [it for it in first if re.fullmatch(r"[0-9]+\.[0-9]+", it)]
    is_whole = second is not None and not any("." in it for it in second)
    return len(set(numbered)) > MIN_MANGLED and is_whole


def layouts_without_header(path: Path, fields: int, asked: str | None) -> tuple[Layout, ...]:
    """List the layouts of lines without names: label first or last, perhaps after an index.

    Raises: CorruptError, UnlabelledError.
    """
    if fields == PIXELS and asked is None:
        raise UnlabelledError(
            f"{path}: line 1: {PIXELS} values, expected {PIXELS} pixels and a label",
            UNLABELLED,
        )
    if fields not in (PIXELS + 1, PIXELS + 2):
        raise line_error(
            path, 1, f"{fields:,} values, expected a label and 784 pixels", sizes(fields)
        )
    if asked not in (None, "first", "last"):
        what = f"--label-column is {asked}, and the file has no header; expected first or last"
        raise CorruptError(f"{path}: {what}")
    columns = tuple(range(fields - PIXELS - 1, fields))
    unused = ("the first column",) if fields > PIXELS + 1 else ()
    return ends(fields, columns, unused, asked)


def ends(
    fields: int, columns: tuple[int, ...], unused: tuple[str, ...], asked: str | None
) -> tuple[Layout, ...]:
    """List the layouts of 785 columns in order: the label is the first of them or the last."""
    first = Layout(fields, columns[1:], columns[0], unused=unused)
    last = Layout(fields, columns[:-1], columns[-1], unused=unused)
    return {"first": (first,), "last": (last,)}.get(str(asked), (first, last))


def sizes(fields: int) -> str:
    """Guess what so many values in a line may be, as a hint."""
    if fields < 2:
        return "Values are separated by commas, semicolons, tabs or blanks"
    for pixels in (fields, fields - 1):
        side = math.isqrt(pixels)
        if side > 3 and side * side == pixels != PIXELS:
            return f"Images of {side}x{side} pixels? Bring them to {HEIGHT}x{WIDTH}"
        if pixels == 3 * PIXELS:
            return "Images in colour? Turn them into grey levels"
    if PIXELS + 2 < fields <= PIXELS + MAX_CLASSES:
        return f"A column for each class? Save the class in one column after {PIXELS} pixels"
    return ""


def layouts_of_names(path: Path, names: Sequence[str], asked: str | None) -> tuple[Layout, ...]:
    """List the layouts that the names of the columns allow; the pixels are in the order of theirs.

    Raises: CorruptError, UnlabelledError.
    """
    by_place = find_pixels(names)
    label = find_asked(path, names, asked) if asked else None
    if label is not None:
        by_place = [it for it in by_place if it != label]
    places = set(by_place)
    columns = [it for it in range(len(names)) if it not in places]
    if len(by_place) == PIXELS + 1 and (label is None and not labels_among(names, columns)):
        unused = tuple(describe(names, it) for it in columns)
        return ends(len(names), tuple(by_place), unused, None)
    if len(by_place) != PIXELS or have_gaps(names, by_place):
        raise pixels_error(path, names, by_place)
    if label is None:
        label = find_label(path, names, columns)
    unused = tuple(describe(names, it) for it in columns if it != label)
    return (Layout(len(names), tuple(by_place), label, names[label] or "", unused),)


def find_asked(path: Path, names: Sequence[str], asked: str) -> int:
    """Find the column that the user says is the label.

    Raises: CorruptError.
    """
    if asked.lower().strip() in names:
        return names.index(asked.lower().strip())
    if asked in ("first", "last"):
        return 0 if asked == "first" else len(names) - 1
    pixels = set(find_pixels(names))
    others = [name for column, name in enumerate(names) if column not in pixels]
    what = f"no column is called {asked}; there are {', '.join(others[:9]) or 'pixels alone'}"
    raise CorruptError(f"{path}: {what}", f"Give {OPTION}")


def find_pixels(names: Sequence[str]) -> list[int]:
    """List the columns of the pixels, row by row: those of the most names that differ in numbers.

    Names count from 0 or 1, on through the image (`pixel0`) or by row and column (`1x1`).
    """
    groups: dict[tuple[str, bool], dict[tuple[int, ...], int]] = {}
    for column, name in enumerate(names):
        if match := TWO.fullmatch(name):
            key = int(match["row"]), int(match["column"])
            groups.setdefault((match["word"], True), {}).setdefault(key, column)
        if match := ONE.fullmatch(name):
            groups.setdefault((match["word"], False), {}).setdefault(
                (int(match["number"]),), column
            )
    largest = max(groups.values(), key=len, default={})
    return [column for _, column in sorted(largest.items())]


def have_gaps(names: Sequence[str], columns: Sequence[int]) -> bool:
    """Return whether numbers are missing between those in the names of pixels."""
    ones = [ONE.fullmatch(names[it]) for it in columns]
    numbers = [int(it["number"]) for it in ones if it]
    return max(numbers) - min(numbers) not in (len(columns) - 1, HEIGHT - 1)


def labels_among(names: Sequence[str], columns: Sequence[int]) -> list[int]:
    """List the columns that are called as labels are."""
    return [it for it in columns if names[it] in LABEL_NAMES]


def find_label(path: Path, names: Sequence[str], columns: Sequence[int]) -> int:
    """Find the label among the columns that are no pixels.

    Raises: CorruptError, UnlabelledError.
    """
    found = labels_among(names, columns)
    if len(found) == 1:
        return found[0]
    others = [it for it in columns if not INDEX_NAMES.fullmatch(names[it])]
    if not found and not others:
        what = "no column is called label: the columns are pixels"
        what += "".join(f" and {describe(names, it)}" for it in columns[:2])
        raise UnlabelledError(f"{path}: line 1: {what}", UNLABELLED)
    listed = ", ".join(describe(names, it) for it in (found or others)[:5])
    what = f"beside the pixels there are {listed}, expected one column that is called label"
    raise line_error(
        path,
        1,
        what,
        f"Name it with --label-column, as in --label-column {names[(found or others)[0]]}",
    )


def describe(names: Sequence[str], column: int) -> str:
    """Return a column's name for people, or its place."""
    return names[column][:30] or f"column {column + 1} without a name"


def pixels_error(path: Path, names: Sequence[str], by_place: Sequence[int]) -> CorruptError:
    """Make the error for a header that does not name 784 pixels: name what is missing and odd."""
    places = set(by_place)
    columns = [it for it in range(len(names)) if it not in places]
    odd = [describe(names, it) for it in columns if names[it] not in LABEL_NAMES]
    what = f"{len(names):,} columns, {len(by_place):,} of them pixels by their names"
    what += f"; others: {', '.join(odd[:3])}{', ...' if len(odd) > 3 else ''}" if odd else ""
    numbers = [ONE.fullmatch(names[it]) for it in by_place]
    present = {int(it["number"]) for it in numbers if it}
    if PIXELS - 9 < len(present) < PIXELS:
        word = names[by_place[0]].rstrip("0123456789")
        absent = sorted(set(range(min(present), min(present) + PIXELS)) - present)
        what += f"; missing: {', '.join(f'{word}{it}' for it in absent[:3])}"
    hint = (
        sizes(len(by_place))
        or "Expected a label and 784 pixels, pixel0 to pixel783 or 1x1 to 28x28"
    )
    return line_error(path, 1, what, hint)
