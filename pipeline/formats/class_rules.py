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
MISSING = frozenset(  # usual texts for a missing label, in lower case and without brackets
    [
        *("na", "n/a", "n.a.", "n.a", "#n/a", "nan", "nat", "-nan", "?", "-", "--", "\\n"),
        *("none", "null", "nil", "#null!", "#ref!", "#value!", "#name?", "#num!", "#div/0!"),
        *("unknown", "missing", "undefined", "unlabeled", "unlabelled", "not available"),
    ]
)
NEGATIVE = re.compile("-(1|9+)")  # -1, -9, -999: numbers for a missing label
WHOLE = re.compile(r"-?[0-9]+(\.0*)?")
FRACTION = re.compile(r"-?[0-9]*\.[0-9]*[1-9][0-9]*")
FEW = 0.25  # of the classes: fractions that are no classes among whole numbers


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
    if NEGATIVE.fullmatch(name):
        numbers = {it for it in names if re.fullmatch("-?[0-9]+", it)}
        is_alone = [it for it in numbers if it.startswith("-")] == [name]
        are_signs = "1" in numbers and numbers <= {"-1", "0", "1"}
        return is_alone and len(numbers) == len(names) and not are_signs
    if bare(name) not in MISSING:
        return False
    others = [it for it in names if bare(it) not in MISSING]
    if len(name) == 1:
        return not any(len(it) == 1 and not it.isalnum() for it in others)
    pairs = [
        it for it in others if len(it) == 2 and it.isalpha() and it.isupper() == name.isupper()
    ]
    return not (len(name) == 2 and name.isalpha() and pairs)


def bare(name: str) -> str:
    """Return a name in lower case, without brackets around it."""
    return name.casefold().strip("()<>[]{}")


def require_whole_numbers(path: Path, source: Source) -> None:
    """Check that no label is a fraction among whole numbers, such as 2.5 among digits.

    Raises: CorruptError.
    """
    names = source.classes
    fractions = [it for it in names if FRACTION.fullmatch(it)]
    if not fractions or len(fractions) >= FEW * len(names):
        return
    if all(it in fractions or WHOLE.fullmatch(it) for it in names):
        places = [it.places[fractions[0]] for it in source.parts if fractions[0] in it.places]
        what = f"{[*places, path][0]}: the label {fractions[0]} is not a whole number"
        raise CorruptError(f"{what}, as the others are", "Correct it, or give it a name in letters")


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
