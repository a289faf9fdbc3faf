"""Pairs of IDX files with any of their usual names.

MNIST's are train-images-idx3-ubyte and t10k-labels-idx1-ubyte; some have a dot before idx3.
EMNIST's and QMNIST's begin with the name of the dataset. Its record in the catalogue describes
their content: columns of pixels, labels from 1 on, rows of labels.

Source: the MNIST page of LeCun, Cortes and Burges; the archives of EMNIST and QMNIST.
"""

import math
import re
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.catalogue.emnist import EMNIST
from pipeline.datasets.catalogue.qmnist import QMNIST
from pipeline.datasets.records import IMAGE_SHAPE, Dataset
from pipeline.datasets.user_datasets import SPLIT
from pipeline.errors import COPY_AGAIN, CorruptError, MissingError, UsageError
from pipeline.formats.classes import classes_file, numbered_classes, read_classes
from pipeline.formats.numbers import whole_bytes
from pipeline.formats.source import (
    Chosen,
    File,
    Format,
    Images,
    Labels,
    Part,
    ReadOptions,
    Source,
    select,
    subset,
)
from pipeline.formats.streams import (
    beginning,
    flat_files,
    split_called,
    the_same,
    unpacked_file,
    visible_files,
)
from pipeline.storage.idx import DTYPES, IdxStream, open_idx

MARK = "[-_. ]"  # that people put between the words
NAME = re.compile(
    rf"(?:(?P<prefix>.+){MARK})?(?P<split>{SPLIT}){MARK}(?P<kind>image|label)s?"
    rf"(?P<idx>(?:{MARK}?idx[123]?)?(?:{MARK}u?(?:byte|int))?)"
    r"(?: ?\(\d+\))?(?:\.(?:idx|bin|dat|raw))?(?P<gz>\.gz)?"
)
PUBLISHED = {dataset.name: dataset for dataset in (*EMNIST, QMNIST)}  # by the prefix of the files
UNSIGNED_BYTE, INTEGER = 0x08, 0x0C
USUAL = "train-images-idx3-ubyte and train-labels-idx1-ubyte"


class Pair(NamedTuple):
    """The two files of a split."""

    split: str
    images: Path
    labels: Path


class IdxName(NamedTuple):
    """The parts of an IDX file's name, in any of its spellings."""

    prefix: str  # of the dataset, with hyphens; none for MNIST's own
    split: str  # as it is written
    kind: str  # images or labels
    is_sure: bool  # whether the name alone identifies an IDX file


def parse_idx_name(path: Path) -> IdxName | None:
    """Split the name of an IDX file into its parts; None for other names."""
    match = NAME.fullmatch(path.name.lower())
    if match is None:
        return None
    prefix = re.sub(MARK, "-", match["prefix"] or "")
    is_sure = bool(match["idx"]) or ".idx" in path.name.lower()
    return IdxName(prefix, match["split"], f"{match['kind']}s", is_sure)


def is_idx_file(path: Path) -> bool:
    """Return whether a file has the content or the name of an IDX file."""
    name = parse_idx_name(path)
    if name is not None and name.is_sure:
        return True
    start = beginning(path, 4)
    return len(start) == 4 and start[:2] == b"\0\0" and start[2] in DTYPES and 1 <= start[3] <= 3


def recognises(path: Path) -> bool:
    """Return whether a path is an IDX file or a folder of such files."""
    if path.is_dir():
        return any(parse_idx_name(it) and is_idx_file(it) for it in flat_files(path))
    return path.is_file() and is_idx_file(path)


