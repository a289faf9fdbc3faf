"""CSV files with a label and 784 pixels per line, as Kaggle publishes MNIST.

    label,pixel0,pixel1,...,pixel783        the header; some have other names, or none
    7,0,0,...,0                             one image, row by row

A first pass over a file detects its columns and the scale of its numbers; a second pass reads
the images.

Source: train.csv of Kaggle's digit-recognizer, and mnist_train.csv of mnist-in-csv.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.formats.classes import (
    classes_file,
    is_exported,
    numbered_classes,
    numbers_of_names,
    places_of_numbers,
    plain_names,
    read_classes,
)
from pipeline.formats.csv.header import PIXELS
from pipeline.formats.csv.label_files import Pair, find_pairs, read_pair
from pipeline.formats.csv.table import MAX_LABEL, Table, read_pixels, read_tables
from pipeline.formats.csv.text import is_row_of_numbers, line_error
from pipeline.formats.source import Chosen, File, Format, Images, Part, ReadOptions, Source, select
from pipeline.formats.streams import (
    beginning,
    flat_files,
    parse_file_name,
    split_files,
    the_same,
    visible_files,
)
from pipeline.formats.tables.column_names import OPTION
from pipeline.formats.tables.split_column import divide, splits_of_rows
from pipeline.storage.content import describe_content

SUFFIXES = (".csv.gz", ".tsv.gz", ".tsv", ".csv")
TEXT_SUFFIXES = (".txt.gz", ".data.gz", ".txt", ".data", ".dat", ".asc")  # tables, or other texts
PIXEL_NAMES = [f"pixel{i}" for i in range(PIXELS)]
SEPARATORS = b",;\t"
HEAD_BYTES, MAX_KIND = 1 << 14, 1 << 12
MIN_NUMBERS = 100  # with blanks between them, as NumPy saves them


def recognises(path: Path) -> bool:
    """Return whether a path is a text with values in lines, or a folder of such."""
    if path.is_dir():
        files = flat_files(path)
        if any(file.name.lower().endswith(SUFFIXES) for file in files):
            return True
        texts = [it for it in files if it.name.lower().endswith(TEXT_SUFFIXES)]
        return any(is_table(it, MIN_NUMBERS) for it in texts)
    return (path.is_file() and path.name.lower().endswith(SUFFIXES)) or is_table(path)


def is_table(path: Path, min_separators: int = 2) -> bool:
    """Return whether a file is a text with many values in its first lines."""
    start = beginning(path, HEAD_BYTES)
    if describe_content(start[:MAX_KIND]) not in ("text", ""):
        return False
    lines = re.split(rb"[\r\n]+", start.lstrip())[:2]
    is_text = all(letter >= ord(" ") or letter == ord("\t") for letter in lines[0])
    if not is_text:
        return False
    if max(lines[0].count(it) for it in SEPARATORS) >= min_separators:
        return True
    rows = [
        line.replace(b'"', b"").split()[:MIN_NUMBERS] for line in lines
    ]  # the last one read may be cut
    return any(len(it) == MIN_NUMBERS and is_row_of_numbers(b" ".join(it)) for it in rows)


def suffixes_meant(path: Path) -> tuple[str, ...]:
    """Return the suffixes of files that belong together: of CSV, or other texts."""
    files = [path] if path.is_file() else visible_files(path)
    is_csv = any(it.name.lower().endswith(SUFFIXES) for it in files)
    is_text = any(it.name.lower().endswith(TEXT_SUFFIXES) for it in files)
    return TEXT_SUFFIXES if is_text and not is_csv else SUFFIXES


def read_csv(path: Path, options: ReadOptions) -> Source:
    """Read the labels of every file, and describe how to read the images.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    folder = path if path.is_dir() else path.parent
    suffixes = suffixes_meant(path)
    if pairs := find_pairs(path, suffixes):
        tables, notes = read_tables(files_with_labels(path, suffixes, pairs), options)
        tables |= {split: read_pair(pair, options) for split, pair in pairs.items()}
        return make_source(folder, tables, notes)
    tables, notes = read_tables(split_files(path, suffixes), options)
    return make_source(folder, tables, notes)


def files_with_labels(
    path: Path, suffixes: tuple[str, ...], pairs: Mapping[str | None, Pair]
) -> dict[str | None, Path]:
    """Find the training file next to pairs of other splits: train.csv, test.csv, test_labels.csv.

    Its images have their labels in the same file.
    """
    if "train" in pairs or None in pairs or not path.is_dir():
        return {}
    files = [it for it in visible_files(path) if it.name.lower().endswith(suffixes)]
    found = [it for it in files if parse_file_name(it, suffixes).split == "train"]
    return {"train": the_same(found, "for train")} if found else {}


