"""Folders of splits with files instead of pictures: train/images.npy, test/images.npy.

They are read as one folder of links, in which the name of each file states its split.
"""

from collections.abc import Callable
from pathlib import Path

from pipeline.formats.folders.litter import list_folder
from pipeline.formats.source import CLASSES
from pipeline.formats.streams import KNOWN_SPLITS, parse_name


def folders_of_splits(folder: Path, is_read: Callable[[Path], bool]) -> dict[str, Path]:
    """Find the folders of the splits; none unless every one of them can be read.

    Raises: MissingError, StorageError, CorruptError.
    """
    listing = list_folder(folder)
    named = [(parse_name(it.name).split, it) for it in listing.folders]
    found = {str(split): it for split, it in named if split in KNOWN_SPLITS}
    are_all = len(found) == len(listing.folders) > 1 and "train" in found
    are_flat = are_all and not any(list_folder(it).folders for it in found.values())
    return found if are_flat and all(map(is_read, found.values())) else {}


def link_files(found: dict[str, Path], folder: Path) -> dict[Path, Path]:
    """Link the files of all splits in an empty folder; return the links with their targets."""
    links: dict[Path, Path] = {}
    for split, source in found.items():
        files = list_folder(source).files
        for file in files:
            links[folder / name_in(split, file, len(files) == 1)] = file
    outer = next(iter(found.values())).parent
    lists = [it / CLASSES for it in (outer, *found.values()) if (it / CLASSES).is_file()]
    if lists:
        links[folder / CLASSES] = lists[0]
    for link, file in links.items():
        link.symlink_to(file.resolve())
    return links


def name_in(split: str, file: Path, is_only: bool) -> str:
    """Name a file by its split, unless its own name states it."""
    stem, dot, suffixes = file.name.partition(".")
    if parse_name(stem).split == split:
        return file.name
    if is_only and suffixes:
        return f"{split}.{suffixes}"
    number = f"{int(stem):05}" if stem.isdecimal() and len(stem) < 5 else stem  # a shard
    return f"{split}-{number}{dot}{suffixes}"