def read_idx_files(path: Path, options: ReadOptions) -> Source:
    """Read every pair of a folder, or the pairs that one file belongs to.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    folder = path if path.is_dir() else path.parent
    if unpacked_file(folder) == [path]:
        folder = folder.parent
    prefix, pairs, notes = find_pairs(path, folder)
    published = PUBLISHED.get(prefix)
    parts = tuple(part for pair in pairs for part in read_pair(pair, published))
    if published is not None:
        notes.append(f"{folder}: read as the files of {published.name}: {published.title}")
        if published.label_columns:
            notes.append(f"{folder}: only the class is kept from each row of labels")
    listed = read_classes(folder) or (published.classes if published else None)
    return Source(parts, numbered_classes(folder, parts, listed), tuple(notes))


def find_pairs(path: Path, folder: Path) -> tuple[str, list[Pair], list[str]]:
    """Find the files that belong together: their common prefix, the pairs, and notes.

    Raises: UsageError if there are several datasets, MissingError if a partner is missing.
    """
    found: dict[str, dict[str, dict[str, list[Path]]]] = {}
    others = []
    for file in visible_files(folder):
        if (name := parse_idx_name(file)) and is_idx_file(file):
            kinds = found.setdefault(name.prefix, {}).setdefault(split_called(name.split), {})
            kinds.setdefault(name.kind, []).append(file)
        else:
            others.append(file.name)
    if not path.is_dir():
        own = parse_idx_name(path)
        if own is None:
            raise UsageError(
                f"{path}: the name of this IDX file states neither images nor labels",
                f"Use the usual names, such as {USUAL}",
            )
        found = {own.prefix: found.get(own.prefix, {})}
        others = []
    if len(found) != 1:
        names = ", ".join(sorted(found))
        raise UsageError(f"{folder}: files of {len(found)} datasets: {names}", "Name one file")
    ((prefix, candidates),) = found.items()
    splits = {
        split: {kind: the_same(of_kind, f"the {split} {kind}") for kind, of_kind in kinds.items()}
        for split, kinds in candidates.items()
    }
    for split, files in splits.items():
        if missing := {"images", "labels"} - files.keys():
            raise MissingError(
                f"{folder}: the {split} {missing.pop()} are missing next to "
                f"{next(iter(files.values())).name}",
                f"The files come in pairs like {USUAL}",
            )
    notes = [f"{folder}: not used: {', '.join(others[:10])}"] if others else []
    pairs = [Pair(split, files["images"], files["labels"]) for split, files in splits.items()]
    return prefix, pairs, notes


def read_pair(pair: Pair, published: Dataset | None) -> list[Part]:
    """Read the labels, and describe how to read the images.

    QMNIST's test files hold two splits.

    Raises: CorruptError.
    """
    with open_idx(pair.images) as stream:
        check_stream(pair.images, stream, IMAGE_SHAPE, np.dtype(np.uint8))
        count = stream.shape[0]
    labels = read_labels(pair.labels, count, published)
    whole = Part(
        pair.split, labels, lambda chosen: read_images(pair.images, chosen), path=pair.images
    )
    if published is not None:
        ranges = {
            name: slice(split.start, split.start + split.count)
            for name, split in published.splits.items()
            if split.file_count == count and split.images.name.startswith(usual_name(pair.images))
        }
        return [subset(whole, name, rows) for name, rows in ranges.items()] or [whole]
    return [whole]


def usual_name(path: Path) -> str:
    """Return a file's name as in the published dataset."""
    name = parse_idx_name(path)
    return f"{name.prefix}-{name.split}-{name.kind}-" if name else path.name


def check_stream(
    path: Path, stream: IdxStream, item_shape: tuple[int, ...], dtype: np.dtype[Any]
) -> None:
    """Check the header of an IDX file.

    Raises: CorruptError.
    """
    if stream.shape[1:] != item_shape or stream.dtype != dtype:
        expected = ", ".join(map(str, ("N", *item_shape)))
        raise CorruptError(
            f"{path}: {stream.dtype} of shape {stream.shape}; expected {dtype} of ({expected})",
            conversion(stream, item_shape),
        )


