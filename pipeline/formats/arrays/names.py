"""Meaning of an array's name: its split, and whether it holds images or labels.

People write x_train, trainX, train_img, Train/Features, t10k-labels or dataset.test.images. A name
is split into words; a word is a split, a role, or distinguishes the array from others.
"""

import re
from typing import NamedTuple

from pipeline.datasets.user_datasets import SPLIT

SPLITS = {  # usual names of the splits -> our names
    **dict.fromkeys(("train", "training", "trn", "tr"), "train"),
    **dict.fromkeys(("test", "testing", "tst", "te", "t10k"), "test"),
    **dict.fromkeys(("validation", "valid", "val", "dev"), "validation"),
}
ROLES = {
    **dict.fromkeys(("x", "image", "images", "img", "imgs", "picture", "pictures"), "images"),
    **dict.fromkeys(("data", "dataset", "feature", "features", "input", "inputs"), "images"),
    **dict.fromkeys(("pixel", "pixels", "sample", "samples"), "images"),
    **dict.fromkeys(("y", "label", "labels", "lab", "lbl", "target", "targets"), "labels"),
    **dict.fromkeys(("class", "classes", "category", "answer", "answers", "gt"), "labels"),
}
CLASS_LISTS = ("classes", "class_names", "label_names", "target_names", "categories")
JOINED = re.compile(  # two words in one: xtrain, trainx, trainimages
    rf"(?:(?P<split>{'|'.join(SPLITS)})(?P<role>{'|'.join(ROLES)}|set)?"
    rf"|(?P<before>{'|'.join(ROLES)})(?P<after>{'|'.join(SPLITS)}))"
)


class Meaning(NamedTuple):
    """The meaning of a name."""

    split: str | None
    role: str | None
    rest: str  # the other words: arrays that belong together share them


def understand(name: str) -> Meaning:
    """Interpret the name of an array; "/" separates the levels of nesting."""
    if match := re.fullmatch(rf"([xXyY])_({SPLIT})", name):  # Keras's keys, with any split
        word = match[2]
        return Meaning(SPLITS.get(word), ROLES[match[1].lower()], "" if word in SPLITS else word)
    split = role = None
    rest = []
    levels = [level for level in name.split("/") if not re.fullmatch(r"(arr_)?\d*", level)]
    for level in levels:
        role = None  # the names around an array do not state its role
        for word in split_words(level):
            word_split, word_role = understand_word(word)
            split, role = word_split or split, word_role or role
            rest += [] if word_split or word_role else [word]
    return Meaning(split, role, "_".join(rest))


def understand_word(word: str) -> tuple[str | None, str | None]:
    """Return the split and the role that a word stands for."""
    if word in ROLES:
        return None, ROLES[word]
    match = JOINED.fullmatch(word)
    if match is None:
        return None, None
    split, role = match["split"] or match["after"], match["role"] or match["before"]
    return SPLITS[split], ROLES.get(role or "")


def split_words(text: str) -> list[str]:
    """Split a name into lower-case words, at punctuation and capital letters."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", text)
    return [word for word in re.split(r"[^a-z0-9]+", apart.lower()) if word]


def has_no_name(name: str) -> bool:
    """Return whether an array has only a position: arr_0, or an item of a tuple."""
    return all(re.fullmatch(r"(arr_)?\d*", level) for level in name.split("/"))