def make_source(folder: Path, tables: dict[str | None, Table], notes: tuple[str, ...]) -> Source:
    """Number the classes: whole numbers are kept as labels, names are sorted.

    Raises: CorruptError.
    """
    listed = read_classes(folder)
    names = {name for table in tables.values() for name in table.names}
    plain = plain_names(names)
    if all(re.fullmatch(r"[0-9]+", it) for it in plain.values()):
        check_numbers(tables.values(), plain)
        number_of = places_of_numbers(folder, plain, listed, is_exported(folder))
        classes: tuple[str, ...] = ()
    else:
        classes, number_of = numbers_of_names(folder, names, listed)
    parts = []
    for split, table in tables.items():
        numbers = np.array([number_of[name] for name in table.names], np.uint8)
        divided = [make_part(split, table, numbers)]
        if table.split is not None:
            divided, note = divide(divided[0], table.split)
            notes += (note,)
        parts += [replace(it, places=places_of(table, plain, it.split)) for it in divided]
    notes += tuple(note for table in tables.values() for note in table.notes)
    is_scaled = any(table.scale.full is not None for table in tables.values())
    classes = classes or numbered_classes(folder, parts, listed)
    return Source(tuple(parts), classes, notes, is_scaled)


def places_of(table: Table, plain: dict[str, str], split: str | None) -> dict[str, str]:
    """Return the line in which each class name is first, if that is a line of a split."""
    rows = dict(zip(*np.unique(table.numbers, return_index=True), strict=True))
    splits = None if table.split is None else splits_of_rows(table.split)
    return {
        plain[name]: f"{table.labels_path or table.path}: line {line:,}"
        for number, (name, line) in reversed(list(enumerate(table.names.items())))
        if splits is None or splits[rows[number]] == split
    }


def check_numbers(tables: Iterable[Table], plain: dict[str, str]) -> None:
    """Check that labels fit into a byte.

    Raises: CorruptError.
    """
    for table in tables:
        for name, line in table.names.items():
            if int(plain[name]) > MAX_LABEL:
                what = f"label {name}; expected {MAX_LABEL} at most"
                hint = "If these are labels, write names of at most 256 classes instead, such as "
                hint += f"c{name}; if they are not, use {OPTION}"
                raise line_error(table.labels_path or table.path, line, what, hint)


def make_part(split: str | None, table: Table, numbers: NDArray[np.uint8]) -> Part:
    """Build a part of the table, given the number of each of its names."""

    def images(chosen: Chosen) -> Iterator[Images]:
        chunks = (pixels.reshape(-1, *IMAGE_SHAPE) for pixels in read_pixels(table))
        return select(table.path, chunks, chosen)

    return Part(split, numbers[table.numbers], images, path=table.path)


def write_csv(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write a file for each split, with Kaggle's header, and the class names."""
    for part in parts:
        yield f"{dataset.name}_{part.split}.csv", csv_chunks(part)
    yield classes_file(dataset.classes)


def cells() -> NDArray[np.uint8]:
    """Build the text of every byte: its digits and a comma, padded with zeros.

    Shapes: (256, 4).
    """
    texts = b"".join(f"{value},".encode().ljust(4, b"\0") for value in range(256))
    return np.frombuffer(texts, np.uint8).reshape(256, 4)


def csv_chunks(part: Part) -> Iterator[bytes]:
    """Write the lines of a split, with the text of every number from a table."""
    yield ",".join(("label", *PIXEL_NAMES)).encode() + b"\n"
    table, start = cells(), 0
    for images in part.all_images():
        n = len(images)
        numbers = np.empty((n, 1 + PIXELS), np.uint8)
        numbers[:, 0] = part.labels[start : start + n]
        numbers[:, 1:] = images.reshape(n, PIXELS)
        text = table[numbers]  # (n, 785, 4)
        last = text[:, -1]
        last[last == ord(",")] = ord("\n")
        yield text[text != 0].tobytes()
        start += n


CSV = Format(
    name="csv",
    title="a folder with a CSV file for each split, with Kaggle's header label,pixel0,...",
    recognises=recognises,
    read=read_csv,
    write=write_csv,
    has_columns=True,
    has_split_column=True,
)
