"""First pass over CSV files: columns, labels, and a check of every number."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import COPY_AGAIN, CorruptError
from pipeline.formats.classes import check_class, plain_number
from pipeline.formats.csv.evidence import (
    MAX_TEXTS,
    NEIGHBOURS,
    Candidate,
    choose_first,
    clear_side,
)
from pipeline.formats.csv.header import PIXELS, Columns, Layout, UnlabelledError, read_columns
from pipeline.formats.csv.lines import (
    UTF8,
    Block,
    Wanted,
    number_error,
    parse_block,
    split_fields,
    value_error,
)
from pipeline.formats.csv.scale import Scale
from pipeline.formats.csv.text import NUMBER, line_error, plain_blocks
from pipeline.formats.source import ReadOptions
from pipeline.formats.tables.column_names import OPTION
from pipeline.formats.tables.split_column import SplitColumn, choose_split

MAX_LABEL = 255
LABEL_THEM = "Label them or remove them; `network predict` reads images without labels"
HEADER_BITS = 100.0  # weight of the header of another split against the rows


@dataclass(frozen=True)
class Table:
    """The contents of a CSV file, apart from the pixels."""

    path: Path
    layout: Layout
    has_header: bool
    scale: Scale
    names: dict[str, int]  # every text for a class, with its first line
    numbers: NDArray[np.uint16]  # (N,), which of them
    notes: tuple[str, ...]
    labels_path: Path | None = None  # of the file with the labels, where that is another
    split: SplitColumn | None = None  # the column that gives the split of each row


class Survey(NamedTuple):
    """A file after the first pass, while two columns may still be the label."""

    path: Path
    columns: Columns
    scale: Scale
    texts: tuple["Texts", ...]  # of the label in each layout
    candidates: tuple[Candidate, ...]
    id_texts: "Texts | None" = None  # of a first column that should be an index
    split_texts: tuple["Texts", ...] = ()  # of the columns that may give the split


class Texts:
    """The distinct texts of a column, and the text of each row."""

    def __init__(self) -> None:
        self.number_of: dict[bytes, int] = {}
        self.lines: list[int] = []  # the first with each text
        self.chunks = [np.empty(0, np.uint16)]
        self.is_open = True  # few enough texts so far

    def add(self, line: int, texts: list[bytes]) -> None:
        """Add the texts of some rows, up to the most that labels may have."""
        if not self.is_open:
            return
        for number, text in enumerate(texts, start=line):
            if text not in self.number_of:
                self.number_of[text] = len(self.number_of)
                self.lines.append(number)
        self.is_open = len(self.number_of) <= MAX_TEXTS
        if self.is_open:
            self.chunks.append(np.array([self.number_of[it] for it in texts], np.uint16))

    def split_column(self, path: Path, name: str) -> SplitColumn:
        """Return the column as one that may give the split."""
        values = [it.decode("utf-8", "replace").strip() for it in self.number_of]
        return SplitColumn(str(path), name, tuple(values), np.concatenate(self.chunks))


def read_tables(
    files: dict[str | None, Path], options: ReadOptions
) -> tuple[dict[str | None, Table], tuple[str, ...]]:
    """Read the labels of every file of a dataset, and check every pixel.

    Raises: UnlabelledError, MissingError, StorageError, CorruptError.
    """
    surveys, notes = {}, []
    for split, path in files.items():
        try:
            surveys[split] = survey_file(path, options)
        except UnlabelledError as error:
            if split in (None, "train"):
                raise
            notes.append(f"not used, because it has no labels: {error.message}")
    is_first = choose_label(list(surveys.values()))
    tables = {split: make_table(survey, is_first, options) for split, survey in surveys.items()}
    return tables, tuple(notes)


def first_rows(path: Path, block: bytes) -> list[list[str]]:
    """Split the first two lines into values."""
    lines = block.split(b"\n", 2)[:2]
    return [split_fields(path, number, it) for number, it in enumerate(lines, 1) if it.strip()]


def wanted_columns(columns: Columns) -> Wanted:
    """List the columns for the first pass: of two layouts, the pixels of both."""
    layouts = columns.layouts
    labels = tuple(it.label for it in layouts if it.label is not None)
    shared = tuple(it for it in layouts[0].pixels if it not in labels)
    splits = tuple(place for place, _ in columns.splits)
    return Wanted(layouts[0].fields, labels + (0,) * has_index(columns) + splits, shared)


def has_index(columns: Columns) -> bool:
    """Return whether a first column should be an index, but no header confirms it."""
    return not columns.has_header and columns.layouts[0].fields == PIXELS + 2


def survey_file(path: Path, options: ReadOptions) -> Survey:
    """Read through a file: its columns, its labels, its numbers.

    Raises: UnlabelledError, MissingError, StorageError, CorruptError.
    """
    survey, wanted = None, Wanted(0, (), ())
    with options.reporter.progress(
        f"checking {path.name}", path.stat().st_size, "bytes"
    ) as advance:
        for line, block in plain_blocks(path):
            if survey is None:
                columns = read_columns(path, first_rows(path, block), options)
                wanted = wanted_columns(columns)
                survey = begin_survey(path, columns, options)
                line, block = without_header(columns, line, block)
            if block:
                add_block(survey, wanted, parse_block(path, line, block, wanted))
            advance(len(block))
    if survey is None:
        what = f"{path}: the file is empty; expected a label and 784 pixels per line"
        raise CorruptError(what, COPY_AGAIN)
    if survey.id_texts is not None:
        check_index(path, survey.id_texts)
    return survey


def begin_survey(path: Path, columns: Columns, options: ReadOptions) -> Survey:
    """Build the survey of a file of which no row is read yet."""
    count = len(columns.layouts)
    return Survey(
        *(path, columns, Scale(options.highest)),
        tuple(Texts() for _ in range(count)),
        tuple(Candidate() for _ in range(count)),
        Texts() if has_index(columns) else None,
        tuple(Texts() for _ in columns.splits),
    )


def check_index(path: Path, index: "Texts") -> None:
    """Check that an omitted column has distinct values in most lines, like an index.

    Raises: CorruptError.
    """
    count = sum(map(len, index.chunks))
    if index.is_open and 2 * len(index.number_of) <= count:
        what = f"{PIXELS + 2} values per line, but the first column is not an index: it has"
        what += f" {len(index.number_of):,} different values in {count:,} lines"
        hint = "Give the file a header, such as id,label,pixel0,...,pixel783"
        raise CorruptError(f"{path}: {what}", hint)


def without_header(columns: Columns, line: int, block: bytes) -> tuple[int, bytes]:
    """Return the first block without its first line, if that is a header."""
    return (line + 1, block[block.index(b"\n") + 1 :]) if columns.has_header else (line, block)


def add_block(survey: Survey, wanted: Wanted, block: Block) -> None:
    """Add the labels of a block, and check its numbers.

    Raises: CorruptError.
    """
    wrong = survey.scale.survey(block.numbers)
    if wrong is not None:
        raise number_error(survey.path, block, wanted, wrong, survey.scale.expected)
    index = [survey.id_texts] if survey.id_texts is not None else []
    wanted_texts = (*survey.texts, *index, *survey.split_texts)
    for texts, column in zip(wanted_texts, block.texts, strict=True):
        texts.add(block.line, column)
    if len(survey.candidates) == 1:
        check_count(survey, survey.texts[0])
        return
    sides = block.numbers[:, :NEIGHBOURS], block.numbers[:, -NEIGHBOURS:]
    for candidate, column, side in zip(survey.candidates, block.texts, sides, strict=False):
        candidate.add(block.line, column, side)


def check_count(survey: Survey, texts: Texts) -> None:
    """Check that a label does not have more classes than a dataset may have.

    Raises: CorruptError.
    """
    if len(texts.number_of) <= MAX_CLASSES:
        return
    seen: set[str] = set()
    for text, line in zip(texts.number_of, texts.lines, strict=True):
        name = text.decode("utf-8", "replace").strip()
        seen.add(plain_number(name) or name)
        if len(seen) > MAX_CLASSES:
            what = f'"{name}" is class {len(seen)}; expected {MAX_CLASSES} at most'
            raise line_error(survey.path, line, what, f"If these are not labels, use {OPTION}")


def choose_label(surveys: list[Survey]) -> bool:
    """Return whether the label is the first column, in all files without such names.

    Raises: CorruptError.
    """
    is_open = [it for it in surveys if len(it.candidates) > 1]
    if not is_open:
        return True
    sides = {it.path: side_of(it) for it in surveys}
    named = [sides[it.path] for it in surveys if it not in is_open and sides[it.path] is not None]
    told = HEADER_BITS * (named.count(True) - named.count(False))
    is_told = len(is_open) < len(surveys)
    chosen = choose_first([(it.candidates[0], it.candidates[1]) for it in is_open], told, is_told)
    if chosen is not None:
        return chosen
    places = {side: path for path, side in sides.items()}
    if {True, False} <= set(places):
        what = f"the labels are the last column, but the first one in {places[True]}"
        hint = "Put them in the same place in all files, or name the columns of each in a header"
        raise CorruptError(f"{places[False]}: {what}", hint)
    raise label_error(is_open[0])


def side_of(survey: Survey) -> bool | None:
    """Return whether a file's header or rows say that the label is first or last; else None."""
    if len(survey.candidates) > 1:
        return clear_side(*survey.candidates)
    layout = survey.columns.layouts[0]
    return None if layout.label is None else layout.label < min(layout.pixels)


