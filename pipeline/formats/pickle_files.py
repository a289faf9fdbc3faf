"""Pickles of images and labels: ours, the seed's, other people's, gzipped or not.

A pickle may hold a pair or a dictionary of images and labels, or a pair of those for each split,
as Nielsen's mnist.pkl.gz does: training, validation and test. It is read as a whole, through the
reader that runs nothing.

Source: M. Nielsen, Neural Networks and Deep Learning, mnist_loader.py.
"""

import math
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.formats.classes import numbered_classes, read_classes
from pipeline.formats.numbers import ink_bytes, pair_names, whole_bytes
from pipeline.formats.source import Format, Part, ReadOptions, Source, part_in_memory
from pipeline.formats.streams import beginning, flat_files, split_files, unzipped
from pipeline.pickles.foreign_formats import LayoutError, integers
from pipeline.pickles.our_format import read_our_layout
from pipeline.pickles.safe_load import load_untrusted
from pipeline.storage.cache import reading, write_chunks
from pipeline.storage.idx import CHUNK_BYTES, GZIP_MAGIC

SUFFIXES = (".pkl", ".p", ".pickle.gz", ".pkl.gz", ".p.gz", ".pickle")
PROTOCOLS = {bytes([0x80, protocol]) for protocol in range(2, 6)}
MAX_UNZIPPED = 1 << 29  # bytes; Nielsen's file has 220 million
ORDERS = {2: ("train", "test"), 3: ("train", "validation", "test")}  # of pairs without names
PIXELS = math.prod(IMAGE_SHAPE)


def recognises(path: Path) -> bool:
    """Tell whether a path is a pickle, or a folder with files that are called so."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIXES) for file in flat_files(path))
    is_named_so = path.is_file() and path.name.lower().endswith(SUFFIXES)
    return is_named_so or beginning(path, 2) in PROTOCOLS


def read_pickle_files(path: Path, options: ReadOptions) -> Source:
    """Read a pickle, or one for each split.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    parts, notes = [], []
    for split, file in split_files(path, SUFFIXES).items():
        for inner_split, (images, labels) in load_pairs(file).items():
            where = f"{file}: {inner_split}" if inner_split else str(file)
            part, note = make_part(file, inner_split or split, where, images, labels)
            parts.append(part)
            notes += [note] if note else []
    folder = path if path.is_dir() else path.parent
    return Source(tuple(parts), numbered_classes(path, parts, read_classes(folder)), tuple(notes))


def load_pairs(path: Path) -> dict[str | None, tuple[Any, Any]]:
    """Load the images and labels of each split that a pickle holds.

    Raises: MissingError, StorageError, CorruptError.
    """
    with unzipped_file(path) as plain:
        try:
            with reading(plain), plain.open("rb") as file:
                pixels, labels, _ = read_our_layout(plain, file, plain.stat().st_size)
                return {None: (pixels, labels)}
        except LayoutError:
            loaded = load_untrusted(plain)
    pairs = find_pairs(loaded)
    if not pairs:
        raise CorruptError(
            f"{path}: no pickle of images and labels: it holds {describe(loaded)}; expected a pair "
            "or a dictionary of 28x28 images and their labels, or one for each split"
        )
    return pairs


@contextmanager
def unzipped_file(path: Path) -> Iterator[Path]:
    """Lend an unzipped copy of a gzipped file, or the file itself if it is not gzipped.

    Raises: CorruptError, which names the file and not its copy.
    """
    if beginning_of_file(path) != GZIP_MAGIC:
        yield path
        return
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / "pickle"
        with unzipped(path) as file, copy.open("xb") as out:
            write_chunks(out.write, limited(path, iter(lambda: file.read(CHUNK_BYTES), b"")))
        try:
            yield copy
        except CorruptError as error:
            raise CorruptError(error.message.replace(str(copy), str(path)), error.hint) from error


