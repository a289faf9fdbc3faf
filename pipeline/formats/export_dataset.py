"""Export of a dataset in the formats of other programs, written atomically.

An export of one file is published like any other file. A folder is made under another name
next to its destination and renamed at the end. Only an unchanged export is replaced: the file
export.json in a folder holds the hash of all its files.
"""

import hashlib
import os
import secrets
import shutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import as_dataset
from pipeline.download.raw_files import read_image_chunks, read_label_chunks, read_label_rows
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.formats.registry import find_writer
from pipeline.formats.source import (
    MARKER,
    Chosen,
    File,
    Format,
    Images,
    Part,
    iterate_chunks,
    select,
)
from pipeline.pickles.manifest import read_split
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.arguments import checked
from pipeline.storage.cache import (
    Cache,
    Digest,
    absolute,
    check_size,
    compute_digest,
    publish,
    reading,
    remove_stale_parts,
    replace_folder,
    storage_error,
    write_chunks,
)
from pipeline.storage.checksummed_json import publish_json, read_json

EXPORT_FORMAT = 1
LARGE = 1 << 20  # bytes; smaller files may be thousands, and are forced to disk together


@dataclass(frozen=True)
class Exported:
    """An export on disk."""

    path: Path
    format_name: str
    counts: dict[str, int]  # images of each split
    files: int
    size: int  # bytes of all files together


@checked
def export_dataset(
    cache: Cache,
    dataset: Dataset | str,
    format_name: str,
    path: Path | str,
    force: bool = False,
    reporter: ProgressReporter = SILENT,
) -> Exported:
    """Write every split of a dataset into a new file or folder.

    Raises: UsageError, MissingError, CorruptError, StorageError.

    Example:
        >>> cache = find_cache()
        >>> dataset = find_dataset(cache, "mnist-sample")
        >>> pickles = build_pickles(cache, dataset)
        >>> exported = export_dataset(cache, dataset, "npz", Path("sample.npz"))
        >>> np.load("sample.npz")["x_test"].shape
        (200, 28, 28)
    """
    chosen, write = find_writer(format_name)
    dataset = as_dataset(cache, dataset)
    path = absolute(Path(path), "--out")
    if not path.name.lower().endswith(chosen.suffix):
        raise UsageError(f'--out is "{path}"; expected a name that ends in {chosen.suffix}')

    def check() -> None:
        check_place(path, chosen, force)

    check()
    counts = {name: split.count for name, split in dataset.splits.items()}
    with reporter.progress(path.name, sum(counts.values()), "images") as tell:
        parts = tuple(read_part(cache, dataset, split, tell) for split in dataset.splits)
        files = write(dataset, parts)
        if chosen.suffix:
            ((_, chunks),) = files
            size, file_count = publish(path, chunks, lambda _, __: check()).size, 1
        else:
            marker: dict[str, Any] = {"to": format_name, "dataset": dataset.name, "splits": counts}
            size, file_count = write_folder(path, files, marker, check)
    return Exported(path, format_name, counts, file_count, size)


def read_part(cache: Cache, dataset: Dataset, split: str, tell: Callable[[int], None]) -> Part:
    """Return the examples of a split: from the raw files, or else from the pickles.

    Both are checked against their hashes; raw files after the last image has been read.

    Raises: MissingError, CorruptError.
    """
    files = dataset.splits[split].files
    paths = [cache.raw(dataset.folder) / file.name for file in files]
    columns = None
    if dataset.label_columns:  # the pickles hold the class alone
        rows = list(read_label_rows(cache, dataset, split))
        columns = np.concatenate(rows).astype(np.int32)
    if all(path.exists() for path in paths):
        labels = np.concatenate(list(read_label_chunks(cache, dataset, split)))
    else:
        labels = read_split(cache, dataset, split)[1].astype(np.uint8)

    def images(chosen: Chosen) -> Iterator[Images]:
        if all(path.exists() for path in paths):
            chunks = read_image_chunks(cache, dataset, split)
        else:
            chunks = iterate_chunks(read_split(cache, dataset, split)[0])
        for part in select(paths[0], chunks, chosen):
            yield part
            tell(len(part))

    return Part(split, labels, images, columns)


