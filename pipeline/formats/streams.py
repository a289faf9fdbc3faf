"""Opening of files that may be gzipped, and groups of files by their names."""

import gzip
import os
import re
import zlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import IO, Any, NamedTuple

from pipeline.datasets.user_datasets import SPLIT
from pipeline.errors import CorruptError, UsageError, damaged_file
from pipeline.formats.folders.litter import has_pictures, is_picture, is_skipped, list_folder
from pipeline.storage.cache import reading
from pipeline.storage.idx import GZIP_MAGIC

# usual names of the splits -> our names; any other name of a split is kept
SPLIT_NAMES = {
    "training": "train",
    "trn": "train",
    "t10k": "test",
    "testing": "test",
    "tst": "test",
    "val": "validation",
    "valid": "validation",
    "dev": "validation",
}
KNOWN_SPLITS = frozenset(("train", "test", "validation", "lost"))
USUAL_SPLITS = (*sorted(KNOWN_SPLITS), *SPLIT_NAMES)
# further words of a name, and words that distinguish no datasets
FILLERS = {
    *("set", "data", "dataset", "folder", "split", "part", "small", "full", "csv"),
    *("image", "images", "img", "imgs", "picture", "pictures"),
}
WORD = re.compile(rf"(?P<split>{'|'.join(USUAL_SPLITS)})(?:s|set|data|images|imgs)?|(?P<other>.*)")
COMPARED_BYTES = 1 << 20  # at once
COPY = re.compile(r"(?: ?\(\d+\)| - copy| copy| copy \d+)$")  # as systems call a second download
SUBMISSION = re.compile(
    r"(?i)(sample[-_ ]?|example[-_ ]?|gender[-_ ]?)?submissions?\b.*"
)  # Kaggle's


class Name(NamedTuple):
    """The parts of a name: `mnist_train_100` is the split train of the dataset mnist."""

    dataset: tuple[str, ...]
    split: str | None
    pattern: str  # the name with a star for the split


def split_called(name: str) -> str:
    """Return our name of a split."""
    return SPLIT_NAMES.get(name.lower(), name.lower())


def parse_name(name: str) -> Name:
    """Find the split in the name of a file, without its suffix, or of a folder.

    A name with two splits in it gives none; a last word after a mark may be any other split.
    """
    words = re.split(r"[-_. ]+|(?<=[a-z0-9])(?=[A-Z])", COPY.sub("", name.strip()))
    matches = [match for word in words if (match := WORD.fullmatch(word.lower()))]
    splits = {split_called(match["split"]) for match in matches if match["split"]}
    others = [match["other"] for match in matches if match["other"]]
    pattern = "-".join("*" if match["split"] else match["other"] for match in matches)
    if not splits and len(others) > 1 and re.fullmatch(SPLIT, others[-1]):
        splits, others = {others[-1]}, others[:-1]
    dataset = tuple(it for it in others if it not in FILLERS and not re.fullmatch(r"\d+k?", it))
    return Name(dataset, splits.pop() if len(splits) == 1 else None, pattern)


