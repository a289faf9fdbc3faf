"""Opening of a source in nested folders, among litter, or in archives."""

import contextlib
import secrets
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError, ProjectError, UsageError, printable
from pipeline.formats.archives import is_archive, unpack, unpack_together
from pipeline.formats.arrays import npy, npz
from pipeline.formats.arrays import pickles as pickle_files
from pipeline.formats.csv.header import PIXELS
from pipeline.formats.csv.label_files import find_pairs, first_lines
from pipeline.formats.csv.read import CSV, files_with_labels, suffixes_meant
from pipeline.formats.folders.litter import list_folder, name_skipped
from pipeline.formats.folders.pictures import PNG
from pipeline.formats.folders.splits import folders_of_splits, link_files
from pipeline.formats.folders.torchvision import TORCHVISION
from pipeline.formats.idx_files import IDX, IDX_GZ, is_idx_file
from pipeline.formats.registry import FORMATS, find_format
from pipeline.formats.source import Format, ReadOptions, Source
from pipeline.formats.streams import (
    KNOWN_SPLITS,
    flat_files,
    parse_name,
    split_files,
    unpacked_file,
    visible_files,
)
from pipeline.formats.tables import arff, parquet
from pipeline.storage.cache import STALE_SECONDS, Cache

KINDS = {IDX_GZ.name: IDX.name, TORCHVISION.name: PNG.name}
MAX_ARCHIVES = 2  # one in another
MAX_FOLDERS = 8  # one in another, and nothing else
SUFFIXES_OF = {  # of the formats that read all such files in a folder
    npz.NPZ.name: (npz.SUFFIX,),
    npy.NPY.name: (npy.SUFFIX,),
    parquet.PARQUET.name: (parquet.SUFFIX,),
    arff.ARFF.name: arff.SUFFIXES,
    pickle_files.PICKLE.name: pickle_files.SUFFIXES,
}


@dataclass
class Place:
    """The place of a source's data, and the names of the paths below it."""

    path: Path
    workspace: Path  # an empty folder for unpacked files; created if it is needed
    notes: list[str] = field(default_factory=list)
    unpacked: dict[Path, Path] = field(default_factory=dict)  # folder -> its archive

    def rename(self, text: str) -> str:
        """Replace the folders of unpacked archives by the names of the archives."""
        for folder, archive in reversed(self.unpacked.items()):
            name = printable(str(archive))
            text = text.replace(f"{folder}/", f"{name}: ").replace(str(folder), name)
        return text


class Opened(NamedTuple):
    """An open source."""

    path: Path  # where its files really are, unpacked
    format: Format
    source: Source
    rename: Callable[[str], str]  # replaces unpacked folders by their archives, in notes


