"""Images and labels from named arrays, read a few rows at a time."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.formats.arrays.bunch import without_bunch
from pipeline.formats.arrays.labels import number_labels, with_class_names
from pipeline.formats.arrays.layouts import COLOURS, Layout, arrange, require_clear
from pipeline.formats.arrays.named import NamedArray, iterate_rows
from pipeline.formats.arrays.names import has_no_name
from pipeline.formats.arrays.pairs import Pair, find_pairs
from pipeline.formats.arrays.splits import divide_pair, require_one_split, separate_splits
from pipeline.formats.arrays.tables import split_tables
from pipeline.formats.folders.pictures import fit
from pipeline.formats.numbers import Ink, find_ink
from pipeline.formats.source import (
    Chosen,
    Images,
    Labels,
    Part,
    ReadOptions,
    Source,
    part_in_memory,
    select,
)

RED, GREEN, BLUE, HALF = 19595, 38470, 7471, 1 << 15  # of 1 << 16, as Pillow weighs them for L


def source_of_arrays(
    path: Path,
    arrays: Sequence[NamedArray],
    options: ReadOptions,
    listed: tuple[str, ...] | None = None,
) -> Source:
    """Find images and labels among arrays; `listed` are the names in classes.txt.

    Raises: CorruptError.
    """
    arrays, ignored = without_bunch(arrays)
    arrays = with_class_names(path, split_tables(arrays))
    arrays, columns = separate_splits(path, arrays, options)
    pairs = find_pairs(path, arrays)
    numbers, classes = number_labels(path, pairs, listed)
    parts: list[Part] = []
    notes: list[str] = []
    used = {id(array) for pair in pairs for array in (pair.images, pair.labels, *pair.parts)}
    for pair, of_pair in zip(pairs, numbers, strict=True):
        part, part_notes = make_part(pair, of_pair, options)
        divided = divide_pair(part, pair, pairs, columns, options)
        parts += divided.parts
        used.add(id(divided.column))
        notes += filter(None, (*part_notes, divided.note))
    notes += dict.fromkeys(pair.note for pair in pairs if pair.note)
    others = [it for it in (*arrays, *columns) if id(it) not in used]
    require_one_split(pairs, others, options)
    unused = [it.name for it in (*others, *ignored) if not has_no_name(it.name)]
    notes += [f"{path}: not used: {', '.join(unused[:10])}"] if unused else []
    notes = list(dict.fromkeys(notes))  # one scale is that of several arrays
    return Source(tuple(parts), classes, tuple(notes), is_scaled=options.highest is not None)


def make_part(pair: Pair, labels: Labels, options: ReadOptions) -> tuple[Part, tuple[str, ...]]:
    """Describe how to read the images of a pair, and read them if they are in memory.

    Returns: the part, and notes on its pixels.

    Raises: CorruptError.
    """
    where = pair.images.where
    if pair.split and has_no_name(pair.images.name):
        where += f": {pair.split}"
    require_clear(where, pair.images.shape, pair.layout)
    check_looks(where, pair.layout, options)
    ink = find_ink_of(pair.images, options, where)

    notes = (*ink.note(where), *pair.images.late_notes())

    def chunks() -> Iterator[Images]:
        return iterate_images(pair, ink, options)

    if pair.images.is_in_memory:
        pixels = np.concatenate([np.empty((0, *IMAGE_SHAPE), np.uint8), *chunks()])
        return part_in_memory(pair.images.path, pair.split, pixels, labels), notes

    def images(chosen: Chosen) -> Iterator[Images]:
        return select(pair.images.path, chunks(), chosen)

    return Part(pair.split, labels, images), notes


def find_ink_of(images: NamedArray, options: ReadOptions, where: str = "") -> Ink:
    """Determine the scale of an array of images; pictures have been brought to theirs.

    Raises: CorruptError.
    """
    highest = None if images.are_pictures else options.highest
    return find_ink(where or images.where, images.read(), highest)


def check_looks(where: str, layout: Layout, options: ReadOptions) -> None:
    """Check that images are grey and 28x28, or that options convert them.

    Raises: CorruptError.
    """
    item = layout.item
    what = f"{where}: {layout.image_count:,} images"
    if item.colours == COLOURS and not options.grey:
        raise CorruptError(
            f"{what} in colour, {item.height}x{item.width}; expected grey levels",
            "Convert them to grey levels with --grey",
        )
    if not layout.is_usual and not options.resize:
        size = "x".join(map(str, IMAGE_SHAPE))
        raise CorruptError(
            f"{what} of {item.height}x{item.width} pixels; expected {size}",
            "Resize all images with --resize",
        )


def iterate_images(pair: Pair, ink: Ink, options: ReadOptions) -> Iterator[Images]:
    """Yield all images of a pair as grey levels of 28x28."""
    for rows in iterate_rows(pair.images, pair.layout):
        pixels = ink.to_bytes(pair.images.where, arrange(rows, pair.layout.item))
        grey = to_grey(pixels) if options.grey and pixels.shape[-1] == COLOURS else pixels[..., 0]
        yield grey if pair.layout.is_usual else resize(grey)


def to_grey(pixels: NDArray[np.uint8]) -> Images:
    """Convert colours to grey levels exactly as Pillow does for its mode L.

    Shapes: (n, H, W, 3) -> (n, H, W).

    Source: ITU-R BT.601; Pillow's src/libImaging/Convert.c, L24.
    """
    red, green, blue = (pixels[..., i].astype(np.uint32) for i in range(COLOURS))
    return ((red * RED + green * GREEN + blue * BLUE + HALF) >> 16).astype(np.uint8)


def resize(grey: Images) -> Images:
    """Resize images to 28x28, as image files are.

    Shapes: (n, H, W) -> (n, 28, 28).
    """
    return np.stack([np.asarray(fit(Image.fromarray(np.ascontiguousarray(it)))) for it in grey])
