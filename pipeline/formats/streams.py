"""Open what may be gzipped, and files that belong together by their names."""

import gzip
import re
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

from pipeline.datasets.user_datasets import SPLIT
from pipeline.errors import CorruptError, UsageError
from pipeline.formats.source import BESIDE
from pipeline.storage.cache import reading
from pipeline.storage.idx import GZIP_MAGIC

# what people call the splits -> what we do; any other name of a split is kept
SPLIT_NAMES = {
    "training": "train",
    "t10k": "test",
    "testing": "test",
    "val": "validation",
    "valid": "validation",
}
USUAL_SPLITS = ("train", "test", "validation", "lost", *SPLIT_NAMES)


def split_called(name: str) -> str:
    """Return our name of a split."""
    return SPLIT_NAMES.get(name.lower(), name.lower())


@contextmanager
def unzipped(path: Path) -> Iterator[IO[bytes]]:
    """Open a file for its content, plain or gzipped; the first two bytes tell, not the name.

    Raises: MissingError, StorageError, CorruptError.
    """
    with reading(path), path.open("rb") as file:
        is_gzip = file.read(len(GZIP_MAGIC)) == GZIP_MAGIC
        file.seek(0)
        content: Any = gzip.GzipFile(fileobj=file) if is_gzip else file
        try:
            yield content
        except (gzip.BadGzipFile, zlib.error, EOFError) as error:
            raise CorruptError(f"{path}: damaged gzip data ({error})") from error


def beginning(path: Path, size: int = 4096) -> bytes:
    """Read the first bytes of a file's content; none for what is no file.

    Raises: CorruptError for damaged gzip data.
    """
    if not path.is_file():
        return b""
    with unzipped(path) as file:
        return file.read(size)


def starts_with(path: Path, magic: bytes) -> bool:
    """Tell whether a path is a file whose content begins like this."""
    return beginning(path, len(magic)) == magic


def visible_files(folder: Path) -> list[Path]:
    """List the files of a folder by name, without hidden ones and what we put beside data."""
    with reading(folder):
        return sorted(
            path
            for path in folder.iterdir()
            if not path.name.startswith(".") and path.name not in BESIDE and path.is_file()
        )


def flat_files(folder: Path) -> list[Path]:
    """List the visible files of a folder without folders in it; nothing for any other.

    Where there are folders, files beside them are not what is meant.
    """
    with reading(folder):
        has_folders = any(it.is_dir() and not it.name.startswith(".") for it in folder.iterdir())
    return [] if has_folders else visible_files(folder)


def split_files(path: Path, suffixes: tuple[str, ...]) -> dict[str | None, Path]:
    """Find the files that a path means, by split: a folder's, or a file and those beside it.

    Files are one data set when they differ in the name of the split alone, as in
    `digits_train.csv` and `digits_test.csv`. A file alone has no split.

    Raises: UsageError when a folder has files that are no such set.
    """
    if not path.is_dir():
        return files_beside(path, suffixes)
    files = [file for file in visible_files(path) if file.name.lower().endswith(suffixes)]
    if len(files) == 1:
        return {None: files[0]}
    parts = [take_apart(file, suffixes) for file in files]
    found: dict[str | None, Path] = {
        split_called(split): file
        for file, (_, split) in zip(files, parts, strict=True)
        if split is not None
    }
    is_set = len({prefix for prefix, _ in parts}) == 1 and len(found) == len(files)
    if not is_set or "train" not in found:
        names = ", ".join(file.name for file in files[:4])
        raise UsageError(
            f"{path}: {len(files)} files ({names}) that are not the splits of one data set",
            f"Name one of them, or call them train{suffixes[-1]} and test{suffixes[-1]}",
        )
    return found


def files_beside(path: Path, suffixes: tuple[str, ...]) -> dict[str | None, Path]:
    """Find the other splits beside a file that is called after one; none if it is not."""
    prefix, split = take_apart(path, suffixes, USUAL_SPLITS)
    if split is None:
        return {None: path}
    found: dict[str | None, Path] = {}
    for other in visible_files(path.parent):
        start, name = take_apart(other, suffixes, USUAL_SPLITS)
        is_other = name is not None and split_called(name) != split_called(split)
        if is_other and start == prefix and other.name.lower().endswith(suffixes):
            found[split_called(str(name))] = other
    return {split_called(split): path, **found} if found else {None: path}


def take_apart(
    path: Path, suffixes: tuple[str, ...], splits: tuple[str, ...] | None = None
) -> tuple[str, str | None]:
    """Split a file's name into what stands before the name of the split, and that name.

    Returns: the name without its suffix and None where no split is named.
    """
    name = path.name.lower()
    suffix = next((suffix for suffix in suffixes if name.endswith(suffix)), "")
    stem = name[: len(name) - len(suffix)]
    choice = SPLIT if splits is None else "|".join(splits)
    if match := re.fullmatch(rf"(|.*[-_. ])({choice})", stem):
        return match[1], match[2]
    return stem, None