@contextmanager
def unzipped(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for its content, plain or gzipped, by its first two bytes.

    Raises: MissingError, StorageError, CorruptError.
    """
    with reading(path), path.open("rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        file.seek(0)
        content: Any = gzip.GzipFile(fileobj=file) if is_gzip else file
        try:
            yield content
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise damaged_file(path, "gzip data", error) from error


def beginning(path: Path, size: int = 4096) -> bytes:
    """Read the first bytes of a file's content; nothing for other paths.

    Raises: CorruptError for damaged gzip data.
    """
    if not path.is_file():
        return b""
    with unzipped(path) as file:
        return file.read(size)


def starts_with(path: Path, magic: bytes) -> bool:
    """Return whether a path is a file whose content begins with `magic`."""
    return beginning(path, len(magic)) == magic


def visible_files(folder: Path) -> list[Path]:
    """List the files of a folder that may be data, by name.

    A single file in a folder of the same name counts as well: some programs unpack `name.gz` so.

    Raises: MissingError, StorageError.
    """
    listing = list_folder(folder)
    lone = [file for it in listing.folders for file in unpacked_file(it)]
    return sorted([*listing.files, *lone], key=lambda file: file.name)


def unpacked_file(folder: Path) -> list[Path]:
    """List the only file of a folder, if it has the name of the folder."""
    with reading(folder), os.scandir(folder) as entries:
        first = list(islice((it for it in entries if not is_skipped(it)), 2))
    if len(first) != 1 or not first[0].is_file() or is_picture(first[0]):
        return []
    name, inner = (re.sub(r"[-_. ]", "", it.name.lower()) for it in (folder, first[0]))
    return [folder / first[0].name] if name.startswith(inner) or inner.startswith(name) else []


def flat_files(folder: Path) -> list[Path]:
    """List the files of a folder that may be data; none among folders of pictures.

    Next to folders of pictures by class, other files are not the data.

    Raises: MissingError, StorageError.
    """
    return [] if has_class_folders(folder) else visible_files(folder)


def has_class_folders(folder: Path) -> bool:
    """Return whether a folder holds class folders, or a split with class folders."""
    folders = list_folder(folder).folders
    if len(list(islice(filter(has_pictures, folders), 2))) == 2:
        return True
    splits = [it for it in folders if parse_name(it.name).split in KNOWN_SPLITS]
    return any(has_pictures(inner) for it in splits for inner in list_folder(it).folders)


def split_files(path: Path, suffixes: tuple[str, ...]) -> dict[str | None, Path]:
    """Find the files that a path stands for, by split.

    Files are one dataset if they differ only in the name of the split, and in the number of
    images, as in `digits_train_100.csv` and `digits_test_10.csv`. A single file has no split.

    Raises: UsageError if a folder has files that are not one such set.
    """
    if not path.is_dir():
        return files_beside(path, suffixes)
    called_so = [file for file in visible_files(path) if file.name.lower().endswith(suffixes)]
    all_files = without_twins(called_so)
    files = [file for file in all_files if not SUBMISSION.fullmatch(file.name)] or all_files
    if len(files) == 1:
        return {None: files[0]}
    sets: dict[tuple[str, ...], dict[str | None, list[Path]]] = {}
    for file in files:
        dataset, split, _ = parse_file_name(file, suffixes)
        sets.setdefault(dataset, {}).setdefault(split, []).append(file)
    with_train = [it for it in sets.values() if "train" in it]
    if len(with_train) != 1 or any(len(it) > 1 for it in with_train[0].values()):
        names = ", ".join(file.relative_to(path).as_posix() for file in files[:4])
        raise UsageError(
            f"{path}: {len(files)} files ({names}) are not the splits of one dataset",
            f"Name one of them, or rename them to train{suffixes[-1]} and test{suffixes[-1]}",
        )
    return {split: found for split, (found,) in with_train[0].items() if split is not None}


def the_same(files: Sequence[Path], role: str) -> Path:
    """Return the first of some files with one role, if all have the same content, unzipped.

    Raises: CorruptError.
    """
    first, *others = files
    for other in others:
        if not is_same_content(first, other):
            root = Path(os.path.commonpath([first.parent, other.parent]))
            names = " and ".join(it.relative_to(root).as_posix() for it in (first, other))
            what = f"{root}: {names} differ, but both are {role}; expected one file for each"
            raise CorruptError(what, "Remove the one that is wrong, or move it to another folder")
    return first


def is_same_content(first: Path, second: Path) -> bool:
    """Return whether two files, plain or gzipped, have the same content."""
    with unzipped(first) as one, unzipped(second) as other:
        while True:
            data = one.read(COMPARED_BYTES)
            if data != other.read(COMPARED_BYTES):
                return False
            if not data:
                return True


def without_twins(files: list[Path]) -> list[Path]:
    """List files, each once if another has the same name and content.

    A second download has a number after its name: train (1).csv; train.csv.gz is zipped.
    """
    kept: list[Path] = []
    for file in sorted(files, key=lambda it: (len(it.parts), len(it.name))):
        namesakes = (it for it in kept if name_of_first(it) == name_of_first(file))
        if not any(is_same_content(it, file) for it in namesakes):
            kept.append(file)
    return sorted(kept, key=lambda it: it.name)


def name_of_first(file: Path) -> str:
    """Return the name of a file without the number of a second download, and unzipped."""
    stem, dot, suffixes = file.name.partition(".")
    return COPY.sub("", stem) + dot + suffixes.removesuffix(".gz")


def files_beside(path: Path, suffixes: tuple[str, ...]) -> dict[str | None, Path]:
    """Find the other splits next to a file named after one; none if it is not.

    Of several files for a split, the one counts whose name differs only in the split.

    Raises: CorruptError if there are several of those, with different contents.
    """
    name = parse_file_name(path, suffixes)
    if name.split not in KNOWN_SPLITS:
        return {None: path}
    others: dict[str, list[tuple[bool, Path]]] = {}
    for other in visible_files(path.parent):
        found = parse_file_name(other, suffixes)
        if (
            found.split in KNOWN_SPLITS
            and found.split != name.split
            and found.dataset == name.dataset
            and other.name.lower().endswith(suffixes)
        ):
            is_alike = found.pattern == name.pattern
            others.setdefault(str(found.split), []).append((is_alike, other))
    beside: dict[str | None, Path] = {}
    for split, candidates in others.items():
        alike = [it for is_alike, it in candidates if is_alike] or [it for _, it in candidates]
        if len(alike) == 1 or any(is_alike for is_alike, _ in candidates):
            beside[split] = the_same(alike, f"for {split}")
    return {name.split: path, **beside} if beside else {None: path}


def parse_file_name(path: Path, suffixes: tuple[str, ...]) -> Name:
    """Split a file's name, without its suffix, into its parts."""
    name = path.name
    suffix = next((suffix for suffix in suffixes if name.lower().endswith(suffix)), "")
    return parse_name(name[: len(name) - len(suffix)])
