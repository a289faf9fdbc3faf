"""Rules for the classes of a source of any format."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.errors import CorruptError
from pipeline.formats.classes import check_classes, natural_key, plain_names
from pipeline.formats.source import Part, Source

MOST = 0.95  # of the images in one class: nearly all
LISTED = 10  # names in one message


def unite_classes(path: Path, source: Source) -> Source:
    """Make one class of names that mean one, as `5` and `5.0`, or `é` in two forms of Unicode.

    Raises: CorruptError.
    """
    plain = plain_names(source.classes)
    names = tuple(dict.fromkeys(plain.values()))
    if names == source.classes:
        return source
    check_classes(path, names)
    numbers = np.array([names.index(plain[name]) for name in source.classes], np.uint8)
    parts = tuple(replace(part, labels=numbers[part.labels]) for part in source.parts)
    return replace(source, parts=parts, classes=names)


def check_trained_classes(path: Path, source: Source) -> None:
    """Insist that training images have every class that other images have.

    Raises: CorruptError.
    """
    train = next((it for it in source.parts if it.split in (None, "train")), None)
    if train is None:
        return
    known = {source.classes[it] for it in np.unique(train.labels)}
    for part in source.parts:
        names = [source.classes[it] for it in np.unique(part.labels)]
        if strange := [name for name in names if name not in known]:
            raise strange_error(path, train, part, strange, known)


def strange_error(
    path: Path, train: Part, other: Part, strange: Sequence[str], known: set[str]
) -> CorruptError:
    """Make the error for classes that no training image has."""
    where, beside = f"{path}", ""
    if train.path is not None and other.path is not None and train.path != other.path:
        where, beside = f"{other.path}", f" in {train.path}"
    count = f"{len(strange)} class{'es' if len(strange) > 1 else ''}"
    what = f"{where}: {count} of {other.split} images alone: {shortened(strange)}"
    what += f"; the training images{beside} are of {shortened(sorted(known, key=natural_key))}"
    by_case = {name.casefold(): name for name in sorted(known)}
    twin = next((it for it in strange if it.casefold() in by_case), None)
    if twin is not None:
        mend = f"Call a class by one name: {twin} and {by_case[twin.casefold()]} are two"
    elif beside:
        mend = "Add training images of them, or move the file away if it is of another dataset"
    else:
        mend = "Add training images of them, or remove these images"
    return CorruptError(what, mend)


def shortened(names: Sequence[str]) -> str:
    """List the first few names."""
    return ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")


def notes_on_classes(classes: Sequence[str], parts: Sequence[Part]) -> list[str]:
    """Name the classes that cannot be learnt, and one that holds nearly all images."""
    train = next(part for part in parts if part.split == "train")
    counts = np.bincount(train.labels, minlength=len(classes))
    absent = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    notes = []
    if absent:
        of = f"{len(absent)} of {len(classes)} classes"
        notes.append(f"no training image of {of}: {shortened(absent)}")
    largest, total = int(counts.argmax()), len(train.labels)
    if counts[largest] > MOST * total and len(classes) > 1:
        of = f"{counts[largest]:,} of {total:,} training images"
        notes.append(f"{of} are of class {classes[largest]}, nearly all: are these the labels?")
    return notes
