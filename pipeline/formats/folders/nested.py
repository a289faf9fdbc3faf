"""Folders of pictures in other layouts than LABEL/ or train/LABEL/.

Splits below the classes are read; for other layouts an error describes the layout and the fix.
"""

import os
from pathlib import Path

from pipeline.errors import CorruptError
from pipeline.formats.folders.litter import has_pictures, is_picture, list_folder
from pipeline.formats.streams import KNOWN_SPLITS, parse_name

EXPECTED = "expected LABEL/name.png, or train/LABEL/name.png and test/LABEL/name.png"
SHOWN = 4  # names
MAX_LEVELS = 6
MAX_SPLITS = 3
RENAME = "Rename the folders of training and test images to train and test"
JOIN = "If the outer folders are writers or parts, move all pictures of a class into one folder"
UP = "Move the pictures up, into the folders of their classes"


def by_name(folder: Path) -> str:
    """Return a hint with a line of Python that moves pictures to folders of their classes."""
    pictures = [it for it in list_folder(folder).files if is_picture(it)]
    suffix = next((it.suffix for it in pictures), ".png")
    return (
        "Move each into a folder that is named after its class. In Python, where names are like "
        f'7_003{suffix}: import os, pathlib; [os.renames(it, it.parent / it.name.split("_")[0] / '
        f'it.name) for it in pathlib.Path({str(folder)!r}).glob("*{suffix}")]'
    )


def find_splits_of_classes(folders: list[Path]) -> dict[str, list[Path]]:
    """Find the folders of each split below those of the classes, as in 7/train/a.png.

    Returns: nothing unless every class has such folders and nothing else.
    """
    found: dict[str, list[Path]] = {}
    for folder in folders:
        listing = list_folder(folder)
        splits = [parse_name(it.name).split for it in listing.folders]
        if listing.files or not splits or not set(splits) <= KNOWN_SPLITS:
            return {}
        if len(set(splits)) < len(splits) or not all(map(has_pictures, listing.folders)):
            return {}
        for split, it in zip(splits, listing.folders, strict=True):
            found.setdefault(str(split), []).append(it)
    return found if len(folders) > 1 and "train" in found else {}


def find_layout_error(root: Path) -> CorruptError | None:
    """Build the error for a layout that is not read; None without pictures.

    Raises: MissingError, StorageError.
    """
    listing = list_folder(root)
    if pictures := [it for it in listing.files if is_picture(it)]:
        what = f"{root}: {len(pictures):,} pictures without folders of classes; {EXPECTED}"
        return CorruptError(what, by_name(root))
    deep = [it for it in listing.folders if holds_pictures(it)]
    if not deep:
        return None
    inner = [{it.name for it in list_folder(folder).folders} for folder in deep]
    shared = set.intersection(*inner)
    names = sorted(shared or inner[0])
    outer = [it.name for it in deep]
    what = f"{root}: folders in folders: {shorten(outer)}, with {shorten(names)} in them"
    what = f"{what}; {EXPECTED}"
    if not shared or len(deep) < 2 or (are_labels(outer) and not are_labels(names)):
        return CorruptError(what, UP)
    return CorruptError(what, f"{RENAME}. {JOIN}" if len(deep) <= MAX_SPLITS else JOIN)


def are_labels(names: list[str]) -> bool:
    """Return whether names are letters or numbers."""
    return all(len(it) == 1 or it.isdecimal() for it in names)


def holds_pictures(folder: Path) -> bool:
    """Return whether there are pictures in a folder or in its subfolders."""
    for level, (place, _, _) in enumerate(os.walk(folder)):
        if has_pictures(Path(place)):
            return True
        if level > MAX_LEVELS:
            break
    return False


def shorten(names: list[str]) -> str:
    """List the first few names."""
    return ", ".join(names[:SHOWN]) + ", ..." * (len(names) > SHOWN)
