"""NumPy's .npz files of images and labels, as Keras publishes MNIST.

Reading and writing handle a few images at a time. An .npz is a ZIP archive of .npy files; an
export is stored, not compressed, so its bytes depend on the data alone.

Source: the keys of Keras's datasets/mnist.py.
"""

import hashlib
import io
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.formats.arrays.files import files_together
from pipeline.formats.arrays.named import NamedArray
from pipeline.formats.arrays.npz_members import read_members
from pipeline.formats.arrays.read import source_of_arrays
from pipeline.formats.source import File, Format, Part, ReadOptions, Source
from pipeline.formats.streams import flat_files, starts_with
from pipeline.storage.cache import reading

MAGIC = b"PK\x03\x04"
COMMENT = b"mnist-neural-net export, sha256 of all before its list of files "
SUFFIX = ".npz"


def recognises(path: Path) -> bool:
    """Return whether a path is a ZIP archive of arrays or a folder of such files."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIX) for file in flat_files(path))
    if not starts_with(path, MAGIC):
        return False
    return path.name.lower().endswith(SUFFIX) or holds_arrays(path)


def holds_arrays(path: Path) -> bool:
    """Return whether a ZIP archive holds arrays, from its list of files."""
    with reading(path):
        try:
            with zipfile.ZipFile(path) as archive:
                names = archive.namelist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError):
            return False
    return bool(names) and all(name.endswith(".npy") for name in names)


def read_npz(path: Path, options: ReadOptions) -> Source:
    """Read the arrays of every split.

    Raises: MissingError, StorageError, CorruptError.
    """
    files = files_together(path, (SUFFIX,), lambda file: len(read_members(file)) == 1)
    return source_of_arrays(path, npz_arrays(files), options)


def npz_arrays(files: Sequence[Path]) -> list[NamedArray]:
    """List the arrays of some files.

    Raises: MissingError, StorageError, CorruptError.
    """
    arrays = [
        replace(it.named(), name=full_name(file, key, len(files)))
        for file in files
        for key, it in read_members(file).items()
    ]
    if len(files) == 1:  # the other arrays of an export
        arrays = [it for it in arrays if not it.name.startswith(("columns_", "label_columns"))]
    return arrays


def full_name(file: Path, key: str, file_count: int) -> str:
    """Name an array by its key, and by its file where there are several."""
    return key if file_count == 1 else f"{file.name[: -len(SUFFIX)]}/{key}"


class Sink(io.RawIOBase):
    """A buffer for the bytes that `zipfile` writes."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting.append(bytes(data))
        return len(self.waiting[-1])

    def take(self) -> bytes:
        """Return the bytes written since the last call."""
        taken, self.waiting = b"".join(self.waiting), []
        return taken


def write_npz(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write one .npz file with x and y of every split, and the class names."""
    yield "", zip_chunks(dataset, parts)


def zip_chunks(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[bytes]:
    """Yield the bytes of the file, a few images at a time; the comment is a hash."""
    sink, sha256 = Sink(), hashlib.sha256()
    with zipfile.ZipFile(sink, "w") as archive:
        for key, dtype, shape, rows in list_arrays(dataset, parts):
            info = zipfile.ZipInfo(f"{key}.npy", (1980, 1, 1, 0, 0, 0))
            info.create_system = 3  # the same on every system
            with archive.open(info, "w", force_zip64=True) as file:
                np.lib.format.write_array_header_1_0(
                    file, {"descr": dtype.str, "fortran_order": False, "shape": shape}
                )
                for row in rows:
                    file.write(np.ascontiguousarray(row, dtype).tobytes())
                    yield noted(sha256, sink.take())
        yield noted(sha256, sink.take())
        archive.comment = COMMENT + sha256.hexdigest().encode()
    yield sink.take()


def noted(sha256: Any, data: bytes) -> bytes:
    """Add bytes to a hash, and return them."""
    sha256.update(data)
    return data


def list_arrays(
    dataset: Dataset, parts: tuple[Part, ...]
) -> Iterator[tuple[str, np.dtype[Any], tuple[int, ...], Iterable[Any]]]:
    """List every array of the file: its key, type and shape, its rows in chunks."""
    byte = np.dtype(np.uint8)
    for part in parts:
        n = len(part.labels)
        yield f"x_{part.split}", byte, (n, *IMAGE_SHAPE), part.all_images()
        yield f"y_{part.split}", byte, (n,), [part.labels]
        if part.columns is not None:
            columns = np.dtype("<i4")
            yield f"columns_{part.split}", columns, part.columns.shape, [part.columns]
    texts = {"classes": dataset.classes, "label_columns": dataset.label_columns}
    for key, names in texts.items():
        if names:
            array = np.array(names).astype(f"<U{max(map(len, names))}")
            yield key, array.dtype, array.shape, [array]


def is_export(path: Path) -> bool:
    """Return whether a file is an unchanged export of this project."""
    if not starts_with(path, MAGIC):
        return False
    with reading(path), path.open("rb") as file:
        try:
            with zipfile.ZipFile(file) as archive:
                comment, size = archive.comment, archive.start_dir
        except zipfile.BadZipFile:
            return False
        file.seek(0)
        sha256 = hashlib.sha256()
        while size > 0 and (data := file.read(min(size, 1 << 20))):
            sha256.update(data)
            size -= len(data)
    return comment == COMMENT + sha256.hexdigest().encode()


NPZ = Format(
    name="npz",
    title="one NumPy file with Keras's keys x_train, y_train, x_test, y_test",
    recognises=recognises,
    read=read_npz,
    write=write_npz,
    suffix=SUFFIX,
    is_export=is_export,
    can_resize=True,
    can_grey=True,
    has_split_column=True,
)
