"""Weka's ARFF format, used by OpenML: column names, then lines of numbers.

    @ATTRIBUTE pixel1 REAL
    @ATTRIBUTE class {0,1,2,3,4,5,6,7,8,9}
    @DATA
    0,0,...,5

Source: Weka's manual, The ARFF format (dense lines).
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import islice
from pathlib import Path
from typing import IO, Any

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import COPY_AGAIN, CorruptError
from pipeline.formats.arrays.files import files_together
from pipeline.formats.arrays.named import MAX_TEXT, NUMBER, NamedArray, in_memory
from pipeline.formats.arrays.read import source_of_arrays
from pipeline.formats.classes import (
    check_classes,
    is_small_number,
    natural_key,
    plain_names,
)
from pipeline.formats.csv.lines import UTF8
from pipeline.formats.csv.table import LABEL_THEM
from pipeline.formats.source import CHUNK, Format, ReadOptions, Source
from pipeline.formats.streams import beginning, flat_files, unzipped
from pipeline.formats.tables.columns import TableColumns, choose_columns

SUFFIXES = (".arff.gz", ".arff")
MAX_LINE = 1 << 16  # bytes
MAX_COLUMNS = 10_000
RELATION = re.compile(rb"(?i)(?:\s*(?:%.*)?\n)*\s*@relation\b")
ATTRIBUTE = re.compile(
    r"""(?i)@attribute\s+('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^\s'"]+)\s+(.+)"""
)
NUMERIC = ("real", "numeric", "integer")
FIELD = re.compile(r"""\s*('(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|[^,'"]*)\s*(?:,|\Z)""")
SAVE = "Save it as CSV, or with np.savez"
NUMBERS = "Write a whole number from 0 to 255 there, or remove the line"


@dataclass(frozen=True)
class Table:
    """The header of a file: everything before the lines of data."""

    path: Path
    columns: TableColumns
    names: list[str]
    listed: tuple[str, ...] | None  # the class names, where the label has a list of them
    line: int  # the last before the data
    needs_labels: bool = True

    @property
    def texts(self) -> tuple[int, ...]:
        """Return the columns of the label and of what may give the split."""
        label = () if self.columns.label is None else (self.columns.label,)
        return *label, *self.columns.splits


def recognises(path: Path) -> bool:
    """Return whether a path is an ARFF file or a folder of such files."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIXES) for file in flat_files(path))
    return RELATION.match(beginning(path)) is not None


def read_arff(path: Path, options: ReadOptions) -> Source:
    """Read the images and labels of a file, or of one file per split.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    files = files_together(path, SUFFIXES, lambda file: False)
    tables = [read_head(file, options) for file in files]
    arrays = [
        array
        for table in tables
        for array in table_arrays(table, table.path.name.split(".")[0] if len(files) > 1 else "")
    ]
    return source_of_arrays(path, arrays, options)


def unlabelled_tables(files: Sequence[Path], options: ReadOptions) -> list[NamedArray]:
    """List the arrays of files that need no labels.

    Raises: MissingError, StorageError, CorruptError.
    """
    tables = [read_head(file, options, has_labels=False) for file in files]
    return [it for table in tables for it in table_arrays(table, "")]


def read_head(path: Path, options: ReadOptions, has_labels: bool = True) -> Table:
    """Read the names and types of the columns, and find the label.

    Raises: CorruptError.
    """
    names: list[str] = []
    types: list[str] = []
    with unzipped(path) as file:
        for number, line in numbered_lines(path, file):
            if re.match("(?i)@data", line):
                last = number
                break
            if match := ATTRIBUTE.fullmatch(line):
                names.append(unquoted(match[1]))
                types.append(match[2].strip())
            if len(names) > MAX_COLUMNS:
                raise CorruptError(f"{path}: more than {MAX_COLUMNS:,} columns", SAVE)
        else:
            what = f"{path}: @DATA not found; expected an ARFF file with data"
            raise CorruptError(what, COPY_AGAIN)
    are_numbers = [it.lower().startswith(NUMERIC) for it in types]
    columns = choose_columns(path, names, are_numbers, options, has_labels)
    label_type = "" if columns.label is None else types[columns.label]
    return Table(path, columns, names, read_class_names(path, label_type), last, has_labels)


def read_class_names(path: Path, label_type: str) -> tuple[str, ...] | None:
    """Read the names in a nominal type, {a, b}; numbers are sorted. None for other types.

    Raises: CorruptError.
    """
    if not label_type.startswith("{"):
        return None
    inside, _, _ = label_type.strip("{ ").rpartition("}")  # without a comment behind it
    listed = list(dict.fromkeys(plain_names(split_fields(inside)).values()))
    are_numbers = all(map(is_small_number, listed))
    return check_classes(path, sorted(listed, key=natural_key) if are_numbers else listed)


