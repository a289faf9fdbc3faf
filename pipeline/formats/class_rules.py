"""Rules for the classes of a source of any format."""

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.errors import CorruptError
from pipeline.formats.classes import check_classes, natural_key, plain_names
from pipeline.formats.source import Part, Source

MOST = 0.95  # of the images in one class: nearly all
LISTED = 10  # names in one message
MISSING = frozenset(  # usual texts for a missing label
    [
        *("NA", "N/A", "n/a", "#N/A", "<NA>", "NaN", "nan", "NAN", "NaT", "-nan", "?", "-", "--"),
        *("None", "none", "NONE", "Null", "null", "NULL", "nil", "(null)", "#NULL!"),
        *("unknown", "Unknown", "UNKNOWN", "missing", "Missing", "MISSING", "undefined"),
        *("unlabeled", "unlabelled", "Unlabeled", "Unlabelled"),
    ]
)


def unite_classes(path: Path, source: Source) -> Source:
    """Merge names of one class, such as `5` and `5.0`, or two Unicode forms of `é`.

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


def require_labels(path: Path, source: Source) -> None:
    """Check that every image has a label, and not a text for a missing one.

    Raises: CorruptError with the first place of each such text, and how many images have it.
    """
    counts = sum(np.bincount(it.labels, minlength=len(source.classes)) for it in source.parts)
    used = [name for name, n in zip(source.classes, np.atleast_1d(counts), strict=False) if n]
    missing = [name for name in used if is_missing(name, used)]
    if not missing:
        return
    number = source.classes.index(missing[0])
    part = next(it for it in source.parts if (it.labels == number).any())
    row = int((part.labels == number).argmax()) + 1
    split = f" of {part.split}" if part.split else ""
    where = part.places.get(missing[0], f"{part.path or path}: image {row:,}{split}")
    total = sum(
        int(np.isin(it.labels, list(map(source.classes.index, missing))).sum())
        for it in source.parts
    )
    what = f'{where}: the label is "{missing[0]}", which stands for a missing one'
    what += f"; {total:,} image{'s have' if total > 1 else ' has'} no label"
    raise CorruptError(what, "Label them or remove them; if it is a class, give it another name")


def is_missing(name: str, names: Sequence[str]) -> bool:
    """Return whether a class name stands for a missing label, given all names.

    A sign is a class among other signs, NA among other pairs of capitals, and -1 next to 1.
    """
    others = [it for it in names if it not in MISSING]
    if name == "-1":
        numbers = {it for it in names if re.fullmatch("-?[0-9]+", it)}
        return len(numbers) == len(names) and not ("1" in numbers and numbers <= {"-1", "0", "1"})
    if len(name) == 1 and any(len(it) == 1 and not it.isalnum() for it in others):
        return False
    if name == "NA" and any(len(it) == 2 and it.isalpha() and it.isupper() for it in others):
        return False
    return name in MISSING


def check_trained_classes(path: Path, source: Source) -> None:
    """Check that training images have every class that other images have.

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
    """Build the error for classes without training images."""
    where, beside = f"{path}", ""
    if train.path is not None and other.path is not None and train.path != other.path:
        where, beside = f"{other.path}", f" in {train.path}"
    count = f"{len(strange)} class{'es' if len(strange) > 1 else ''}"
    what = f"{where}: {count} found only in {other.split} images: {shortened(strange)}"
    what += f"; the training images{beside} have {shortened(sorted(known, key=natural_key))}"
    by_case = {name.casefold(): name for name in sorted(known)}
    twin = next((it for it in strange if it.casefold() in by_case), None)
    if twin is not None:
        mend = f"Use one name per class: {twin} and {by_case[twin.casefold()]} are two"
    elif beside:
        mend = "Add training images of them, or move the file away if it is of another dataset"
    else:
        mend = "Add training images of them, or remove these images"
    return CorruptError(what, mend)


def shortened(names: Sequence[str]) -> str:
    """List the first few names."""
    return ", ".join(names[:LISTED]) + (", ..." if len(names) > LISTED else "")


def notes_on_classes(classes: Sequence[str], parts: Sequence[Part]) -> list[str]:
    """Return notes on classes without training images, and on one with nearly all."""
    train = next(part for part in parts if part.split == "train")
    counts = np.bincount(train.labels, minlength=len(classes))
    absent = [name for name, count in zip(classes, counts, strict=True) if count == 0]
    notes = []
    if absent:
        of = f"{len(absent)} of {len(classes)} classes"
        notes.append(f"{of} without training images: {shortened(absent)}")
    largest, total = int(counts.argmax()), len(train.labels)
    if counts[largest] > MOST * total and len(classes) > 1:
        of = f"{counts[largest]:,} of {total:,} training images"
        notes.append(f"{of} are of class {classes[largest]}; check that these are the labels")
    return notes