def conversion(stream: IdxStream, item_shape: tuple[int, ...]) -> str:
    """Return a hint on how to bring the items of an IDX file to the expected shape and type."""
    size, expected = (math.prod(it) for it in (stream.shape[1:], item_shape))
    if size != expected:
        return "Name the files as MNIST's: images-idx3-ubyte and labels-idx1-ubyte"
    shape = f".reshape({', '.join(map(str, (-1, *item_shape)))})" * (stream.shape[1:] != item_shape)
    name = "images" if item_shape else "labels"
    whole = f"np.round({name} * 255)" if stream.dtype.kind == "f" and item_shape else name
    saved = f'{whole}{shape}.astype("uint8")'
    return (
        f'In Python, where {name} is this array: np.savez("mine.npz", ...) with {saved}, and '
        "import that" + ("; without * 255 if they go up to 255" if "255)" in whole else "")
    )


def read_labels(path: Path, count: int, published: Dataset | None) -> Labels:
    """Read the labels, counted from 0.

    Shapes: (count,).

    Raises: CorruptError.
    """
    columns = published.label_columns if published else ()
    first = published.first_label if published else 0
    with open_idx(path) as stream:
        row_shape, dtype = ((len(columns),), np.dtype(">i4")) if columns else ((), np.dtype("u1"))
        check_stream(path, stream, row_shape, dtype)
        if stream.shape[0] != count:
            what = f"{path}: {stream.shape[0]:,} labels for {count:,} images"
            raise CorruptError(what, "Both files must be of the same split. " + COPY_AGAIN)
        rows = [np.empty(0, np.uint8)]
        for items in stream.read_items():
            numbers = items.reshape(len(items), -1)[:, 0]
            if len(numbers) and numbers.min() < first:
                what = f"{path}: label {numbers.min()}; expected {first} or more"
                raise CorruptError(what, COPY_AGAIN)
            rows.append(whole_bytes(str(path), numbers, "label") - np.uint8(first))
    return np.concatenate(rows)


def read_images(path: Path, chosen: Chosen) -> Iterator[Images]:
    """Yield the chosen images, in the order of the file."""
    with open_idx(path) as stream:
        yield from select(path, stream.read_items(), chosen)


def idx_chunks(
    code: int, shape: tuple[int, ...], chunks: Iterable[NDArray[Any]]
) -> Iterator[bytes]:
    """Write an IDX file of a known shape a few items at a time."""
    yield bytes([0, 0, code, len(shape)]) + np.array(shape, ">u4").tobytes()
    for chunk in chunks:
        yield np.ascontiguousarray(chunk, DTYPES[code]).tobytes()


def write_idx_files(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write a pair of files for each split, and the class names."""
    for part in parts:
        start = "t10k" if part.split == "test" else part.split
        n = len(part.labels)
        images = idx_chunks(UNSIGNED_BYTE, (n, *IMAGE_SHAPE), part.all_images())
        yield f"{start}-images-idx3-ubyte", images
        yield f"{start}-labels-idx1-ubyte", idx_chunks(UNSIGNED_BYTE, (n,), [part.labels])
    yield classes_file(dataset.classes)


def write_zipped(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write the same files gzipped, without a time stamp."""
    for name, chunks in write_idx_files(dataset, parts):
        yield (f"{name}.gz", zipped(chunks)) if "-idx" in name else (name, chunks)


def zipped(chunks: Iterable[bytes | memoryview]) -> Iterator[bytes]:
    """Gzip bytes in chunks; zlib writes 0 for the time and no name."""
    compressor = zlib.compressobj(6, zlib.DEFLATED, zlib.MAX_WBITS + 16)
    yield from map(compressor.compress, chunks)
    yield compressor.flush()


IDX = Format(
    name="idx",
    title="a folder with the files of MNIST: train-images-idx3-ubyte, ...",
    recognises=recognises,
    read=read_idx_files,
    write=write_idx_files,
)
IDX_GZ = Format(
    name="idx-gz",
    title="the same, each file gzipped: train-images-idx3-ubyte.gz, ...",
    recognises=recognises,
    read=read_idx_files,
    write=write_zipped,
)
