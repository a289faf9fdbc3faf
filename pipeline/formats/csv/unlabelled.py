"""Images to predict in a CSV file: its pixels and its ids, without labels."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import COPY_AGAIN, CorruptError
from pipeline.formats.csv.evidence import Candidate
from pipeline.formats.csv.header import (
    MANGLED,
    PIXELS,
    Layout,
    is_header,
    is_mangled,
    pixels_error,
    plain_header,
    sizes,
)
from pipeline.formats.csv.lines import Wanted, number_error, parse_block
from pipeline.formats.csv.scale import Scale
from pipeline.formats.csv.table import Table, choose_label, first_rows, read_pixels, survey_file
from pipeline.formats.csv.text import line_error, plain_blocks
from pipeline.formats.source import Ids, Images, ReadOptions, Unlabelled
from pipeline.formats.tables.column_names import (
    NAMELESS,
    describe,
    find_pixels,
    have_gaps,
    is_id,
    is_label,
)
from pipeline.formats.tables.unlabelled import ID, keep_unlabelled
from pipeline.storage.levels import FULL

PLACES = ("first", "last")


class Found(NamedTuple):
    """The columns of a file."""

    layout: Layout
    has_header: bool
    ids: int | None = None  # the column of ids
    id_name: str = ID
    notes: tuple[str, ...] = ()
    label: int | None = None  # the column of labels


def read_csv_images(path: Path, options: ReadOptions) -> Unlabelled:
    """Read through a file, and describe how to read its images.

    Raises: MissingError, StorageError, CorruptError.
    """
    found = find_columns(path, options)
    scale, texts = survey(path, found, options)
    notes = [*found.notes, *filter(None, [scale.check(path)])]
    values = [] if found.ids is None else texts[found.ids]
    ids = None
    if found.ids is not None and len(set(values)) == len(values) and "" not in values:
        ids = Ids(found.id_name, values)
    elif found.ids is not None:
        notes.append(f"{path}: {found.id_name} is not an id, because values repeat or are missing")
    none = np.empty(0, np.uint16)
    table = Table(path, found.layout, found.has_header, scale, {}, none, ())

    def read() -> Iterator[Images]:
        return (pixels.reshape(-1, *IMAGE_SHAPE) for pixels in read_pixels(table))

    images = Unlabelled(read, tuple(notes), ids, is_scaled=options.highest is not None)
    return images if found.label is None else keep_unlabelled(path, images, texts[found.label])


def find_columns(path: Path, options: ReadOptions) -> Found:
    """Find the columns of the pixels and the ids.

    Raises: MissingError, StorageError, CorruptError.
    """
    _, block = next(iter(plain_blocks(path)), (0, b""))
    rows = first_rows(path, block)
    if not rows:
        what = f"{path}: the file is empty; expected {PIXELS} pixels per line"
        raise CorruptError(what, COPY_AGAIN)
    first = rows[0]
    if is_header(first):
        names = plain_header(rows)
        pixels = find_pixels(names)
        if len(pixels) == PIXELS + 1:
            return find_end(path, options)
        if len(pixels) != PIXELS or have_gaps(names, pixels):
            error = pixels_error(path, names, pixels)
            error.hint = error.hint.replace("a label and 784 pixels", "784 pixels")
            raise error
        return find_named(path, rows[0], names, pixels)
    if len(first) == PIXELS:
        has_header = is_mangled(first, rows[1] if len(rows) > 1 else None)
        unused = (f"{path}: not used: line 1, an image that {MANGLED}",) if has_header else ()
        layout = Layout(PIXELS, tuple(range(PIXELS)), None)
        return Found(layout, has_header, notes=unused)
    if len(first) in (PIXELS + 1, PIXELS + 2):
        return find_end(path, options)
    what = f"{len(first):,} values; expected {PIXELS} pixels, with or without an id or a label"
    raise line_error(path, 1, what, sizes(len(first)))


def find_named(
    path: Path, header: Sequence[str], names: Sequence[str], pixels: Sequence[int]
) -> Found:
    """Find the ids by name among the columns other than pixels and labels."""
    places = set(pixels)
    others = [it for it in range(len(names)) if it not in places and not is_label(names[it])]
    named = [it for it in others if not NAMELESS.fullmatch(names[it])]
    usual = [it for it in named if is_id(names[it])]
    labels = [it for it in range(len(names)) if it not in places and is_label(names[it])]
    ids = next(iter(usual or (named if len(named) == 1 else [])), None)
    written = ["", *header] if len(names) > len(header) else header
    unused = ", ".join(describe(names, it) for it in others if it != ids)
    return Found(
        Layout(len(names), tuple(pixels), None),
        True,
        ids,
        ID if ids is None else written[ids].strip("# "),
        (f"{path}: not used: {unused}",) if unused else (),
        labels[0] if len(labels) == 1 else None,
    )


def find_end(path: Path, options: ReadOptions) -> Found:
    """Decide from all rows which end of a line is not a pixel, but a label or an id.

    Raises: MissingError, StorageError, CorruptError.
    """
    found = survey_file(path, options)
    layouts, has_header = found.columns.layouts, found.columns.has_header
    index = 0 if not has_header and layouts[0].unused else None  # before label and pixels
    if len(layouts) == 1:
        return Found(layouts[0], has_header, index, label=layouts[0].label)
    try:
        place = 0 if choose_label([found]) else 1
        if not counts_up(found.candidates[place]):
            return Found(layouts[place], has_header, index, label=layouts[place].label)
    except CorruptError as error:
        is_apart = [is_no_pixel(it) for it in found.candidates]
        if is_apart[0] == is_apart[1]:
            ends = "the first or the last value of a line"
            what = f"it is not clear whether {ends} is an id or a label"
            hint = "Give the file a header: id,pixel0,...,pixel783"
            raise CorruptError(f"{path}: {what}", hint) from error
        place = is_apart.index(True)
    is_id = len(found.candidates[place].counts) == found.candidates[place].counts.total()
    ids = layouts[place].label if is_id else index
    notes = (f"{path}: the {PLACES[place]} column is read as {'ids' if is_id else 'labels'}",)
    label = None if is_id else layouts[place].label
    return Found(layouts[place], has_header, ids, notes=notes, label=label)


def is_no_pixel(column: Candidate) -> bool:
    """Return whether a column has texts, large numbers, or rising numbers."""
    if column.is_text or column.is_index:
        return True
    return max(map(float, column.counts)) > FULL or counts_up(column)


def counts_up(column: Candidate) -> bool:
    """Return whether a column numbers the lines, starting at any number."""
    if column.is_text:
        return False
    numbers = [float(it) for it in column.counts]
    return len(numbers) > 1 and numbers == [numbers[0] + i for i in range(column.counts.total())]


def survey(path: Path, found: Found, options: ReadOptions) -> tuple[Scale, dict[int, list[str]]]:
    """Check every number of a file, and list the texts in its columns of ids and labels.

    Raises: MissingError, StorageError, CorruptError.
    """
    scale = Scale(options.highest)
    texts: dict[int, list[str]] = {it: [] for it in (found.ids, found.label) if it is not None}
    wanted = Wanted(found.layout.fields, tuple(texts), found.layout.pixels)
    for number, (line, block) in enumerate(plain_blocks(path)):
        if number == 0 and found.has_header:
            line, block = line + 1, block.partition(b"\n")[2]
        if block:
            parsed = parse_block(path, line, block, wanted)
            wrong = scale.survey(parsed.numbers)
            if wrong is not None:
                raise number_error(path, parsed, wanted, wrong, scale.expected)
            for column, cells in zip(texts.values(), parsed.texts, strict=True):
                column += [it.decode("utf-8", "replace").strip(' "') for it in cells]
    return scale, texts
