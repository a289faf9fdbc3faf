"""Pairs of CSV files, such as train_images.csv and train_labels.csv."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import COPY_AGAIN, CorruptError
from pipeline.formats.csv.header import (
    PIXELS,
    Columns,
    Layout,
    is_header,
    pixels_error,
    plain_header,
    sizes,
)
from pipeline.formats.csv.ids import IdColumn, pair_lines
from pipeline.formats.csv.lines import Wanted, number_error, parse_block
from pipeline.formats.csv.scale import Scale
from pipeline.formats.csv.table import Table, Texts, first_rows, name_labels, without_header
from pipeline.formats.csv.text import line_error, plain_blocks
from pipeline.formats.source import ReadOptions
from pipeline.formats.streams import USUAL_SPLITS, split_called, the_same, visible_files
from pipeline.formats.tables.column_names import find_pixels, is_id, is_label
from pipeline.formats.tables.split_column import (
    SplitColumn,
    choose_split,
    column_of_texts,
    may_give_split,
    set_apart,
)

NAMES = {
    "images": ("images", "image", "imgs", "img", "pixels", "features", "data", "x"),
    "labels": ("labels", "label", "targets", "target", "classes", "y"),
}
SPLIT_NAME = re.compile("|".join(sorted(USUAL_SPLITS, key=len, reverse=True)))
PER_LINE = "Both files need one line per image, in the same order"
MAX_COLUMNS = 3  # of a file of labels


class Pair(NamedTuple):
    """The two files of a split."""

    images: Path
    labels: Path


def find_pairs(path: Path, suffixes: tuple[str, ...]) -> dict[str | None, Pair]:
    """Find the pairs of image and label files of a path, by split.

    Raises: CorruptError if files for one role differ.
    """
    folder = path if path.is_dir() else path.parent
    found: dict[tuple[str, str], list[Path]] = {}
    for file in visible_files(folder):
        if file.name.lower().endswith(suffixes) and (role := role_of(file, suffixes)):
            found.setdefault(role, []).append(file)
    pairs: dict[str | None, Pair] = {}
    for (kind, rest), files in found.items():
        beside = found.get(("labels", rest), [])
        if kind == "images" and any(is_pair(*it) for it in product(files, beside)):
            match = SPLIT_NAME.search(rest)
            images = the_same([it for it in files if any(is_pair(it, y) for y in beside)], "images")
            labels = the_same([it for it in beside if is_pair(images, it)], "labels")
            pairs[split_called(match[0]) if match else None] = Pair(images, labels)
    is_meant = path.is_dir() or any(path in pair for pair in pairs.values())
    return pairs if is_meant else {}


def role_of(file: Path, suffixes: tuple[str, ...]) -> tuple[str, str] | None:
    """Return a file's content and the rest of its name, by its name; else None."""
    stem = next(file.name[: -len(it)] for it in suffixes if file.name.lower().endswith(it))
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", stem)
    words = [it for it in re.split(r"[^a-z0-9]+", spaced.lower()) if it and not it[0].isdigit()]
    named = [(it, kind) for it in words for kind, names in NAMES.items() if it in names]
    if named:  # a word is preferred to a letter, as in "labels 60000 x 1"
        word, kind = max(named, key=lambda it: len(it[0]) > 1)
        return kind, " ".join(it for it in words if it != word)
    for word in words:  # xtrain, trainx
        for kind, letter in (("images", "x"), ("labels", "y")):
            if word.strip(letter) in USUAL_SPLITS:
                return kind, " ".join(it.strip(letter) if it == word else it for it in words)
    return None


def is_pair(images: Path, labels: Path) -> bool:
    """Return whether one file has 784 pixels per line and the other labels."""
    widths = [max(map(len, first_lines(it)), default=0) for it in (images, labels)]
    return PIXELS <= widths[0] <= PIXELS + 1 and 1 <= widths[1] <= MAX_COLUMNS


def first_lines(path: Path) -> list[list[str]]:
    """Split the first two lines of a file into values."""
    for _, block in plain_blocks(path):
        return first_rows(path, block)
    return []


class Lines(NamedTuple):
    """The texts of a file of labels."""

    first: int  # the number of the first line
    labels: list[bytes]
    others: list[IdColumn]


class ImageLines(NamedTuple):
    """Further details of a file of images."""

    total: int
    others: list[IdColumn]


