"""Labels of arrays: a text is the name of a class, a number is a place among the names.

Class names belong to the file, or the level of nesting, that states them. So two files may list
the same names in another order.
"""

import math
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import CorruptError
from pipeline.formats.arrays.named import OBJECT, TEXT, NamedArray
from pipeline.formats.arrays.names import CLASS_LISTS, split_words, understand
from pipeline.formats.arrays.pairs import Pair
from pipeline.formats.classes import (
    check_classes,
    is_small_number,
    natural_key,
    numbers_of_names,
    places_of_names,
)
from pipeline.formats.numbers import class_numbers, label_text
from pipeline.formats.source import CLASSES, Labels


def with_class_names(path: Path, arrays: Sequence[NamedArray]) -> list[NamedArray]:
    """Take the lists of class names out of arrays, and give them to the arrays next to them.

    Raises: CorruptError if an array may have several lists of names.
    """
    lists = [it for it in arrays if is_class_list(it)]
    others = [it for it in arrays if it not in lists]
    labels = [it for it in others if understand(it.name).role == "labels"]
    if not lists or not labels:
        return list(arrays)  # those are the labels themselves
    names = {id(it): read_class_list(it) for it in lists}
    shared = [it for it in lists if not any(is_beside(it, one) for one in labels)]
    named = []
    for array in others:
        beside = [it for it in lists if is_beside(it, array)]
        nearest = max((len(it.levels) for it in beside), default=0)
        found = [it for it in beside if len(it.levels) == nearest] or shared
        if len({names[id(it)] for it in found}) > 1:
            listed = " and ".join(it.name for it in found[:2])
            what = f"{path}: {listed} differ; expected one list of class names"
            raise CorruptError(what, "Remove or rename the other")
        named.append(replace(array, class_names=names[id(found[0])]) if found else array)
    return named


def is_class_list(array: NamedArray) -> bool:
    """Return whether an array lists class names, by its name, such as train/class_names."""
    words = [it for it in split_words(array.name.rpartition("/")[2]) if not split_of(it)]
    is_flat = sum(side != 1 for side in array.shape) <= 1
    if not is_flat or "_".join(words) not in CLASS_LISTS:
        return False
    is_short = array.kind == OBJECT and math.prod(array.shape) <= MAX_CLASSES
    return array.kind == TEXT or (is_short and all(map(is_text, array.load().flat)))


def is_text(value: object) -> bool:
    """Return whether a value is a text, as bytes or not."""
    return isinstance(value, str | bytes)


def split_of(name: str) -> str | None:
    """Return the split in a name."""
    return understand(name).split


def is_beside(names: NamedArray, array: NamedArray) -> bool:
    """Return whether class names are in the file of an array, on its level or around it."""
    is_around = names.path == array.path and array.levels[: len(names.levels)] == names.levels
    return is_around and split_of(names.name) in (None, split_of(array.name))


def read_class_list(array: NamedArray) -> tuple[str, ...]:
    """Read class names.

    Raises: CorruptError.
    """
    texts = array.load().reshape(-1).tolist()
    return check_classes(array.where, [label_text(array.where, it) for it in texts])


def number_labels(
    path: Path, pairs: Sequence[Pair], listed: tuple[str, ...] | None
) -> tuple[list[Labels], tuple[str, ...]]:
    """Number the classes of all pairs; `listed` are names for files that state none.

    Returns: the labels as numbers, and the names.

    Raises: CorruptError.
    """
    values = [
        class_numbers(pair.labels.where, pair.labels.load(), pair.layout.image_count)
        for pair in pairs
    ]
    texts = [it if isinstance(it, list) else list(map(str, it)) for it in values]
    first = sorted(pairs, key=lambda it: it.split not in (None, "train"))
    own = dict.fromkeys(it.labels.class_names for it in first if it.labels.class_names)
    if not own and listed is None:
        return number_texts(path, texts)
    default = listed if not own else next(iter(own)) if len(own) == 1 else None
    named = [
        names_of_labels(pair.labels, of_pair, pair.labels.class_names or default)
        for pair, of_pair in zip(pairs, texts, strict=True)
    ]
    classes = tuple(dict.fromkeys(name for names in (own or [listed]) for name in names or ()))
    check_classes(path, classes)
    number_of = {name: number for number, name in enumerate(classes)}
    return [np.array([number_of[it] for it in names], np.uint8) for names in named], classes


def number_texts(path: Path, texts: Sequence[list[str]]) -> tuple[list[Labels], tuple[str, ...]]:
    """Number labels without class names: small numbers are kept, names are sorted.

    Raises: CorruptError.
    """
    names = {name for of_split in texts for name in of_split}
    if all(map(is_small_number, names)):
        numbers = [np.array(list(map(int, it)), np.uint8) for it in texts]
        return numbers, tuple(map(str, range(1 + max(map(int, names), default=0))))
    classes, number_of = numbers_of_names(path, names, None)
    return [np.array([number_of[it] for it in names], np.uint8) for names in texts], classes


def names_of_labels(
    labels: NamedArray, texts: list[str], listed: tuple[str, ...] | None
) -> list[str]:
    """Return the name of the class of each label: a text itself, or by its place in a list.

    Raises: CorruptError.
    """
    if listed is None:
        what = f"{labels.where}: there are no class names; other files list them, but not the same"
        raise CorruptError(what, "Add a list of names to each file, or remove all lists")
    source = CLASSES if labels.class_names is None else "its list of class names"
    if labels.kind == TEXT:
        places = places_of_names(labels.where, set(texts), listed, source)
        return [listed[places[it]] for it in texts]
    if wrong := [it for it in set(texts) if not it.isdigit() or int(it) >= len(listed)]:
        raise place_error(labels.where, max(wrong, key=natural_key), len(listed))
    return [listed[int(it)] for it in texts]


def place_error(where: str, text: str, count: int) -> CorruptError:
    """Build the error for a number that is not a place in a list of class names."""
    if text.startswith("-"):
        what = f"{where}: label {text} is not a place among the {count} class names"
        return CorruptError(what, "If it stands for a missing label, remove these images")
    what = f"{where}: label {text} is beyond the {count} class names, counted from 0"
    return CorruptError(what, "Name all classes, or none")