def label_error(survey: Survey) -> CorruptError:
    """Build the error for a file without a clear label column."""
    places = dict(zip(("first", "last"), survey.candidates, strict=True))
    hint = "If one of them is the label, use --label-column first or --label-column last"
    for (place, it), texts in zip(places.items(), survey.texts, strict=True):
        if set(it.counts) == {""}:
            return CorruptError(f"{survey.path}: the {place} column is empty", LABEL_THEM)
        if it.is_index:
            if it.is_text:
                check_count(survey, texts)
            rows = sum(it.counts.values())
            what = f"the {place} column has a different value in each line, like ids"
            if max(it.counts.values()) > 1:
                what = (
                    f"the {place} column has {len(it.counts):,} different values in {rows:,} lines"
                )
            what += ", and the column at the other end is not a label either"
            return CorruptError(f"{survey.path}: {what}", f"Add a column of labels. {hint}")
    numbers = " and ".join(f"{len(it.classes):,}" for it in places.values())
    what = "it is not clear whether the labels are the first or the last column"
    return CorruptError(f"{survey.path}: {what}: they have {numbers} different values", hint)


def make_table(survey: Survey, is_first: bool, options: ReadOptions) -> Table:
    """Build the table of a file whose label has been found.

    Raises: CorruptError.
    """
    place = 0 if is_first or len(survey.candidates) == 1 else 1
    layout, texts = survey.columns.layouts[place], survey.texts[place]
    if len(survey.candidates) > 1:
        check_other(survey, 1 - place)
        check_count(survey, texts)
    names, rows = name_labels(survey.path, texts)
    note = survey.scale.check(survey.path)
    split = find_split(survey, options)
    unused = [*layout.unused, *(name for _, name in survey.columns.splits)]
    unused = [it for it in unused if split is None or it != split.name]
    notes = [f"{survey.path}: not used: {', '.join(unused)}"] if unused else []
    notes += [f"{survey.path}: the labels are the last column"] if place else []
    notes += [note] if note else []
    header = survey.columns.has_header
    table = Table(survey.path, layout, header, survey.scale, names, rows, tuple(notes))
    return replace(table, split=split)


