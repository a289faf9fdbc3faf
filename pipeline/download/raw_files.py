"""Raw files of a dataset: verification by hash, and reading."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE, Dataset, RawFile
from pipeline.errors import COPY_AGAIN, CorruptError, MissingError
from pipeline.storage.cache import Cache, compute_digest, reading
from pipeline.storage.idx import open_idx


def check_raw(path: Path, raw_file: RawFile) -> None:
    """Require the published hash of a raw file, or of its unzipped content.

    The same data may have been zipped again by another program.

    Raises: MissingError, or CorruptError with the hash found and the one expected.
    """
    with reading(path):
        found = compute_digest(path)
    if found.sha256 == raw_file.sha256:
        return
    is_known = raw_file.content_sha256 is not None
    if is_known and content_hash(path, raw_file.content_size) == raw_file.content_sha256:
        return
    raise CorruptError(
        f"{path}: {found.size:,} bytes with sha256 {found.sha256}; "
        f"expected {raw_file.size:,} bytes with {raw_file.sha256}",
        COPY_AGAIN,
    )


def content_hash(path: Path, size: int) -> str | None:
    """Return the hash of an IDX file's content; None if damaged or too large."""
    try:
        with open_idx(path, size) as stream:
            for _ in stream.read_items():
                pass
            return stream.sha256
    except CorruptError:
        return None


def read_image_chunks(cache: Cache, dataset: Dataset, split: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the images of a split in order, about 1 MiB at a time, upright.

    Hashes are checked at the end: do not use results before the iterator has ended without an
    error. `publish` follows this rule.

    Shapes: (n, 28, 28) each, count together.

    Raises: MissingError, CorruptError.
    """
    files = dataset.splits[split]
    shape = (files.count_in_files, *IMAGE_SHAPE)
    path = cache.raw(dataset.folder) / files.images.name
    with with_repair_hint(dataset):
        for images in select_rows(
            read_checked(path, files.images, shape, np.uint8), files.start, files.count
        ):
            yield images.transpose(0, 2, 1) if dataset.is_transposed else images


def read_label_chunks(cache: Cache, dataset: Dataset, split: str) -> Iterator[NDArray[np.uint8]]:
    """Yield the labels of a split in order, from 0, as `read_image_chunks` does.

    Shapes: (n,) each, count together.

    Raises: MissingError, CorruptError.
    """
    path = cache.raw(dataset.folder) / dataset.splits[split].labels.name
    last = len(dataset.classes) - 1 + dataset.first_label
    for rows in read_label_rows(cache, dataset, split):
        labels = rows[:, 0] if rows.ndim == 2 else rows
        if len(labels) and not dataset.first_label <= labels.min() <= labels.max() <= last:
            wrong = labels.min() if labels.min() < dataset.first_label else labels.max()
            what = f"{path}: label {wrong}; expected {dataset.first_label} to {last}"
            raise CorruptError(what, repair_command(dataset))
        yield (labels - dataset.first_label).astype(np.uint8)


def read_label_rows(cache: Cache, dataset: Dataset, split: str) -> Iterator[NDArray[Any]]:
    """Yield the rows of the labels file for each example, unchanged.

    Shapes: (n,) uint8, or (n, C) int32 for a dataset with C `label_columns`.

    Raises: MissingError, CorruptError.
    """
    files, columns = dataset.splits[split], dataset.label_columns
    path = cache.raw(dataset.folder) / files.labels.name
    shape = (files.count_in_files, len(columns)) if columns else (files.count_in_files,)
    with with_repair_hint(dataset):
        rows = read_checked(path, files.labels, shape, np.dtype(">i4") if columns else np.uint8)
        yield from select_rows(rows, files.start, files.count)


def read_checked(
    path: Path, raw_file: RawFile, shape: tuple[int, ...], dtype: Any
) -> Iterator[NDArray[Any]]:
    """Yield the items of a raw file; at the end check the published hash.

    Raises: MissingError, CorruptError.
    """
    if raw_file.content_sha256 is None:
        check_raw(path, raw_file)  # only the hash of the published file is known
    with open_idx(path, raw_file.content_size, raw_file.member) as stream:
        if stream.shape != shape or stream.dtype != dtype:
            raise CorruptError(
                f"{path}: {stream.dtype} of shape {stream.shape}; "
                f"expected {np.dtype(dtype)} of {shape}"
            )
        yield from stream.read_items()
        if raw_file.content_sha256 not in (None, stream.sha256):
            raise CorruptError(
                f"{path}: content has sha256 {stream.sha256}; expected {raw_file.content_sha256}"
            )


def select_rows(chunks: Iterator[NDArray[Any]], start: int, count: int) -> Iterator[NDArray[Any]]:
    """Yield `count` rows from row `start`; all rows are read, for the hash."""
    position = 0
    for chunk in chunks:
        wanted = chunk[max(0, start - position) : max(0, start + count - position)]
        position += len(chunk)
        if len(wanted):
            yield wanted


@contextmanager
def with_repair_hint(dataset: Dataset) -> Iterator[None]:
    """Add the repair command to errors about raw files."""
    try:
        yield
    except (MissingError, CorruptError) as error:
        raise type(error)(error.message, repair_command(dataset)) from error


def repair_command(dataset: Dataset) -> str:
    """Return the command that restores the raw files."""
    if dataset.mirrors:
        return f"Run `pipeline fetch {dataset.name}`"
    return f"Run `pipeline import` again; it came from {dataset.source}"
