"""Pickles of images and labels, plain or gzipped, from this project or others.

A pickle may hold arrays and lists in any nesting: a pair or a dictionary of images and labels, or
one for each split, as Nielsen's mnist.pkl.gz does. It is read as a whole, by the reader that
runs no code.

Source: M. Nielsen, Neural Networks and Deep Learning, mnist_loader.py.
"""

import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.errors import CorruptError, printable
from pipeline.formats.archives import TORCH
from pipeline.formats.arrays.files import files_together
from pipeline.formats.arrays.named import NamedArray, collect_arrays
from pipeline.formats.arrays.read import source_of_arrays
from pipeline.formats.classes import read_classes
from pipeline.formats.numbers import SAVEZ
from pipeline.formats.source import Format, ReadOptions, Source
from pipeline.formats.streams import beginning, flat_files, unzipped
from pipeline.pickles.foreign_formats import LayoutError
from pipeline.pickles.machine import UnsafePickleError
from pipeline.pickles.our_format import read_our_layout
from pipeline.pickles.safe_load import load_plain
from pipeline.storage.cache import reading, write_chunks
from pipeline.storage.content import describe_content
from pipeline.storage.idx import CHUNK_BYTES, GZIP_MAGIC

SUFFIXES = (".pkl", ".p", ".pickle.gz", ".pkl.gz", ".p.gz", ".pickle")
PROTOCOLS = {bytes([0x80, protocol]) for protocol in range(2, 6)}
MAX_UNZIPPED = 1 << 29  # bytes; Nielsen's file has 220 million
MAX_RATIO = 100  # or this multiple of the gzipped bytes: protocol 0 writes a zero byte as \\x00


def recognises(path: Path) -> bool:
    """Return whether a path is a pickle or a folder of such files."""
    if path.is_dir():
        return any(file.name.lower().endswith(SUFFIXES) for file in flat_files(path))
    is_named_so = path.is_file() and path.name.lower().endswith(SUFFIXES)
    return is_named_so or beginning(path, 2) in PROTOCOLS


def read_pickle_files(path: Path, options: ReadOptions) -> Source:
    """Read a pickle, or one per split.

    Raises: UsageError, MissingError, StorageError, CorruptError.
    """
    if describe_content(beginning(path)) == "a PyTorch file":
        raise CorruptError(f"{path}: PyTorch files are not supported", TORCH)
    files = files_together(path, SUFFIXES, lambda file: False)
    folder = path if path.is_dir() else path.parent
    return source_of_arrays(path, pickled_arrays(files), options, read_classes(folder))


def pickled_arrays(files: Sequence[Path]) -> list[NamedArray]:
    """List the arrays in some pickles.

    Raises: MissingError, StorageError, CorruptError.
    """
    return [
        array
        for file in files
        for array in collect_arrays(file, load_pickle(file), "" if len(files) == 1 else stem(file))
    ]


def stem(file: Path) -> str:
    """Return a file's name without its suffix."""
    name = file.name
    return name[: -max(len(it) for it in SUFFIXES if name.lower().endswith(it))]


def load_pickle(path: Path) -> Any:
    """Load the content of a pickle.

    Raises: MissingError, StorageError, CorruptError.
    """
    with unzipped_file(path) as plain:
        try:
            with reading(plain), plain.open("rb") as file:
                pixels, labels, _ = read_our_layout(plain, file, plain.stat().st_size)
                return pixels, labels
        except LayoutError:
            return with_way_out(plain)


def with_way_out(path: Path) -> Any:
    """Load a pickle; if it is refused, add a hint on how else to save its content.

    Raises: MissingError, StorageError, CorruptError.
    """
    try:
        return load_plain(path)
    except UnsafePickleError as error:
        raise UnsafePickleError(error.message, SAVEZ) from error


@contextmanager
def unzipped_file(path: Path) -> Iterator[Path]:
    """Yield an unzipped copy of a gzipped file, or the file itself.

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
            what = error.message.replace(str(copy), printable(str(path)))
            raise CorruptError(what, error.hint) from error


def beginning_of_file(path: Path) -> bytes:
    """Read the first two bytes as they are."""
    with reading(path), path.open("rb") as file:
        return file.read(len(GZIP_MAGIC))


def limited(path: Path, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Yield chunks up to the largest size of such a pickle.

    Raises: CorruptError.
    """
    size, limit = 0, max(MAX_UNZIPPED, MAX_RATIO * path.stat().st_size)
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise CorruptError(f"{path}: more than {limit:,} bytes unzipped", SAVEZ)
        yield chunk


PICKLE = Format(
    name="pickle",
    title="pickles of parallel lists or arrays",
    recognises=recognises,
    read=read_pickle_files,
    can_resize=True,
    can_grey=True,
    has_split_column=True,
)