def read_pair(pair: Pair, options: ReadOptions) -> Table:
    """Read the labels of a split, and check every pixel.

    Raises: MissingError, StorageError, CorruptError.
    """
    columns, scale, images = survey_images(pair.images, options)
    lines = read_labels(pair.labels, images.total, options)
    paired = pair_lines(images.others, lines.others)
    if isinstance(paired, str):
        order, note = list(range(len(lines.labels))), paired
    else:
        order, note = paired[1], f"{pair.labels}: each image has the label of the same id"
    if len(order) != images.total or len(lines.labels) != images.total:
        what = f"{len(lines.labels):,} labels for the {images.total:,} images in {pair.images}"
        raise CorruptError(f"{pair.labels}: {what}", PER_LINE)
    texts = Texts()
    texts.add(lines.first, lines.labels)
    if not texts.is_open:
        what = f"more than {MAX_CLASSES} different labels"
        raise CorruptError(f"{pair.labels}: {what}", "A dataset has 256 classes at most")
    names, numbers = name_labels(pair.labels, texts)
    notes = tuple(it for it in (note, scale.check(pair.images)) if it)
    layout, has_header = columns.layouts[0], columns.has_header
    table = Table(pair.images, layout, has_header, scale, names, numbers[order], notes)
    split = find_split(pair, images, lines, order, options)
    return replace(table, labels_path=pair.labels, split=split)


def find_split(
    pair: Pair, images: ImageLines, lines: Lines, order: Sequence[int], options: ReadOptions
) -> SplitColumn | None:
    """Find the column of either file that gives the split of each image.

    Raises: CorruptError.
    """
    by_name: dict[str, Sequence[bytes]] = {"label": lines.labels}
    by_name |= {it.name: it.texts for it in images.others}
    by_name |= {it.name: [it.texts[row] for row in order] for it in lines.others}
    _, may = set_apart(pair.labels, list(by_name), str, options)
    where = str(pair.labels)
    return choose_split([column_of_texts(where, name, by_name[name]) for name in may], options)


def survey_images(path: Path, options: ReadOptions) -> tuple[Columns, Scale, ImageLines]:
    """Read through a file of images: columns, numbers, length and ids.

    Raises: MissingError, StorageError, CorruptError.
    """
    scale, columns, count, names = Scale(options.highest), None, 0, list[str]()
    others: dict[int, list[bytes]] = {}
    with options.reporter.progress(
        f"checking {path.name}", path.stat().st_size, "bytes"
    ) as advance:
        for line, block in plain_blocks(path):
            if columns is None:
                rows = first_rows(path, block)
                columns, names = columns_of_images(path, rows), plain_header(rows)
                pixels = set(columns.layouts[0].pixels)
                others = {it: [] for it in range(len(names)) if it not in pixels}
                line, block = without_header(columns, line, block)
            layout = columns.layouts[0]
            wanted = Wanted(layout.fields, tuple(others), layout.pixels)
            if block:
                parsed = parse_block(path, line, block, wanted)
                wrong = scale.survey(parsed.numbers)
                if wrong is not None:
                    raise number_error(path, parsed, wanted, wrong, scale.expected)
                count += len(parsed.numbers)
                for column, texts in zip(others.values(), parsed.texts, strict=True):
                    column.extend(texts)
            advance(len(block))
    if columns is None:
        what = f"{path}: the file is empty; expected 784 pixels per line"
        raise CorruptError(what, COPY_AGAIN)
    first = 1 + columns.has_header
    ids = [IdColumn(path, names[it], first, texts) for it, texts in others.items()]
    return columns, scale, ImageLines(count, ids)


def columns_of_images(path: Path, rows: list[list[str]]) -> Columns:
    """Find the pixels among the columns of a file without labels.

    Raises: CorruptError.
    """
    first = rows[0]
    if not is_header(first):
        if len(first) != PIXELS:
            what = f"{len(first):,} values; expected {PIXELS} pixels"
            raise line_error(path, 1, what, sizes(len(first)) or PER_LINE)
        return Columns((Layout(PIXELS, tuple(range(PIXELS)), None),), False)
    names = plain_header(rows)
    pixels = find_pixels(names)
    if len(pixels) != PIXELS:
        raise pixels_error(path, names, pixels)
    return Columns((Layout(len(names), tuple(pixels), None),), True)


def read_labels(path: Path, count: int, options: ReadOptions) -> Lines:
    """Read the lines of a file with the labels of `count` images.

    Raises: MissingError, StorageError, CorruptError.
    """
    names: list[str] = []
    first, columns = 1, list[list[bytes]]()
    for line, block in plain_blocks(path):
        if not names:
            names, first = plain_header(first_rows(path, block)), line
            columns = [[] for _ in names]
        wanted = Wanted(len(names), tuple(range(len(names))), ())
        for column, texts in zip(
            columns, parse_block(path, line, block, wanted).texts, strict=True
        ):
            column.extend(texts)
    may = [it for it, name in enumerate(names) if may_give_split(name, options)]
    named = [it for it, name in enumerate(names) if is_label(name) and it not in may]
    others = [it for it in range(len(names)) if it not in may] or may
    label = max(named, key=lambda it: not is_id(names[it]), default=others[-1])
    has_header = bool(named or may) or "" in names
    if len(columns[label]) == count + 1:  # the header may be any word, or 0 from pandas
        first_text, *rest = columns[label]
        has_header |= first_text == b"0" or first_text not in rest
    if has_header:
        first, columns = first + 1, [it[1:] for it in columns]
    beside = [
        IdColumn(path, names[it] if has_header else "", first, columns[it])
        for it in range(len(names))
        if it != label
    ]
    return Lines(first, columns[label], beside)
