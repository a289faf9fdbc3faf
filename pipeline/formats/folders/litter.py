"""Files next to data in a folder: litter of systems, and texts about the data."""

import os
import re
from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

from pipeline.errors import CorruptError
from pipeline.formats.source import BESIDE
from pipeline.storage.cache import reading
from pipeline.storage.content import describe_content
from pipeline.storage.pictures import SUFFIXES

LITTER = re.compile(
    r"(?i)\..*|__macosx|thumbs\.db|ehthumbs\.db|desktop\.ini|icon\r?|\$recycle\.bin|@eadir"
    r"|system volume information|lost\+found|__pycache__|.*~|~\$.*"
    r"|.*\.(part|crdownload|tmp|lnk|url)"
)
TEXTS = re.compile(
    r"(?i)(readme|licen[cs]e|copying|notice|citation|changelog|authors|contributing)[^.]*"
    r"(\.(txt|md|rst|html?|pdf|rtf|docx?|cff|bib))?|.*\.(md|rst|py|ipynb|sh|sha256|md5)"
)
HEAD_BYTES = 512
SHOWN = 10  # names that are listed


class Listing(NamedTuple):
    """The contents of a folder, in the order of the names."""

    folders: list[Path]
    files: list[Path]
    skipped: list[Path]  # litter, and texts about the data


def is_litter(name: str) -> bool:
    """Return whether a file or folder of this name never holds data."""
    return LITTER.fullmatch(name) is not None


def list_folder(folder: Path) -> Listing:
    """List a folder without the files that exports add; a repeated folder counts once.

    Raises: MissingError, StorageError.
    """
    found = Listing([], [], [])
    real: set[str] = set()
    for entry in scan(folder):
        path, is_folder = folder / entry.name, entry.is_dir()
        if is_skipped(entry):
            found.skipped.append(path)
        elif not is_folder and entry.is_file():
            found.files.extend([path] if entry.name not in BESIDE else [])
        elif is_folder and (place := os.path.realpath(path)) not in real:
            real.add(place)
            found.folders.append(path)
        else:
            found.skipped.append(path)
    return Listing(*map(sorted, found))


def scan(folder: Path) -> list[os.DirEntry[str]]:
    """List the entries of a folder by name, links last.

    Raises: MissingError, StorageError.
    """
    with reading(folder), os.scandir(folder) as entries:
        return sorted(entries, key=lambda entry: (entry.is_symlink(), entry.name))


def is_skipped(entry: os.DirEntry[str]) -> bool:
    """Return whether a file or folder is litter, or a text about the data."""
    return is_litter(entry.name) or (not entry.is_dir() and bool(TEXTS.fullmatch(entry.name)))


def is_picture(path: Path | os.DirEntry[str]) -> bool:
    """Return whether a file has the name of a picture that can be read.

    A file without a suffix is identified by its first bytes.
    """
    if "." in path.name:
        return path.name.lower().endswith(SUFFIXES)
    with reading(Path(path)), Path(path).open("rb") as file:
        return describe_content(file.read(HEAD_BYTES)).endswith(" picture")


def has_pictures(folder: Path) -> bool:
    """Return whether a folder itself holds pictures.

    Raises: MissingError, StorageError.
    """
    with reading(folder), os.scandir(folder) as entries:
        return any(not is_litter(it.name) and it.is_file() and is_picture(it) for it in entries)


def require_inside(root: Path, path: Path) -> None:
    """Check that a link stays inside the folder that is read.

    Raises: CorruptError.
    """
    if path.is_symlink() and not Path(os.path.realpath(path)).is_relative_to(
        os.path.realpath(root)
    ):
        what = f"{path} is a link that leads out of {root}"
        raise CorruptError(what, "Replace it with a copy of its target")


def name_skipped(root: Path, paths: Iterable[Path], why: str = "skipped") -> list[str]:
    """Return a note on the files that are left out; none if there are none."""
    names = [name_below(root, path) for path in dict.fromkeys(paths)]
    if not names:
        return []
    more = f", and {len(names) - SHOWN:,} more" if len(names) > SHOWN else ""
    return [f"{why}: {', '.join(names[:SHOWN])}{more}"]


def name_below(root: Path, path: Path) -> str:
    """Return a path relative to a folder above it."""
    name = path.relative_to(root).as_posix() if path.is_relative_to(root) else str(path)
    links = f" (a link to {Path(os.path.realpath(path)).name})" if path.is_symlink() else ""
    return name + links


def count_kinds(folder: Path) -> str:
    """Count the files in a folder by kind: `2 .doc, 1 .md, 3 folders`.

    Raises: MissingError, StorageError.
    """
    listing = list_folder(folder)
    counts: dict[str, int] = {}
    for path in [*listing.files, *(it for it in listing.skipped if it.is_file())]:
        kind = path.suffix.lower() or "without a suffix"
        counts[kind] = counts.get(kind, 0) + 1
    words = [f"{count:,} {kind}" for kind, count in sorted(counts.items())]
    n = len(listing.folders)
    if n:
        names = ", ".join(it.name for it in listing.folders[:4]) + ", ..." * (n > 4)
        inside = sorted({it.suffix.lower() for it in list_folder(listing.folders[0]).files} - {""})
        kinds = f", with {', '.join(inside[:4])} in the first" if inside else ""
        words.append(f"{n:,} folder{'s' * (n > 1)} ({names}){kinds}")
    return ", ".join(words[:SHOWN]) or "nothing"