def beginning_of_file(path: Path) -> bytes:
    """Read the first two bytes as they are."""
    with reading(path), path.open("rb") as file:
        return file.read(len(GZIP_MAGIC))


def limited(path: Path, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Hand chunks on until there are more than any such pickle has.

    Raises: CorruptError.
    """
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > MAX_UNZIPPED:
            raise CorruptError(f"{path}: more than {MAX_UNZIPPED:,} bytes unzipped")
        yield chunk


def find_pairs(loaded: Any) -> dict[str | None, tuple[Any, Any]]:
    """Find images and labels in what a pickle held, by split; nothing where there are none."""
    if isinstance(loaded, dict):
        names = pair_names(loaded)
        return {split: (loaded[x], loaded[y]) for split, (x, y) in names.items()}
    if is_pair(loaded):
        return {None: (loaded[0], loaded[1])}
    if isinstance(loaded, list | tuple) and len(loaded) in ORDERS and all(map(is_pair, loaded)):
        splits = ORDERS[len(loaded)]
        return {split: (x, y) for split, (x, y) in zip(splits, loaded, strict=True)}
    return {}


def is_pair(value: Any) -> bool:
    """Tell whether a value has two items, with 784 numbers in the first for each in the second."""
    if not isinstance(value, list | tuple) or len(value) != 2:
        return False
    return math.prod(nested_shape(value[0])) == PIXELS * math.prod(nested_shape(value[1]))


def nested_shape(value: Any) -> tuple[int, ...]:
    """Return the shape of an array, or of nested lists as their first items suggest it."""
    if isinstance(value, np.ndarray):
        return tuple(value.shape)
    if isinstance(value, list | tuple):
        return (len(value), *(nested_shape(value[0]) if value else ()))
    return ()


def describe(value: Any) -> str:
    """Say in a few words what a value is."""
    if isinstance(value, dict):
        return f"a dictionary with {', '.join(value) or 'nothing'}"[:100]
    if isinstance(value, list | tuple):
        return f"{len(value)} items of shape {', '.join(str(nested_shape(it)) for it in value[:3])}"
    return f"a {type(value).__name__}"


def make_part(
    path: Path, split: str | None, where: str, images: Any, labels: Any
) -> tuple[Part, str]:
    """Check the shapes, types and ranges of images and labels.

    Returns: the part, and a note when pixels were not whole numbers.

    Raises: CorruptError.
    """
    if isinstance(images, np.ndarray) and images.dtype.kind == "f":
        pixels, note = ink_bytes(where, images)
    else:
        pixels, note = integers_as_bytes(path, images, "pixel"), ""
    if isinstance(labels, np.ndarray) and labels.dtype.kind == "f":
        numbers = whole_bytes(where, labels, "label")
    else:
        numbers = integers_as_bytes(path, labels, "label")
    is_square = pixels.shape[1:] in (IMAGE_SHAPE, (*IMAGE_SHAPE, 1), (PIXELS,))
    if not is_square or numbers.shape not in (pixels.shape[:1], (*pixels.shape[:1], 1)):
        raise CorruptError(
            f"{where}: images {pixels.shape} and labels {numbers.shape}, expected (N, 28, 28) or "
            "(N, 784) and (N,)"
        )
    squares = np.ascontiguousarray(pixels).reshape(-1, *IMAGE_SHAPE)
    return part_in_memory(path, split, squares, numbers.reshape(-1)), note


def integers_as_bytes(path: Path, values: Any, what: str) -> NDArray[np.uint8]:
    """Turn nested lists or an array of integers into bytes.

    Raises: CorruptError.
    """
    try:
        return integers(path, values, what)
    except LayoutError as error:
        raise CorruptError(error.message) from error  # its hint is for pickles in the cache


PICKLE = Format(
    name="pickle",
    title="pickles of parallel lists or arrays",
    recognises=recognises,
    read=read_pickle_files,
)
