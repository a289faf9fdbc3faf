"""EMNIST in any format: set upright, with the published class names.

EMNIST's files hold columns of pixels, so its images lie on their side, and `letters` counts its
classes from 1. It is identified by the names of its files or by their number of images. Files
that are already upright stay so: characters are higher than wide.
"""

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.catalogue.emnist import EMNIST
from pipeline.datasets.records import Dataset
from pipeline.errors import CorruptError
from pipeline.formats.source import CHUNK, MARKER, Chosen, Format, Images, Part, Source

BY_NAME = {dataset.name: dataset for dataset in EMNIST}
NAME = re.compile(rf"(?i)(?<![a-z])emnist[-_. ]?({'|'.join(it[7:] for it in BY_NAME)})(?![a-z])")
ENOUGH = 3.0  # standard errors by which characters are higher than wide, or wider than high
SURELY = 4.0  # the same, if neither name nor counts indicate EMNIST
INK = 64  # levels by which ink differs from paper


def set_upright(path: Path, found: Format, source: Source, transpose: bool | None) -> Source:
    """Transpose images that lie on their side, and give EMNIST's classes their names.

    The user's choice to transpose (None: no choice) overrides the detection.

    Raises: CorruptError.
    """
    named = find_named(path, found, source)
    dataset = named or find_counted(source)
    is_ours = is_our_export(path, found)
    has_letters = all(len(it) == 1 or it.isdecimal() for it in source.classes)
    may_lie = transpose is None and has_letters and not is_ours
    lean = measure_height(source.parts) if dataset is not None or may_lie else 0.0
    if named is None and lean > -ENOUGH:
        dataset = None  # counts alone may be chance
    if dataset is None and may_lie and lean < -SURELY:
        note = f"{path}: these images seem to lie on their side, like those of EMNIST; "
        note += "if so, import with --transpose"
        return replace(source, notes=(*source.notes, note))
    is_upright = dataset is None or lean > ENOUGH
    if not is_upright if transpose is None else transpose:
        parts = tuple(replace(it, images=turned(it.images)) for it in source.parts)
        source = replace(source, parts=parts)
    if dataset is None:
        return source
    how = "lie on their side as published, and were set upright"
    if is_upright or transpose is not None:
        how = "are upright already" if is_upright else "are transposed or not, as you chose"
    note = f"{path}: read as {dataset.title}; its images {how}"
    return name_classes(path, dataset, replace(source, notes=(*source.notes, note)))


def turned(images: Callable[[Chosen], Iterator[Images]]) -> Callable[[Chosen], Iterator[Images]]:
    """Exchange rows and columns of the images that a function yields."""

    def turn(chosen: Chosen) -> Iterator[Images]:
        return (chunk.transpose(0, 2, 1) for chunk in images(chosen))

    return turn


def is_our_export(path: Path, found: Format) -> bool:
    """Return whether the source is an upright export of this project.

    Folders for torchvision do not count: their images are as published.
    """
    if found.is_export is not None:
        return path.is_file() and found.is_export(path)
    folder = path if path.is_dir() else path.parent
    return found.name != "torchvision" and (folder / MARKER).exists()


def find_named(path: Path, found: Format, source: Source) -> Dataset | None:
    """Find the selection of EMNIST named by a source or by its files."""
    if is_our_export(path, found):
        return None
    paths = [it.path for it in source.parts if it.path is not None]
    paths += [] if found.name == "torchvision" else [path]  # its folder may hold anything
    match = next(filter(None, (NAME.search(it.name) for it in paths)), None)
    return BY_NAME[f"emnist-{match[1].lower()}"] if match else None


def find_counted(source: Source) -> Dataset | None:
    """Find the selection of EMNIST that has as many images in every split.

    Two selections have the same counts, and differ in their classes.
    """
    counts = {it.split: len(it.labels) for it in source.parts}
    classes = 1 + max((int(it.labels.max(initial=0)) for it in source.parts), default=0)
    found = [
        it
        for it in EMNIST
        if it.name != "emnist-mnist"
        and has_counts(it, counts)
        and classes <= len(it.classes) + it.first_label
    ]
    return min(found, key=lambda it: len(it.classes), default=None)


def has_counts(dataset: Dataset, counts: dict[str | None, int]) -> bool:
    """Return whether all splits have as many images as in the published dataset."""
    published = {split: it.count for split, it in dataset.splits.items()}
    return all(published.get(split or "train") == count for split, count in counts.items())


def measure_height(parts: Iterable[Part]) -> float:
    """Measure how much higher than wide characters are, in standard errors."""
    images = next((it for part in parts for it in part.all_images()), None)
    if images is None or len(images) < 2:
        return 0.0
    images = images[:CHUNK].astype(np.int16)
    paper = np.median(images.reshape(len(images), -1), axis=1)
    ink = np.abs(images - paper[:, None, None]) > INK
    extents = [extent(ink.any(axis)) for axis in (2, 1)]
    excess = extents[0] - extents[1]
    error = float(excess.std()) / len(excess) ** 0.5
    return float(excess.mean()) / error if error else 0.0


def extent(lines: NDArray[np.bool_]) -> NDArray[np.intp]:
    """Count the lines from the first to the last with ink.

    Shapes: (n, 28), out (n,).
    """
    first, last = lines.argmax(1), lines[:, ::-1].argmax(1)
    return np.where(lines.any(1), lines.shape[1] - first - last, 0)


def name_classes(path: Path, dataset: Dataset, source: Source) -> Source:
    """Replace the numbers of classes by their published names; keep other names.

    Raises: CorruptError.
    """
    if source.classes == dataset.classes or not all(map(str.isdecimal, source.classes)):
        return source
    numbers = np.array([int(it) for it in source.classes])
    used = {int(numbers[it]) for part in source.parts for it in np.unique(part.labels)}
    first = dataset.first_label
    if first and 0 in used and len(dataset.classes) not in used:
        first = 0
    last = first + len(dataset.classes) - 1
    for number in used:
        if not first <= number <= last:
            what = f"{path}: label {number}; expected {first} to {last} in {dataset.title}"
            raise CorruptError(what, "If it is another dataset, give it another name")
    parts = tuple(
        replace(it, labels=(numbers[it.labels] - first).astype(np.uint8)) for it in source.parts
    )
    return replace(source, parts=parts, classes=dataset.classes)
