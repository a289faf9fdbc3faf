"""NumPy's .npz files of images and labels, as Keras keeps MNIST.

Both directions go through the file a few images at a time. An .npz is a zip of .npy files; one
of ours is stored, not compressed, so its bytes depend on the data alone.

Source: the keys of Keras's datasets/mnist.py.
"""

import hashlib
import io
import math
import zipfile
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.errors import CorruptError
from pipeline.formats.classes import MAX_BYTES, check_classes, numbered_classes
from pipeline.formats.npz_members import Member, read_members
from pipeline.formats.numbers import pair_names, whole_bytes
from pipeline.formats.source import Chosen, File, Format, Images, Part, ReadOptions, Source, select
from pipeline.formats.streams import starts_with
from pipeline.storage.cache import reading

MAGIC = b"PK\x03\x04"
COMMENT = b"mnist-neural-net export, sha256 of all before its list of files "
IMAGE_SHAPES = (IMAGE_SHAPE, (*IMAGE_SHAPE, 1), (math.prod(IMAGE_SHAPE),))


def read_npz(path: Path, options: ReadOptions) -> Source:
    """Read the arrays of every split.

    Raises: MissingError, StorageError, CorruptError.
    """
    members = read_members(path)
    pairs = pair_names(members)
    if not pairs:
        raise CorruptError(
            f"{path}: arrays {', '.join(members) or 'none'}; expected x_train and y_train, x_test "
            "and y_test, or one pair: images and labels, x and y, data and target"
        )
    parts = tuple(
        read_part(split, members[images], members[labels])
        for split, (images, labels) in pairs.items()
    )
    used = {key for pair in pairs.values() for key in pair} | {"classes", "label_columns"}
    unused = [key for key in members if key not in used and not key.startswith("columns_")]
    notes = (f"{path}: not used: {', '.join(unused)}",) if unused else ()
    listed = read_class_names(members["classes"]) if "classes" in members else None
    return Source(parts, numbered_classes(path, parts, listed), notes)


def read_part(split: str | None, images: Member, labels: Member) -> Part:
    """Read the labels, and describe the way to the images.

    Raises: CorruptError.
    """
    if images.shape[1:] not in IMAGE_SHAPES or labels.shape not in (
        images.shape[:1],
        (*images.shape[:1], 1),
    ):
        raise CorruptError(
            f"{images.where} {images.shape} and {labels.key} {labels.shape}, expected (N, 28, 28), "
            "(N, 784) or (N, 28, 28, 1) and (N,) or (N, 1)"
        )
    rows = [whole_bytes(labels.where, rows, "label") for rows in labels.rows(1 << 16)]
    numbers = np.concatenate([np.empty(0, np.uint8), *(row.reshape(-1) for row in rows)])
    return Part(split, numbers, lambda chosen: read_images(images, chosen))


def read_images(member: Member, chosen: Chosen) -> Iterator[Images]:
    """Yield the chosen images."""
    chunks = (
        whole_bytes(member.where, rows, "pixel").reshape(-1, *IMAGE_SHAPE) for rows in member.rows()
    )
    return select(member.path, chunks, chosen)


def read_class_names(member: Member) -> tuple[str, ...]:
    """Read an array of class names.

    Raises: CorruptError.
    """
    size = math.prod(member.shape) * member.dtype.itemsize
    if member.dtype.kind != "U" or len(member.shape) != 1 or size > MAX_BYTES:
        raise CorruptError(f"{member.where} is {member.dtype} of {member.shape}, expected text")
    try:
        names = [str(name) for rows in member.rows() for name in rows]
    except ValueError as error:
        raise CorruptError(f"{member.where}: no text ({error})") from error
    return check_classes(member.where, names)


class Sink(io.RawIOBase):
    """Takes the bytes that `zipfile` writes, until they are asked for."""

    def __init__(self) -> None:
        super().__init__()
        self.waiting: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        self.waiting.append(bytes(data))
        return len(self.waiting[-1])

    def take(self) -> bytes:
        """Hand out what has been written since the last time."""
        taken, self.waiting = b"".join(self.waiting), []
        return taken


def write_npz(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write one .npz file with x and y of every split, and the class names."""
    yield "", zip_chunks(dataset, parts)


def zip_chunks(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[bytes]:
    """Make the bytes of the file a few images at a time, its own hash in its comment."""
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
    """Hash bytes on their way."""
    sha256.update(data)
    return data


def list_arrays(
    dataset: Dataset, parts: tuple[Part, ...]
) -> Iterator[tuple[str, np.dtype[Any], tuple[int, ...], Iterable[Any]]]:
    """List every array of the file: its key, its type, its shape, its rows in chunks."""
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
    """Tell whether a file is an export of ours that nobody has changed since."""
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
    recognises=lambda path: starts_with(path, MAGIC),
    read=read_npz,
    write=write_npz,
    suffix=".npz",
    is_export=is_export,
)
