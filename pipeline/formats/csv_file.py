"""CSV files with a label and 784 pixels a line, as Kaggle gives MNIST.

    label,pixel0,pixel1,...,pixel783        the header; some write 1x1,1x2,... or leave it out
    7,0,0,...,0                             one image, row by row

Lines of plain numbers are taken apart with NumPy, a block at a time. Only a block that holds
anything else goes line by line, to read quoted values or to say which line is wrong.

Source: train.csv of Kaggle's digit-recognizer, and mnist_train.csv of mnist-in-csv.
"""

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import CorruptError
from pipeline.formats.classes import (
    SMALL_NUMBER,
    check_class,
    classes_file,
    numbered_classes,
    numbers_of_names,
    read_classes,
)
from pipeline.formats.csv_lines import (
    PIXEL_NAMES,
    PIXELS,
    UnlabelledError,
    is_header,
    line_error,
    parse_block,
    whole_lines,
)
from pipeline.formats.source import Chosen, File, Format, Images, Part, ReadOptions, Source, select
from pipeline.formats.streams import beginning, flat_files, split_files, unzipped
from pipeline.progress import ProgressReporter

SUFFIXES = (".csv.gz", ".csv")
MAX_LABEL = 255


@dataclass(frozen=True)
class Table:
    """What the labels of a CSV file say."""

    path: Path
    names: dict[str, int]  # every text that stands for a class: the first line that has it
    numbers: NDArray[np.uint8]  # (N,), which of them


def recognises(path: Path) -> bool:
    """Tell whether a path is a text with commas, or a folder with files that are called so."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIXES) for file in flat_files(path))
    if path.is_file() and path.name.lower().endswith(SUFFIXES):
        return True
    line = beginning(path).split(b"\n")[0]
    return line.count(b",") > 1 and all(letter >= ord(" ") or letter in b"\t\r" for letter in line)


def read_csv(path: Path, options: ReadOptions) -> Source:
    """Read the labels of every file, and describe the way to the images.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    tables: dict[str | None, Table] = {}
    notes = []
    files = split_files(path, SUFFIXES)
    for split, file in files.items():
        try:
            tables[split] = read_table(file, options.reporter)
        except UnlabelledError as error:
            if split in (None, "train"):
                raise
            notes.append(f"not used, for it has no labels: {error.message}")
    folder = path if path.is_dir() else path.parent
    return make_source(folder, tables, tuple(notes))


def make_source(folder: Path, tables: dict[str | None, Table], notes: tuple[str, ...]) -> Source:
    """Number the classes: labels that all are numbers are kept, names are put in order.

    Raises: CorruptError.
    """
    listed = read_classes(folder)
    names = {name for table in tables.values() for name in table.names}
    if all(re.fullmatch(SMALL_NUMBER, name) for name in names):
        check_numbers(tables.values())
        number_of = {name: int(name) for name in names}
        classes: tuple[str, ...] = ()
    else:
        classes, number_of = numbers_of_names(folder, names, listed)
    parts = []
    for split, table in tables.items():
        numbers = np.array([number_of[name] for name in table.names], np.uint8)
        parts.append(make_part(split, table, numbers))
    return Source(tuple(parts), classes or numbered_classes(folder, parts, listed), notes)


def check_numbers(tables: Iterable[Table]) -> None:
    """Refuse labels that are larger than a byte.

    Raises: CorruptError.
    """
    for table in tables:
        for name, line in table.names.items():
            if int(name) > MAX_LABEL:
                what = f"label {name}, expected {MAX_LABEL} at most"
                raise line_error(table.path, line, what)


def make_part(split: str | None, table: Table, numbers: NDArray[np.uint8]) -> Part:
    """Make a part of the table, given the number of each of its names."""
    return Part(split, numbers[table.numbers], lambda chosen: read_images(table.path, chosen))


def parsed_blocks(path: Path) -> Iterator[tuple[int, list[bytes], NDArray[np.uint8]]]:
    """Yield for each block its first line, the texts of the labels, the pixels.

    Shapes: pixels (n, 784).

    Raises: MissingError, StorageError, CorruptError.
    """
    with unzipped(path) as file:
        for line, block in whole_lines(path, file):
            first = block[: block.index(b"\n")]
            if line == 1 and is_header(path, first):
                block = block[len(first) + 1 :]
                line = 2
            if block:
                yield line, *parse_block(path, line, block)


def read_table(path: Path, reporter: ProgressReporter) -> Table:
    """Read the labels of a file, and check every pixel on the way.

    Raises: UnlabelledError, MissingError, StorageError, CorruptError.
    """
    names: dict[str, int] = {}
    number_of: dict[bytes, int] = {}  # of each text, as it stands in the file
    chunks = [np.empty(0, np.uint8)]
    ends_in_ink, first_line = False, 0
    with reporter.progress(f"checking {path.name}", path.stat().st_size, "bytes") as advance:
        for line, labels, pixels in parsed_blocks(path):
            first_line = first_line or line
            for i, text in enumerate(labels):
                if text not in number_of:
                    name = read_name(path, line + i, text)
                    names.setdefault(name, line + i)
                    number_of[text] = list(names).index(name)
                    if len(names) > MAX_CLASSES:
                        what = f"{name!r} is class {len(names)}, expected {MAX_CLASSES} at most"
                        raise line_error(path, line + i, what)
            chunks.append(np.array([number_of[text] for text in labels], np.uint8))
            ends_in_ink |= bool(pixels[:, -1].any())
            advance(sum(map(len, labels)) + pixels.size * 2)
    if first_line == 1 and list(names) == ["0"] and ends_in_ink:
        what = "without a header, the first column is 0 everywhere and the last is not"
        hint = "The label comes first; if it does, add the header label,pixel0,..."
        raise CorruptError(f"{path}: {what}: the labels seem to be last", hint)
    return Table(path, names, np.concatenate(chunks))


def read_name(path: Path, line: int, text: bytes) -> str:
    """Read the text that stands for a class.

    Raises: CorruptError.
    """
    try:
        name = text.decode().strip()
    except UnicodeDecodeError as error:
        raise line_error(path, line, f"the label is no UTF-8 text ({error.reason})") from error
    return check_class(f"{path}: line {line:,}", name)


def read_images(path: Path, chosen: Chosen) -> Iterator[Images]:
    """Yield the chosen images."""
    chunks = (pixels.reshape(-1, *IMAGE_SHAPE) for _, _, pixels in parsed_blocks(path))
    return select(path, chunks, chosen)


def write_csv(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write a file for each split, with Kaggle's header, and the class names."""
    for part in parts:
        yield f"{dataset.name}_{part.split}.csv", csv_chunks(part)
    yield classes_file(dataset.classes)


def cells() -> NDArray[np.uint8]:
    """Make the text of every byte: its digits and a comma, filled up with zeros.

    Shapes: (256, 4).
    """
    texts = b"".join(f"{value},".encode().ljust(4, b"\0") for value in range(256))
    return np.frombuffer(texts, np.uint8).reshape(256, 4)


def csv_chunks(part: Part) -> Iterator[bytes]:
    """Write the lines of a split: the text of every number from a table, then without the zeros."""
    yield ",".join(("label", *PIXEL_NAMES[0])).encode() + b"\n"
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
)
