"""NumPy's .npy files next to each other: images.npy, labels.npy, ..."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import IO

from pipeline.errors import COPY_AGAIN, CorruptError, ProjectError, damaged_file
from pipeline.formats.arrays.files import files_together
from pipeline.formats.arrays.named import NamedArray
from pipeline.formats.arrays.names import understand
from pipeline.formats.arrays.npy_stream import NpyStream
from pipeline.formats.arrays.read import source_of_arrays
from pipeline.formats.classes import read_classes
from pipeline.formats.folders.litter import name_skipped
from pipeline.formats.source import Format, ReadOptions, Source
from pipeline.formats.streams import flat_files
from pipeline.storage.cache import reading
from pipeline.storage.npy import MAGIC, read_npy_header

SUFFIX = ".npy"


def recognises(path: Path) -> bool:
    """Return whether a path is an .npy file or a folder of such files."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIX) for file in flat_files(path))
    if not path.is_file():
        return False
    with reading(path), path.open("rb") as file:
        return file.read(len(MAGIC)) == MAGIC


def read_npy_files(path: Path, options: ReadOptions) -> Source:
    """Read the arrays of a folder, or of a file and its neighbours.

    Raises: MissingError, StorageError, CorruptError.
    """
    files = files_together(path, (SUFFIX,), lambda file: True)
    classes = read_classes(path if path.is_dir() else path.parent)
    if path.is_dir():
        return source_of_arrays(path, list(map(name_array, files)), options, classes)
    readable = [it for it in files if it == path or can_be_opened(it)]
    try:
        source = source_of_arrays(path, list(map(name_array, readable)), options, classes)
    except CorruptError:
        related = [it for it in readable if is_related(it, path)]
        if not 1 < len(related) < len(readable):
            raise
        source = source_of_arrays(path, list(map(name_array, related)), options, classes)
        readable = related
    notes = name_skipped(path.parent, [it for it in files if it not in readable], "not used")
    return replace(source, notes=(*source.notes, *notes))


def can_be_opened(path: Path) -> bool:
    """Return whether a file next to the named one holds an array."""
    try:
        open_array(path)
    except CorruptError:
        return False
    return True


def is_related(path: Path, other: Path) -> bool:
    """Return whether the names of two files differ only in split and role."""
    return understand(path.stem).rest == understand(other.stem).rest


def name_array(path: Path) -> NamedArray:
    """Return the array of a file with its name."""
    return open_array(path).named()


def open_array(path: Path) -> NpyStream:
    """Read the header of a file, and check it against the size of the file.

    Raises: MissingError, StorageError, CorruptError.
    """
    with opened(path) as file:
        header = read_npy_header(str(path), file)
    size, found = header.size + header.content_size, path.stat().st_size
    if size != found and not header.dtype.hasobject:
        raise CorruptError(
            f"{path}: {header.dtype} of shape {header.shape} needs {size:,} bytes; found {found:,}",
            COPY_AGAIN,
        )
    name = path.name[: -len(SUFFIX)] if path.name.lower().endswith(SUFFIX) else path.name
    return NpyStream(path, name, header, partial(opened, path))


@contextmanager
def opened(path: Path) -> Iterator[IO[bytes]]:
    """Open a file; NumPy's errors for damaged ones become project errors."""
    with reading(path), path.open("rb") as file:
        try:
            yield file
        except ProjectError:  # of the code that reads it; some are ValueErrors
            raise
        except ValueError as error:
            raise damaged_file(path, "array", error) from error


NPY = Format(
    name="npy",
    title="NumPy's .npy files in a folder: train_images.npy, train_labels.npy, ...",
    recognises=recognises,
    read=read_npy_files,
    can_resize=True,
    can_grey=True,
    has_split_column=True,
)
