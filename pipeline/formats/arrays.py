"""Images and labels from named arrays, read a few rows at a time."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.formats.array_layouts import COLOURS, Layout, arrange
from pipeline.formats.array_names import CLASS_LISTS, has_no_name, understand
from pipeline.formats.array_pairs import Pair, find_pairs
from pipeline.formats.array_splits import divide_pair, separate_splits
from pipeline.formats.array_tables import split_tables
from pipeline.formats.classes import (
    SMALL_NUMBER,
    check_classes,
    numbered_classes,
    numbers_of_names,
)
from pipeline.formats.folder import fit
from pipeline.formats.named_arrays import TEXT, NamedArray, iterate_rows
from pipeline.formats.numbers import Ink, class_numbers, find_ink, label_text
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
    """Find images and labels among arrays; `listed` are class names, if known.

    Raises: CorruptError.
    """
    arrays, class_names = take_class_names(split_tables(arrays))
    arrays, columns = separate_splits(path, arrays, options)
    pairs = find_pairs(path, arrays)
    listed = class_names or listed
    labels = [
        class_numbers(pair.labels.where, pair.labels.load(), pair.layout.image_count)
        for pair in pairs
    ]
    numbers, classes = number_classes(path, labels, listed)
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
    unused = [it.name for it in others if not has_no_name(it.name)]
    notes += [f"{path}: not used: {', '.join(unused[:10])}"] if unused else []
    classes = classes or numbered_classes(path, parts, listed)
    notes = list(dict.fromkeys(notes))  # one scale is that of several arrays
    return Source(tuple(parts), classes, tuple(notes), is_scaled=options.highest is not None)


def take_class_names(
    arrays: Sequence[NamedArray],
) -> tuple[Sequence[NamedArray], tuple[str, ...] | None]:
    """Separate a list of class names, recognised by its name, from the other arrays.

    Returns: the other arrays, and the names if there are any.

    Raises: CorruptError.
    """
    lists = [
        it
        for it in arrays
        if it.kind == TEXT and len(it.shape) == 1 and it.name.lower() in CLASS_LISTS
    ]
    others = [it for it in arrays if it not in lists]
    if not lists or not any(understand(it.name).role == "labels" for it in others):
        return arrays, None  # those are the labels themselves
    names = [label_text(lists[0].where, it) for it in lists[0].load().tolist()]
    return [it for it in arrays if it is not lists[0]], check_classes(lists[0].where, names)


def number_classes(
    path: Path, labels: Sequence[Labels | list[str]], listed: tuple[str, ...] | None
) -> tuple[list[Labels], tuple[str, ...]]:
    """Number the classes: small numbers are kept as labels, names are sorted.

    Returns: the labels as numbers, and the names; no names where the labels are numbers.

    Raises: CorruptError.
    """
    texts = [it if isinstance(it, list) else [str(number) for number in it] for it in labels]
    names = {name for of_split in texts for name in of_split}
    if all(re.fullmatch(SMALL_NUMBER, name) and int(name) <= 255 for name in names):
        return [np.array(list(map(int, it)), np.uint8) for it in texts], ()
    classes, number_of = numbers_of_names(path, names, listed)
    return [np.array([number_of[it] for it in names], np.uint8) for names in texts], classes


def make_part(pair: Pair, labels: Labels, options: ReadOptions) -> tuple[Part, tuple[str, ...]]:
    """Describe how to read the images of a pair, and read them if they are in memory.

    Returns: the part, and notes on its pixels.

    Raises: CorruptError.
    """
    where = pair.images.where
    if pair.split and has_no_name(pair.images.name):
        where += f": {pair.split}"
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