def table_arrays(table: Table, name: str) -> list[NamedArray]:
    """Name the arrays of a table; the labels and splits are read, to count the lines."""
    rows = [it for chunk in read_rows(table) for it in chunk[0]]
    names = [] if table.columns.label is None else ["labels"]
    names += [table.names[it] for it in table.columns.splits]
    columns = [np.array([row[it] for row in rows], np.str_) for it in range(len(names))]
    arrays = [
        in_memory(table.path, f"{name}/{it}".strip("/"), column)
        for it, column in zip(names, columns, strict=True)
    ]
    if table.listed is not None and table.needs_labels:
        check_nominal(table, dict.fromkeys(columns[0].tolist()))
        arrays[0] = replace(arrays[0], class_names=table.listed)
    images = NamedArray(
        *(table.path, f"{name}/images".strip("/"), (len(rows), len(table.columns.pixels))),
        *(NUMBER, partial(read_pixels, table), False),
        are_rows=True,
    )
    return [images, *arrays]


def check_nominal(table: Table, texts: Iterable[str]) -> None:
    """Check that the labels are among the class names in the header.

    Raises: CorruptError.
    """
    listed = table.listed or ()
    plain = plain_names([*texts, *listed])
    for text in texts:
        if plain[text] not in {plain[name] for name in listed}:
            what = f'{table.path}: the class "{text}" is not one of the {len(listed)} in the'
            raise CorruptError(f"{what} header", "Add it to the @ATTRIBUTE line of the class")


def read_pixels(table: Table) -> Iterator[NDArray[Any]]:
    """Yield the pixels, a few lines at a time."""
    return (pixels for _, pixels in read_rows(table))


def read_rows(table: Table) -> Iterator[tuple[list[list[str]], NDArray[Any]]]:
    """Yield the labels, each with its splits, and the pixels, a few lines at a time.

    Shapes: pixels (n, 784).

    Raises: CorruptError with the number of the line.
    """
    with unzipped(table.path) as file:
        lines = numbered_lines(table.path, file)
        data = (it for it in lines if it[0] > table.line)
        while chunk := list(islice(data, CHUNK)):
            rows = [read_line(table, number, line) for number, line in chunk]
            yield [texts for texts, _ in rows], np.array([pixels for _, pixels in rows])


def read_line(table: Table, number: int, line: str) -> tuple[list[str], list[float]]:
    """Read one line of data: the label and what may give the split, and the pixels.

    Raises: CorruptError.
    """
    where = f"{table.path}: line {number:,}"
    fields = split_fields(line) if "'" in line or '"' in line else line.split(",")
    if line.startswith("{"):
        raise CorruptError(f"{where}: sparse data; expected a number for every column", SAVE)
    if len(fields) != len(table.names):
        what = f"{where}: {len(fields):,} values; expected {len(table.names):,}"
        raise CorruptError(what, f"Correct the line; if the file ends there: {COPY_AGAIN}")
    texts = [fields[it].strip() for it in table.texts]
    if table.needs_labels and texts[0] == "?" and "?" not in (table.listed or ()):
        what = f'{where}: the class is "?", which stands for a missing one'
        raise CorruptError(what, LABEL_THEM)
    if max(map(len, texts), default=0) > MAX_TEXT:
        raise CorruptError(f"{where}: a label has more than {MAX_TEXT:,} letters", COPY_AGAIN)
    try:
        pixels = [float(fields[place]) for place in table.columns.pixels]
    except ValueError as error:
        raise CorruptError(f"{where}: a pixel is not a number", NUMBERS) from error
    if "_" in line and any("_" in fields[place] for place in table.columns.pixels):
        what = f"{where}: a pixel is not a number"  # for Python alone it is one
        raise CorruptError(what, NUMBERS)
    return texts, pixels


def numbered_lines(path: Path, file: IO[bytes]) -> Iterator[tuple[int, str]]:
    """Yield the lines that are not empty, with their numbers.

    Raises: CorruptError.
    """
    number = 0
    while data := file.readline(MAX_LINE + 1):
        number += 1
        if len(data) > MAX_LINE:
            what = f"{path}: line {number:,} is longer than {MAX_LINE:,} bytes"
            raise CorruptError(what, SAVE)
        try:
            line = data.decode("utf-8-sig").strip()
        except UnicodeDecodeError as error:
            what = f"{path}: line {number:,}: not UTF-8 text ({error.reason})"
            raise CorruptError(what, UTF8) from error
        if line and not line.startswith("%"):
            yield number, line


def split_fields(text: str) -> list[str]:
    """Split comma-separated values, some of them in quotes."""
    return [unquoted(match[1]) for match in FIELD.finditer(text) if match.end() > match.start()]


def unquoted(text: str) -> str:
    """Return a name without its quotes and escapes."""
    text = text.strip()
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if text[:1] in ("'", '"') else text


ARFF = Format(
    name="arff",
    title="Weka's ARFF with a column per pixel, as OpenML publishes mnist_784",
    recognises=recognises,
    read=read_arff,
    can_resize=True,
    has_columns=True,
    has_split_column=True,
)
