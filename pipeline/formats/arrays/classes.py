"""Arrays with one class each, such as train0 to test9 in mnist_all.mat.

The class is the part in which the names of the arrays differ, apart from the split.
"""

import itertools
import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.formats.arrays.layouts import Layout, arrange
from pipeline.formats.arrays.named import NUMBER, NamedArray, in_memory, iterate_rows
from pipeline.formats.arrays.names import ROLES, SPLITS, has_no_name

TOKEN = re.compile(r"(?i:training|testing|train|test|validation)|[^\W\d_]+|\d+|[\W_]+")
SHARDS = frozenset(["batch", "part", "shard", "chunk", "fold", "block", "piece", "section", "run"])
MIN_WORDS = 3  # as classes; two words may mean anything
MIN_NAMELESS = 5  # arrays that are identified by their position only


class ClassArray(NamedTuple):
    """The images of one class in one split."""

    split: str | None
    class_name: str
    array: NamedArray
    layout: Layout


class Joined(NamedTuple):
    """The images of all classes of a split, as if they were in one array."""

    split: str | None
    images: NamedArray
    labels: NamedArray
    layout: Layout
    parts: tuple[NamedArray, ...]
    note: str


def join_classes(images: Sequence[tuple[NamedArray, Layout]]) -> list[Joined]:
    """Join arrays of one class each; none unless their names are clearly classes."""
    found = name_classes(images)
    if not found or not are_classes(found):
        return []
    splits = dict.fromkeys(it.split for it in found)
    return [join(split, [it for it in found if it.split == split]) for split in splits]


def name_classes(images: Sequence[tuple[NamedArray, Layout]]) -> list[ClassArray]:
    """Remove the split and the common words at the ends from each name."""
    names = [TOKEN.findall(array.name) for array, _ in images]
    splits = [[it for it in words if it.lower() in SPLITS] for words in names]
    if any(len(it) > 1 for it in splits) or any(map(is_shard, itertools.chain(*names))):
        return []
    rests = [[it for it in words if it.lower() not in SPLITS] for words in names]
    rests = [list(strip_marks(it)) for it in rests]
    for _ in range(2):  # at the beginning, then at the end
        while len({tuple(it[:1]) for it in rests}) == 1 and all(len(it) > 1 for it in rests):
            rests = [it[1:] for it in rests]
        rests = [it[::-1] for it in rests]
    return [
        ClassArray(SPLITS[split[0].lower()] if split else None, "".join(strip_marks(rest)), *image)
        for split, rest, image in zip(splits, rests, images, strict=True)
    ]


def is_shard(word: str) -> bool:
    """Return whether a word marks an array as a shard, or as images of any class."""
    return word.lower() in SHARDS or ROLES.get(word.lower()) == "images"


def strip_marks(words: Sequence[str]) -> Sequence[str]:
    """Remove words without letters and digits from the ends of a name."""
    while words and re.fullmatch(r"[\W_]+", words[0]):
        words = words[1:]
    while words and re.fullmatch(r"[\W_]+", words[-1]):
        words = words[:-1]
    return words


def are_classes(found: Sequence[ClassArray]) -> bool:
    """Return whether the names are classes: rising numbers, or several words."""
    classes = {it.class_name for it in found}
    places = {(it.split, it.class_name) for it in found}
    is_divided = {it.split is None for it in found}
    if "" in classes or len(places) < len(found) or len(is_divided) > 1:
        return False
    if any(it.layout.item != found[0].layout.item for it in found):
        return False
    if all(re.fullmatch("[0-9]{1,3}", it) for it in classes):
        numbers = sorted(map(int, classes))
        counts_up = numbers == list(range(numbers[0], numbers[0] + len(numbers)))
        least = MIN_NAMELESS if any(has_no_name(it.array.name) for it in found) else 2
        return counts_up and numbers[0] <= 1 and len(numbers) >= least
    are_words = not any(it.lower() in ROLES for it in classes)
    return are_words and len(classes) >= MIN_WORDS and all(it.isprintable() for it in classes)


def join(split: str | None, found: Sequence[ClassArray]) -> Joined:
    """Join the images of the classes of one split."""
    counts = [it.layout.image_count for it in found]
    item = found[0].layout.item
    layout = Layout(sum(counts), item._replace(is_colour_first=False), 0)
    shape = (sum(counts), item.height, item.width, item.colours)

    def read() -> Iterator[NDArray[Any]]:
        for it in found:
            for rows in iterate_rows(it.array, it.layout):
                yield arrange(rows, item)

    path = found[0].array.path
    is_in_memory = all(it.array.is_in_memory for it in found)
    images = NamedArray(path, split or "", shape, NUMBER, read, is_in_memory)
    names = np.repeat(np.array([it.class_name for it in found]), counts)
    where = path.parent if len({it.array.path for it in found}) > 1 else path
    listed = ", ".join(it.array.name for it in found[:3]) + ", ..." * (len(found) > 3)
    note = f"{where}: each array is read as the images of one class: {listed}"
    labels = in_memory(path, split or "", names)
    return Joined(split, images, labels, layout, tuple(it.array for it in found), note)
