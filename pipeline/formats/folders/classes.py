"""Folders of the classes: LABEL/, or the same in train/, test/ and other splits."""

import os
import re
from pathlib import Path
from typing import NamedTuple

from pipeline.datasets.user_datasets import SPLIT
from pipeline.errors import CorruptError
from pipeline.formats.folders.litter import has_pictures, is_picture, list_folder, require_inside
from pipeline.formats.folders.nested import EXPECTED, RENAME, UP, by_name, find_splits_of_classes
from pipeline.formats.streams import KNOWN_SPLITS, parse_name, split_called

LAYOUT = EXPECTED
NO_LABELS = frozenset(("unknown", "unlabeled", "unlabelled", "images", "imgs", "img", "all"))
UNREAD = frozenset(  # types of pictures that raise an error
    (".heic", ".heif", ".avif", ".svg", ".psd", ".jp2", ".j2k", ".ico", ".tga", ".exr", ".dng")
)


class ClassFolder(NamedTuple):
    """The folder of a class."""

    path: Path
    name: str  # of the class


class ClassFolders(NamedTuple):
    """The folders of the classes by split, under None if there are no splits."""

    by_split: dict[str | None, list[ClassFolder]]
    unused: list[Path]
    notes: list[str]


def holds_class_folders(root: Path) -> bool:
    """Return whether there are pictures in folders, or in the folders of a split."""
    if not root.is_dir():
        return False
    folders = list_folder(root).folders
    if any(map(has_pictures, folders)):
        return True
    inner = [it for folder in splits_among(folders) for it in list_folder(folder).folders]
    if find_splits_of_classes(folders):
        return True
    deepest = [it for folder in splits_among(inner) for it in list_folder(folder).folders]
    return any(map(has_pictures, (*inner, *deepest)))


def splits_among(folders: list[Path]) -> list[Path]:
    """List the folders that have the name of a split."""
    return [it for it in folders if parse_name(it.name).split in KNOWN_SPLITS]


def find_class_folders(root: Path) -> ClassFolders:
    """Find the folders of the classes below a folder.

    Raises: MissingError, StorageError, CorruptError for any other layout.
    """
    listing = list_folder(root)
    for folder in listing.folders:
        require_inside(root, folder)
    found = ClassFolders({}, [*listing.skipped, *listing.files], [])
    splits = splits_among(listing.folders)
    if below := find_splits_of_classes(listing.folders):
        found.by_split.update(
            {split: [ClassFolder(it, it.parent.name) for it in of] for split, of in below.items()}
        )
    elif any(list_folder(it).folders for it in splits):
        add_splits(root, listing.folders, found)
    elif splits and splits == [it for it in listing.folders if has_pictures(it)]:
        names = " and ".join(it.name for it in splits)
        raise CorruptError(
            f"{root}: pictures in {names}, but none in the folder of a class; {LAYOUT}",
            by_name(splits[0]),
        )
    else:
        found.by_split[None] = classes = classes_among(listing.folders, found)
        if len(classes) == 1 and classes[0].name.lower() in NO_LABELS:
            what = f"{root}: all pictures are in {classes[0].name}, which is not a class; {LAYOUT}"
            raise CorruptError(what, by_name(classes[0].path))
    return found


def add_splits(root: Path, folders: list[Path], found: ClassFolders) -> None:
    """Find the folders of the classes in each split.

    Raises: CorruptError for two folders of one split, and for classes in any other folder.
    """
    place: dict[str, Path] = {}
    datasets = {}
    for folder in sorted(folders, key=lambda it: parse_name(it.name).split != "train"):
        split = split_of(folder)
        if split is None:
            found.unused.append(folder)
            continue
        if split in place:
            raise CorruptError(
                f"{root}: {place[split].name} and {folder.name} are both {split} images",
                "Name one of them, or move one away",
            )
        place[split] = folder
        datasets[parse_name(folder.name).dataset if split in KNOWN_SPLITS else ()] = folder
        add_split(root, folder, split, found)
    if len(datasets.keys() - {()}) > 1:
        names = ", ".join(it.name for it in datasets.values())
        what = f"{root}: {names} are not named like the splits of one dataset"
        raise CorruptError(what, RENAME)