def check_place(path: Path, chosen: Format, force: bool) -> None:
    """Check that a path is free, or with force that it holds an unchanged export.

    Raises: UsageError.
    """
    if not os.path.lexists(path):
        return
    if not force:
        what = f"{path} already exists"
        raise UsageError(what, "Choose another name, or replace an earlier export with --force")
    if path.is_symlink() or not (chosen.is_export or is_export_folder)(path):
        what = f"{path} is not an unchanged export, so --force does not replace it"
        raise UsageError(what, "Move it away, or choose another name")


def is_export_folder(path: Path) -> bool:
    """Return whether a folder holds exactly the files of an export, byte for byte."""
    try:
        marker = read_json(path / MARKER) if path.is_dir() else {}
    except (MissingError, CorruptError):
        return False
    entries: dict[str, str] = {}
    with reading(path):
        for folder, folders, files in os.walk(path):
            for name in (*folders, *files):
                entry = Path(folder, name)
                key = entry.relative_to(path).as_posix()
                if entry.is_symlink() or not (entry.is_file() or entry.is_dir()):
                    return False
                entries[key] = compute_digest(entry).sha256 if entry.is_file() else ""
    entries.pop(MARKER, None)
    return bool(marker.get("content") == content_hash(entries))


def content_hash(entries: dict[str, str]) -> str:
    """Hash the files of a folder, given their hashes by path; empty for folders."""
    lines = (f"{name}\0{sha256}\n" for name, sha256 in sorted(entries.items()))
    return hashlib.sha256("".join(lines).encode(errors="surrogateescape")).hexdigest()


def write_folder(
    path: Path, files: Iterator[File], marker: dict[str, Any], check: Callable[[], None]
) -> tuple[int, int]:
    """Write files into a new folder atomically; `check` inspects its destination.

    Returns: the bytes and the number of the files.

    Raises: StorageError, and the errors of `files`.
    """
    temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}.part")
    digests: dict[str, Digest] = {}
    folders: set[str] = set()
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        remove_stale_parts(path)
        temporary.mkdir()
        for name, chunks in files:
            place = PurePosixPath(name)
            if name.endswith("/"):
                (temporary / name).mkdir(parents=True)
                folders |= {str(place)}
            else:
                digests[name] = write_file(temporary / name, chunks)
            folders |= {str(parent) for parent in place.parents if parent.name}
        entries = {name: digest.sha256 for name, digest in digests.items()}
        content = content_hash({**entries, **dict.fromkeys(folders, "")})
        publish_json(temporary / MARKER, {"format": EXPORT_FORMAT, **marker, "content": content})
        if hasattr(os, "sync"):
            os.sync()
        check()
        put_in_place(temporary, path)
    except OSError as error:
        raise storage_error(f"cannot write {path}", error) from error
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return sum(digest.size for digest in digests.values()), len(digests)


def write_file(path: Path, chunks: Iterable[bytes | memoryview]) -> Digest:
    """Write a file of a folder that is not yet in its place.

    Thousands of small files are forced to disk together, where the system can do that; one by
    one they would take ten times as long.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("xb") as file:
        digest = write_chunks(file.write, chunks)
        file.flush()
        check_size(path, os.fstat(file.fileno()).st_size, digest.size)
        if digest.size >= LARGE or not hasattr(os, "sync"):
            os.fsync(file.fileno())
    return digest


def put_in_place(temporary: Path, path: Path) -> None:
    """Rename a finished folder to its destination; remove the previous export.

    Raises: OSError.
    """
    old = temporary.with_suffix(".old.part")
    replace_folder(temporary, path, old)
    shutil.rmtree(old, ignore_errors=True)