@contextmanager
def lend_workspace(cache: Cache) -> Iterator[Path]:
    """Yield a path for unpacked files, and remove it at the end.

    The folder is only created if something is unpacked.
    """
    for left in cache.root.glob(f"raw/.unpacked.{'?' * 16}.part"):
        with contextlib.suppress(OSError):  # of a process that was killed
            if time.time() - left.lstat().st_mtime > STALE_SECONDS:
                shutil.rmtree(left)
    folder = cache.raw(f".unpacked.{secrets.token_hex(8)}.part")
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@contextmanager
def open_source(path: Path, options: ReadOptions, workspace: Path) -> Iterator[Opened]:
    """Find the format of a source and read it; images are read in the context.

    `workspace` is a folder for unpacked files, which the caller removes.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    place = Place(path, workspace.resolve())
    try:
        locate(place)
        found = find_format(place.path)
        require_one_format(place.path, found)
        check_options(path, found, options)
        source = found.read(place.path, options)
        notes = [*place.notes, *source.notes, *notes_on_unused(place.path, found)]
        yield Opened(place.path, found, replace(source, notes=tuple(notes)), place.rename)
    except ProjectError as error:
        error.message, error.hint = place.rename(error.message), place.rename(error.hint)
        raise


def check_options(path: Path, found: Format, options: ReadOptions) -> None:
    """Check that options for some formats are only given for those.

    Raises: UsageError.
    """
    for option, what, is_given, is_possible in (
        ("--resize", "image files and arrays", options.resize, found.can_resize),
        ("--grey", "arrays in colour", options.grey, found.can_grey),
        ("--skip-damaged", "image files", options.skip_damaged, found.can_skip_damaged),
        ("--label-column", "tables", options.label_column is not None, found.has_columns),
        (
            *("--split-column", "tables and arrays"),
            *(options.split_column is not None, found.has_split_column),
        ),
    ):
        if is_given and not is_possible:
            raise UsageError(f"{option} applies to {what}; {path} is read as {found.name}")


def locate(place: Place) -> None:
    """Follow archives and folders with a single entry to a supported path.

    Raises: MissingError, StorageError, CorruptError.
    """
    for _ in range(MAX_FOLDERS):
        if place.path.is_file() and is_archive(place.path):
            unpack_into_workspace(place, [place.path])
        elif place.path.is_dir() and not is_read(place.path):
            if not unite_splits(place) and not descend(place):
                return
        else:
            return


def is_read(path: Path) -> bool:
    """Return whether a reader supports a path."""
    return any(it.recognises(path) for it in FORMATS.values())


def is_read_with_its_split(folder: Path) -> bool:
    """Return whether a reader supports a folder, if its name is put before those of its files."""
    return is_read(folder) or any(map(is_idx_file, flat_files(folder)))


def unite_splits(place: Place) -> bool:
    """Move to one folder of links to the files in folders of splits, if there are such.

    Returns: whether there are.
    """
    found = folders_of_splits(place.path, is_read_with_its_split)
    if not found:
        return False
    folder = place.workspace / f"splits-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    links = link_files(found, folder)
    place.unpacked |= {folder: place.path, **links}
    place.path = folder
    return True


def require_one_format(path: Path, found: Format) -> None:
    """Check that no file of another format next to the data has images of a split, too.

    Raises: UsageError.
    """
    if not path.is_dir():
        return
    for file in visible_files(path):
        if parse_name(file.name.partition(".")[0]).split not in KNOWN_SPLITS or is_archive(file):
            continue
        other = next((it for it in FORMATS.values() if it.recognises(file)), found)
        if KINDS.get(other.name, other.name) == KINDS.get(found.name, found.name):
            continue
        if other.name == CSV.name and max(map(len, first_lines(file)), default=0) < PIXELS:
            continue  # a list of names
        mine = name_of_data(path, found)
        what = f"{path}: {mine} and {file.name} have different formats; expected one for all splits"
        raise UsageError(what, "Save both in one format; or name one of them, to import it alone")


def name_of_data(path: Path, found: Format) -> str:
    """Return the name of a file or folder that a format reads in a folder."""
    files = [it for it in visible_files(path) if found.recognises(it)]
    named = [it for it in files if parse_name(it.name.partition(".")[0]).split] or files
    return (named or list_folder(path).folders or [path])[0].name


def descend(place: Place) -> bool:
    """Move to the only data file in a folder, to its archives, or to its only folder.

    Returns: whether there is one.
    """
    listing = list_folder(place.path)
    files = visible_files(place.path)
    archives = [it for it in files if is_archive(it)]
    data = [it for it in files if it not in archives and is_read(it)]
    if archives and not data:
        unpack_into_workspace(place, archives)
        used: list[Path] = archives
    elif len(data) == 1:
        used = data
        place.path = data[0]
    elif not data and len(listing.folders) == 1:
        used = listing.folders
        place.path = used[0]
    else:
        return False
    others = [*listing.files, *listing.skipped, *listing.folders]
    hoisted = {it.parent for it in used}
    unused = [it for it in others if it not in used and it not in hoisted]
    place.notes += name_skipped(used[0].parent, unused, "not used")
    return True


def unpack_into_workspace(place: Place, archives: list[Path]) -> None:
    """Unpack archives, and continue with the folder of their content.

    Raises: CorruptError, StorageError.
    """
    if len(place.unpacked) == MAX_ARCHIVES:
        what = f"{archives[0]}: an archive in an archive in an archive"
        raise CorruptError(what, "Unpack it, and name the folder")
    folder = place.workspace / str(len(place.unpacked))
    place.unpacked[folder] = archives[0] if len(archives) == 1 else archives[0].parent
    if len(archives) == 1:
        unpack(archives[0], folder)
    else:
        folder.mkdir(parents=True)
        unpack_together(archives, folder)
    place.path = folder


def notes_on_unused(path: Path, found: Format) -> list[str]:
    """Return notes on the files of a folder that a reader did not use.

    Pictures and IDX files have notes from their own readers, except for litter.
    """
    if not path.is_dir() or found.can_skip_damaged:
        return []
    listing = list_folder(path)
    unused = listing.skipped
    if found.name == CSV.name or found.name in SUFFIXES_OF:
        used = used_files(path, found)
        unused += [it for it in visible_files(path) if it not in used]
        unused += [it for it in listing.folders if not unpacked_file(it)]
    return name_skipped(path, unused, "not used")


def used_files(path: Path, found: Format) -> set[Path]:
    """Return the files of a folder that a reader uses."""
    if found.name != CSV.name:
        suffixes = SUFFIXES_OF[found.name]
        return {it for it in visible_files(path) if it.name.lower().endswith(suffixes)}
    suffixes = suffixes_meant(path)
    if pairs := find_pairs(path, suffixes):
        whole = files_with_labels(path, suffixes, pairs).values()
        return {*whole, *(file for pair in pairs.values() for file in pair)}
    return set(split_files(path, suffixes_meant(path)).values())
