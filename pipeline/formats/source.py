"""Data between readers and writers: images, labels and class names by split."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import Dataset
from pipeline.errors import CorruptError
from pipeline.progress import SILENT, ProgressReporter

Images: TypeAlias = NDArray[np.uint8]  # (n, 28, 28)
Labels: TypeAlias = NDArray[np.uint8]  # (N,)
Chosen: TypeAlias = NDArray[np.bool_]  # (N,), True for the rows that are wanted

CHUNK = 1000  # images handled together
MARKER = "export.json"  # identifies an earlier export
CLASSES = "classes.txt"
BESIDE = frozenset((MARKER, CLASSES))  # files next to the data in a folder

# A file to write: its path inside the export with "/" between the parts, and its bytes. A path
# that ends with "/" is a folder that may stay empty; the empty path is the export itself.
File: TypeAlias = tuple[str, Iterable[bytes | memoryview]]


@dataclass(frozen=True)
class Part:
    """The examples of one split, or of a source that is not split yet."""

    split: str | None
    labels: Labels
    images: Callable[[Chosen], Iterator[Images]]  # the chosen ones in order; reads them anew
    columns: NDArray[np.int32] | None = None  # (N, C), further labels of each example
    path: Path | None = None  # the file or folder that it is from
    places: Mapping[str, str] = field(default_factory=dict)  # of class names: where each is first

    def all_images(self) -> Iterator[Images]:
        """Yield every image in order."""
        return self.images(np.ones(len(self.labels), np.bool_))


@dataclass(frozen=True)
class Source:
    """Images, labels and class names as a reader found them."""

    parts: tuple[Part, ...]
    classes: tuple[str, ...]
    notes: tuple[str, ...] = ()  # notes for the user
    is_scaled: bool = False  # by `ReadOptions.highest`, as it is read
    late_notes: Callable[[], tuple[str, ...]] = tuple  # known when the images have been read


class Ids(NamedTuple):
    """The ids of images in a file."""

    name: str  # of its column of ids
    values: list[str]  # each once


@dataclass(frozen=True)
class Unlabelled:
    """Images to predict, as a reader found them."""

    read: Callable[[], Iterator[Images]]  # all in order; reads them anew
    notes: tuple[str, ...] = ()
    ids: Ids | None = None
    is_scaled: bool = False  # by `ReadOptions.highest`, as it is read
    late_notes: Callable[[], tuple[str, ...]] = tuple  # known when the images have been read
    numbers: tuple[int, ...] | None = None  # of the images in the file, if only some are read

    def __iter__(self) -> Iterator[Images]:
        return self.read()


@dataclass(frozen=True)
class ReadOptions:
    """Options for reading a source."""

    resize: bool = False  # images of other sizes are brought to 28x28
    grey: bool = False  # images in colour are turned to grey levels
    reporter: ProgressReporter = SILENT
    label_column: str | None = None  # "first", "last" or the name of one; None: it is detected
    skip_damaged: bool = False  # image files that cannot be read are left out
    split_column: str | None = None  # the name of one, or "none"; None: it is detected
    highest: float | None = None  # the number of full ink; None: it is detected


Writer: TypeAlias = Callable[[Dataset, tuple[Part, ...]], Iterator[File]]


@dataclass(frozen=True)
class Format:
    """A format for images and labels outside the cache."""

    name: str
    title: str
    recognises: Callable[[Path], bool]  # by its content
    read: Callable[[Path, ReadOptions], Source]
    write: Writer | None = None  # None: only read
    suffix: str = ""  # of the one file that an export is; none for a folder
    is_export: Callable[[Path], bool] | None = None  # for one file: whether it is our export
    can_resize: bool = False
    has_columns: bool = False  # one of which may be named as the label
    has_split_column: bool = False  # or may have one, which gives the split of each image
    can_skip_damaged: bool = False
    can_grey: bool = False  # image files always are


def select(path: Path, chunks: Iterable[Images], chosen: Chosen) -> Iterator[Images]:
    """Yield the chosen rows, and check that there are as many rows as labels.

    Shapes: chunks (n, 28, 28), N together; chosen (N,).

    Raises: CorruptError.
    """
    position = 0
    for chunk in chunks:
        rows = chosen[position : position + len(chunk)]
        position += len(chunk)
        if len(rows) < len(chunk):
            break
        if rows.any():
            yield chunk[rows]
    if position != len(chosen):
        raise CorruptError(
            f"{path}: {position:,} images; expected {len(chosen):,}: "
            "the file changed while it was read",
            "Import it again",
        )


def subset(part: Part, split: str, which: Chosen | slice) -> Part:
    """Build a part from some examples of another."""

    def images(chosen: Chosen) -> Iterator[Images]:
        among_all = np.zeros(len(part.labels), np.bool_)
        among_all[which] = chosen
        return part.images(among_all)

    return Part(split, part.labels[which], images, path=part.path)


def iterate_chunks(pixels: Images) -> Iterator[Images]:
    """Yield images that are in memory, a few at a time."""
    for start in range(0, len(pixels), CHUNK):
        yield pixels[start : start + CHUNK]


def part_in_memory(path: Path, split: str | None, pixels: Images, labels: Labels) -> Part:
    """Build a part from arrays."""
    return Part(
        split, labels, lambda chosen: select(path, iterate_chunks(pixels), chosen), path=path
    )
