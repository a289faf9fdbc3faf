"""Splits of a source: kept as they are, or test images chosen at random."""

from pathlib import Path

import numpy as np

from pipeline.errors import CorruptError, UsageError
from pipeline.formats.source import Chosen, Labels, Part, Source, subset
from pipeline.formats.streams import KNOWN_SPLITS

TEST_SHARE = 0.2
TRAIN = "Name the folder, file or arrays of the training images train"
FIRST_SPLITS = ("train", "test")  # the order in which splits are listed


def split_dataset(
    path: Path, source: Source, share: float | None, seed: int
) -> tuple[list[Part], list[str]]:
    """Keep the splits of a source with test images; else choose some at random.

    Returns: the parts, training first, and notes for the user.

    Raises: UsageError, CorruptError.
    """
    by_split = {part.split: part for part in source.parts}
    if len(by_split) < len(source.parts) or (None in by_split and len(by_split) > 1):
        names = ", ".join(str(part.split or "no split") for part in source.parts)
        what = f"{path}: images for {names}; expected each split once"
        raise CorruptError(what, "Name one of the files or folders, or move one away")
    for part in source.parts:
        if not len(part.labels):
            what = f"{path}: no images{f' in {part.split}' if part.split else ''}"
            raise CorruptError(what, "Add images, or remove what is empty")
    whole = by_split.pop(None, None) or by_split.get("train")
    if whole is None:
        names = ", ".join(map(str, by_split))
        what = f"{path}: only images for {names} found; expected training images"
        raise CorruptError(what, TRAIN)
    notes = []
    if "test" not in by_split:
        share = TEST_SHARE if share is None else share
        is_test = choose_test(whole.labels, share, seed)
        by_split["train"] = subset(whole, "train", ~is_test)
        by_split["test"] = subset(whole, "test", is_test)
        notes += [
            f"{it} is kept as a separate split; if it is for testing, name it test"
            for it in by_split
            if it not in KNOWN_SPLITS
        ]
        notes.append(f"{is_test.sum():,} test images were chosen at random, seed {seed}")
    else:
        given = {"--test-share": share is not None, "--seed": bool(seed)}
        if unused := [option for option, is_given in given.items() if is_given]:
            what = f"{path} already has test images, so {' and '.join(unused)}"
            notes.append(f"{what} {'are' if len(unused) > 1 else 'is'} not used")
    ordered = [*FIRST_SPLITS, *sorted(str(name) for name in by_split if name not in FIRST_SPLITS)]
    return [by_split[name] for name in ordered], notes


def require_share(share: object) -> None:
    """Require that a share, if it is a number, leaves some images on both sides.

    Raises: UsageError.
    """
    if isinstance(share, int | float) and not 0 < share < 1:
        raise UsageError(f"--test-share is {share}; expected more than 0 and less than 1")


def choose_test(labels: Labels, share: float, seed: int) -> Chosen:
    """Choose the same share of each class at random; one of each is left to train on.

    If each class has too few for that, one image of as many classes as make up the share.

    Shapes: (N,), the same out.

    Raises: UsageError.
    """
    rng = np.random.default_rng(seed)
    is_test = np.zeros(len(labels), np.bool_)
    first: list[int] = []
    for label in np.unique(labels):
        rows = rng.permutation(np.flatnonzero(labels == label))
        count = min(round(share * len(rows)), len(rows) - 1)
        is_test[rows[:count]] = True
        first += rows[:1].tolist() if len(rows) > 1 else []
    if not is_test.any():
        is_test[first[: round(share * len(labels))]] = True
    if not is_test.any():
        what = f"no class has enough images for a test share of {share:g}"
        raise UsageError(what, "Choose a larger --test-share, or import more images")
    return is_test