def find_split(survey: Survey, options: ReadOptions) -> SplitColumn | None:
    """Find the column that gives the split of each row.

    Raises: CorruptError.
    """
    columns = zip(survey.columns.splits, survey.split_texts, strict=True)
    return choose_split([it.split_column(survey.path, of[1]) for of, it in columns], options)


def name_labels(path: Path, texts: Texts) -> tuple[dict[str, int], NDArray[np.uint16]]:
    """Return the names of the labels with their first lines, and their numbers.

    Raises: CorruptError.
    """
    rows = np.concatenate(texts.chunks)
    for text, number in texts.number_of.items():
        if not text.strip(b' "'):
            what = f"an empty label, one of {np.count_nonzero(rows == number):,} in {len(rows):,}"
            raise line_error(path, texts.lines[number], what, LABEL_THEM)
    names: dict[str, int] = {}
    numbers = np.empty(len(texts.number_of), np.uint16)
    for i, (text, line) in enumerate(zip(texts.number_of, texts.lines, strict=True)):
        name = read_name(path, line, text)
        names.setdefault(name, line)
        numbers[i] = list(names).index(name)
    return names, numbers[rows]


def check_other(survey: Survey, place: int) -> None:
    """Check that the column other than the label holds pixels.

    Raises: CorruptError.
    """
    column = survey.columns.layouts[place].label
    for text, line in survey.candidates[place].lines.items():
        is_number = NUMBER.fullmatch(text)
        value = np.array([float(text)]) if is_number else None
        if value is None or survey.scale.survey(value) is not None:
            raise value_error(survey.path, line, column or 0, text)


def read_name(path: Path, line: int, text: bytes) -> str:
    """Read the text that stands for a class.

    Raises: CorruptError.
    """
    try:
        name = text.decode().strip()
    except UnicodeDecodeError as error:
        what = f"the label is not UTF-8 text ({error.reason})"
        raise line_error(path, line, what, UTF8) from error
    return check_class(f"{path}: line {line:,}", name)


def read_pixels(table: Table) -> Iterator[NDArray[np.uint8]]:
    """Yield the pixels of a file, a block at a time.

    Shapes: (n, 784).

    Raises: MissingError, StorageError, CorruptError.
    """
    wanted = Wanted(table.layout.fields, (), table.layout.pixels)
    columns = Columns((table.layout,), table.has_header)
    is_first = True
    for line, block in plain_blocks(table.path):
        if is_first:
            line, block = without_header(columns, line, block)
            is_first = False
        if block:
            parsed = parse_block(table.path, line, block, wanted)
            wrong = table.scale.survey(parsed.numbers)
            if wrong is not None:  # the file has changed since
                raise number_error(table.path, parsed, wanted, wrong, table.scale.expected)
            yield table.scale.pixels(parsed.numbers)
