"""Pairs of images and labels among named arrays, split by split.

Shapes and types come first: images are 28x28 or rows of 784, with one label per image. Names
decide if shapes allow several pairs; if names allow several too, the error lists the arrays.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError
from pipeline.formats.arrays.classes import join_classes
from pipeline.formats.arrays.layouts import (
    MAX_CLASSES,
    Layout,
    can_label,
    find_layout,
    settle_layout,
)
from pipeline.formats.arrays.named import NUMBER, OBJECT, TEXT, NamedArray
from pipeline.formats.arrays.names import Meaning, has_no_name, understand
from pipeline.formats.csv.header import PIXELS
from pipeline.formats.numbers import SAVEZ
from pipeline.formats.tables.column_names import is_label, plain_name

ORDERS = {1: (None,), 2: ("train", "test"), 3: ("train", "validation", "test")}  # without names
RGBA = 4  # channels, the last of which is transparency
SHOWN = 8  # arrays in a message
IN_PYTHON = 'In Python: np.savez("mine.npz", '
ONE_CLASS_EACH = (
    f"If each array holds one class: {IN_PYTHON}x=np.concatenate([a, b]), "
    'y=["a"] * len(a) + ["b"] * len(b))'
)
NAMES = f"Name them x_train and y_train, x_test and y_test, or images and labels. {SAVEZ}"


class Candidate(NamedTuple):
    """An array that may be images or labels."""

    array: NamedArray
    meaning: Meaning
    layout: Layout | None


class Pair(NamedTuple):
    """The images and labels of a split, or of a source without splits."""

    split: str | None
    images: NamedArray
    labels: NamedArray
    layout: Layout
    parts: tuple[NamedArray, ...] = ()  # the arrays that were joined
    note: str = ""


def find_pairs(path: Path, arrays: Sequence[NamedArray]) -> list[Pair]:
    """Find images and the labels that belong to them, split by split.

    Raises: CorruptError if there are none, or if shapes and names allow several.
    """
    found = list_candidates(arrays)
    usual = [it for it in found if it.layout and it.layout.is_usual]
    usual = [it for it in usual if it.meaning.role != "labels"] or usual  # of 784 images
    images = usual or [it for it in found if it.layout and it.meaning.role != "labels"]
    if not images:
        raise refusal(path, arrays, "no images among its arrays")
    others = [it for it in found if it not in images]
    if joined := join_classes_of(images, others):
        return joined
    if len(images) > 1 and all(has_no_name(it.array.name) for it in images):
        return pair_by_order(path, arrays, images, others)
    by_split = group_by_split(path, arrays, images)
    pairs = []
    for split, candidates in by_split.items():
        chosen = choose_images(path, arrays, candidates)
        labels = choose_labels(path, arrays, chosen, others, len(by_split) == 1)
        if labels is not None and chosen.layout is not None:
            pairs.append(Pair(split, chosen.array, labels.array, chosen.layout))
    if not pairs:
        raise refusal(path, arrays, "images without labels")
    return pairs


def join_classes_of(images: Sequence[Candidate], others: Sequence[Candidate]) -> list[Pair]:
    """Join arrays of one class each, if no other array may be labels."""
    if len(images) < 2 or any(may_be_labels(it, images) for it in others):
        return []
    return [Pair(*it) for it in join_classes([(it.array, it.layout) for it in images if it.layout])]


def group_by_split(
    path: Path, arrays: Sequence[NamedArray], images: Sequence[Candidate]
) -> dict[str | None, list[Candidate]]:
    """Group images by their splits.

    Images without a split, next to others, are for training.

    Raises: CorruptError.
    """
    by_split: dict[str | None, list[Candidate]] = {}
    for image in images:
        by_split.setdefault(split_of(image, images), []).append(image)
    if None in by_split and len(by_split) > 1:
        if "train" in by_split:
            raise refusal(path, arrays, "images without a split next to those of train")
        by_split = {split or "train": it for split, it in by_split.items()}
    return by_split


def may_be_labels(candidate: Candidate, images: Sequence[Candidate]) -> bool:
    """Return whether an array may be the labels of any of some images."""
    return candidate.meaning.role == "labels" or any(
        it.layout and can_be_labels(candidate, it.layout.image_count) for it in images
    )


def layout_of(array: NamedArray) -> Layout | None:
    """Find images in an array of numbers."""
    if array.kind not in (NUMBER, OBJECT):
        return None
    by_rows = find_layout(array.shape, 0) if array.are_rows else None
    return by_rows if by_rows and by_rows.is_usual else find_layout(array.shape)


def list_candidates(arrays: Sequence[NamedArray]) -> list[Candidate]:
    """List arrays with the meaning of their names and the layout of their images."""
    found = [Candidate(it, understand(it.name), layout_of(it)) for it in arrays]
    clear = [it.layout for it in found if it.layout and it.meaning.role != "labels"]
    return [it._replace(layout=settle_layout(it.array.shape, it.layout, clear)) for it in found]


def split_of(candidate: Candidate, images: Sequence[Candidate]) -> str | None:
    """Return the split of images, by their name or its other words: x_lost."""
    if candidate.meaning.split or len(images) == 1 or not candidate.meaning.rest:
        return candidate.meaning.split
    is_among_splits = any(it.meaning.split for it in images)
    return candidate.meaning.rest if is_among_splits else None


def pair_by_order(
    path: Path,
    arrays: Sequence[NamedArray],
    images: Sequence[Candidate],
    others: Sequence[Candidate],
) -> list[Pair]:
    """Pair arrays without names in their order: x, y, x, y, or x, x, y, y.

    Raises: CorruptError unless there are as many arrays of labels, each of the correct length.
    """
    labels = [it for it in others if has_no_name(it.array.name) and it.array.shape]
    fits = len(labels) == len(images) and all(
        x.layout and can_label(y.array.shape, x.layout.image_count)
        for x, y in zip(images, labels, strict=True)
    )
    if not fits or len(images) not in ORDERS:
        raise refusal(path, arrays, "not as many arrays of labels as of images, in the same order")
    counts = [it.layout.image_count for it in images if it.layout]
    note = ""
    if counts[0] < max(counts):
        note = f"{path}: its arrays have no names, so the first, of {counts[0]:,} images, were "
        note += f"taken for training, though others have {max(counts):,}: if they are the test "
        note += "images, name the arrays x_train, y_train, x_test, y_test"
    return [
        Pair(split, x.array, y.array, x.layout, note=note)
        for split, x, y in zip(ORDERS[len(images)], images, labels, strict=True)
        if x.layout
    ]


def choose_images(
    path: Path, arrays: Sequence[NamedArray], candidates: Sequence[Candidate]
) -> Candidate:
    """Choose the array with the images of a split, by name if shapes allow several.

    Raises: CorruptError.
    """
    named = [it for it in candidates if it.meaning.role == "images"]
    plain = [it for it in named if not it.meaning.rest]
    for choice in (candidates, named, plain):
        if len(choice) == 1:
            return choice[0]
    raise refusal(path, arrays, "several arrays that may be the images of one split")


def choose_labels(
    path: Path,
    arrays: Sequence[NamedArray],
    images: Candidate,
    others: Sequence[Candidate],
    is_only: bool,
) -> Candidate | None:
    """Choose the labels of some images; None if a split other than training has none.

    Raises: CorruptError.
    """
    count = images.layout.image_count if images.layout else 0
    of_split = [it for it in others if is_only or same_split(it, images)]
    fitting = [it for it in of_split if can_be_labels(it, count)]
    ranks = [rank_labels(it, images) for it in fitting]
    best = [it for it, rank in zip(fitting, ranks, strict=True) if rank == max(ranks)]
    if len(best) == 1:
        return best[0]
    if best:
        raise refusal(path, arrays, f"several arrays that may be the labels of {images.array}")
    if misfits := [it.array for it in of_split if it.meaning.role == "labels"]:
        what = f"{images.array} and {misfits[0]}; expected a label for each image"
        what = f"{path}: {what}: (N, 28, 28) or (N, 784), and (N,)"
        raise CorruptError(what, "Remove the images without a label, or add their labels")
    if is_only or images.meaning.split == "train":
        raise refusal(path, arrays, f"no labels that fit {images.array}")
    return None


def same_split(candidate: Candidate, images: Candidate) -> bool:
    """Return whether an array may belong to the images of a split."""
    if images.meaning.split or candidate.meaning.split:
        return candidate.meaning.split == images.meaning.split
    return candidate.meaning.rest == images.meaning.rest


def can_be_labels(candidate: Candidate, count: int) -> bool:
    """Return whether an array can be the labels of `count` images."""
    array = candidate.array
    if array.kind == OBJECT:
        return array.shape[:1] == (count,)
    return can_label(array.shape, count)


def rank_labels(candidate: Candidate, images: Candidate) -> tuple[bool, bool, bool]:
    """Rank what may be labels by its name."""
    return (
        candidate.meaning.split == images.meaning.split,
        candidate.meaning.role == "labels" or is_label(plain_name(candidate.array.name)),
        candidate.meaning.rest == images.meaning.rest,
    )


def refusal(path: Path, arrays: Sequence[NamedArray], what: str) -> CorruptError:
    """Build the error for ambiguous arrays: list them, and suggest names."""
    others = [it for it in arrays if str(it) not in what]
    listed = ", ".join(map(str, others[:SHOWN])) or ("no other arrays" if arrays else "no arrays")
    arrays_left = len(others) - SHOWN
    more = f" and {arrays_left} more" if arrays_left > 0 else ""
    files = Counter(it.path for it in arrays)
    hint = NAMES if len(files) < 3 else f"Name one of the files, or rename them. {NAMES}"
    return CorruptError(f"{path}: {what}: {listed}{more}", mend_of(arrays) or hint)


def mend_of(arrays: Sequence[NamedArray]) -> str:
    """Return a hint for arrays that hold images and labels together."""
    for it in arrays:
        beside = it.shape[1] - PIXELS if len(it.shape) == 2 and it.kind == NUMBER else 0
        if beside == 1:
            return f"{IN_PYTHON}x=a[:, 1:], y=a[:, 0]), or x=a[:, :-1], y=a[:, -1]), of that array"
        if 1 < beside <= MAX_CLASSES:
            first, last = f"x=a[:, {beside}:], y=a[:, :{beside}]", "x=a[:, :784], y=a[:, 784:]"
            return f"{IN_PYTHON}{first}), or {last}), of that array"
        if hint := mend_of_images(it):
            return hint
    layouts = [it for it in arrays if layout_of(it)]
    if len(layouts) == len(arrays) > 1:
        return ONE_CLASS_EACH
    return ""


def mend_of_images(array: NamedArray) -> str:
    """Return a hint for images that are a list of arrays, texts, or have four channels."""
    if array.kind == OBJECT and array.shape and understand(array.name).role != "labels":
        meant = "" if array.name == "x" else f", where x is {array.name}"
        return f"{IN_PYTHON}x=np.stack(x), y=y){meant}: all images need one size"
    if array.kind == TEXT and find_layout(array.shape):
        return f"The pixels are texts. In Python, save {array.name}.astype(float) instead"
    if len(array.shape) == 4 and array.shape[-1] == RGBA and find_layout(array.shape[:3]):
        what = "It has 4 channels (RGBA). In Python, save"
        return f"{what} {array.name}[..., :3] instead, and import that with --grey"
    return ""