def split_of(folder: Path) -> str | None:
    """Return the split of a folder among others; None without folders of pictures.

    Raises: CorruptError if a folder of classes does not have the name of a split.
    """
    split = parse_name(folder.name).split
    if split in KNOWN_SPLITS:
        return split
    if not any(map(has_pictures, list_folder(folder).folders)):
        return None
    if not re.fullmatch(SPLIT, folder.name.lower()):
        what = f"{folder} is next to train, but not named like a split; {LAYOUT}"
        raise CorruptError(what, "Rename it, or move it away")
    return split_called(folder.name)


def add_split(root: Path, folder: Path, split: str, found: ClassFolders) -> None:
    """Find the class folders in a split, or note its pictures without labels.

    Raises: CorruptError.
    """
    learnt = {it.name for it in found.by_split.get("train", [])}
    place, listing = folder, list_folder(folder)
    while len(listing.folders) == 1 and not any(map(is_picture, listing.files)):
        (only,) = listing.folders
        is_split = parse_name(only.name).split == split or only.name.lower() in NO_LABELS
        if not is_split or only.name in learnt or (split == "train" and has_pictures(only)):
            break
        found.unused.extend((*listing.skipped, *listing.files))
        place, listing = only, list_folder(only)
    for it in listing.folders:
        require_inside(root, it)
    loose = [it for it in listing.files if is_picture(it)]
    if loose and not listing.folders:
        if split == "train":
            raise CorruptError(
                f"{place}: pictures outside the folders of classes; {LAYOUT}", by_name(place)
            )
        found.notes.append(
            f"{folder}: {len(loose):,} pictures not used, because they are in no folder of a class"
        )
        return
    found.unused.extend((*listing.skipped, *listing.files))
    found.by_split[split] = classes_among(listing.folders, found)


def classes_among(folders: list[Path], found: ClassFolders) -> list[ClassFolder]:
    """List the folders that are classes: those with pictures, and empty ones."""
    classes = []
    for folder in folders:
        listing = list_folder(folder)
        if any(map(is_picture, listing.files)) or listing.folders or not listing.files:
            classes.append(ClassFolder(folder, folder.name))
        else:
            require_readable(listing.files)
            found.unused.append(folder)
    return classes


def list_examples(root: Path, folder: Path, unused: list[Path]) -> list[Path]:
    """List the pictures of a class, each once, and add other files to `unused`.

    Raises: StorageError, CorruptError for folders, unread pictures, and links out of the root.
    """
    listing = list_folder(folder)
    if listing.folders:
        raise CorruptError(f"{listing.folders[0]}: a folder in the folder of a class; {LAYOUT}", UP)
    others = [it for it in listing.files if not is_picture(it)]
    require_readable(others)
    unused.extend((*listing.skipped, *others))
    pictures = [it for it in listing.files if is_picture(it)]
    for path in pictures:
        require_inside(root, path)
    own = {os.path.realpath(it) for it in pictures if not it.is_symlink()}
    chosen = []
    for path in pictures:
        if path.is_symlink():
            if (target := os.path.realpath(path)) in own:
                unused.append(path)
                continue
            own.add(target)
        chosen.append(path)
    return chosen


def require_readable(files: list[Path]) -> None:
    """Check that no file is a picture of an unsupported type.

    Raises: CorruptError.
    """
    unread = [it for it in files if it.suffix.lower() in UNREAD]
    if unread:
        what = f"{unread[0]}: {unread[0].suffix} pictures are not supported"
        raise CorruptError(f"{what}; its folder has {len(unread):,} of them", "Save them as PNG")
