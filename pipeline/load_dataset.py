"""Datasets in one call: images and labels as arrays, fetched if needed."""

from collections.abc import Iterator
from dataclasses import dataclass
from io import BytesIO
from numbers import Integral
from pathlib import Path
from typing import Any, NoReturn

import numpy as np
from numpy.typing import NDArray

from pipeline.build import build_pickles
from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import find_dataset
from pipeline.download.fetch import fetch_dataset
from pipeline.errors import CallError, MissingError, UsageError
from pipeline.pickles.manifest import read_split
from pipeline.storage.arguments import checked
from pipeline.storage.cache import Cache, find_cache
from pipeline.storage.value_equality import ValueEquality
from pipeline.terminal.counted import counted
from pipeline.terminal.preview import Tile, draw_sheet

MAX_SHOWN = 40  # images in a notebook's picture


@dataclass(frozen=True, eq=False)
class LabelledImages(ValueEquality):
    """Images with their labels: a split of a dataset, or a selection from it.

    Example:
        >>> test = load_dataset("mnist-sample").test
        >>> test.images.shape, test.images.dtype, test.labels[:5].tolist()
        ((200, 28, 28), dtype('uint8'), [7, 2, 1, 0, 4])
        >>> sevens = test[test.labels == 7]
        >>> sevens
        24 images of 28x28 with labels, 10 classes
    """

    images: NDArray[np.uint8]  # (N, 28, 28), 0 (background) to 255 (ink)
    labels: NDArray[np.int64]  # (N,), indices into `classes`
    classes: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.labels)

    def __getitem__(self, which: int | slice | NDArray[Any] | list[int]) -> "LabelledImages":
        """Return a selection of the examples: by index, slice, indices or mask."""
        if isinstance(which, Integral):
            if not -len(self) <= which < len(self):
                raise IndexError(f"index {which} of {len(self):,} images")
            which = slice(which, which + 1 or None)
        return LabelledImages(self.images[which], self.labels[which], self.classes)

    def __iter__(self) -> Iterator[tuple[NDArray[np.uint8], str]]:
        """Yield each image with the name of its class."""
        for pixels, label in zip(self.images, self.labels, strict=True):
            yield pixels, self.classes[label]

    def to_lists(self) -> tuple[list[list[list[int]]], list[int]]:
        """Return the two parallel lists of the pickle: images and labels."""
        return self.images.tolist(), self.labels.tolist()

    def __repr__(self) -> str:
        classes = counted(len(self.classes), "class", "classes")
        return f"{counted(len(self), 'image')} of 28x28 with labels, {classes}"

    def _repr_png_(self) -> bytes | None:
        """Draw the first images for a notebook."""
        if not len(self):
            return None
        tiles = [Tile(pixels, name) for pixels, name in self[:MAX_SHOWN]]
        some = "" if len(tiles) == len(self) else f"The first {len(tiles)} of "
        buffer = BytesIO()
        draw_sheet(tiles, f"{some}{len(self):,} images").save(buffer, "PNG")
        return buffer.getvalue()


@dataclass(frozen=True, eq=False)
class LoadedDataset(ValueEquality):
    """A dataset with all its splits in memory.

    Example:
        >>> dataset = load_dataset("mnist-sample")
        >>> len(dataset.train), list(dataset.splits)
        (1000, ['train', 'test'])
    """

    name: str
    title: str
    splits: dict[str, LabelledImages]

    @property
    def train(self) -> LabelledImages:
        """The training images."""
        return self["train"]

    @property
    def test(self) -> LabelledImages:
        """The test images, for the final accuracy."""
        return self["test"]

    def __getitem__(self, split: str) -> LabelledImages:
        if str(split) not in self.splits:  # of any type
            names = ", ".join(self.splits)
            raise UsageError(f'{self.name} has no split "{split}"; its splits are {names}')
        return self.splits[str(split)]

    def __contains__(self, split: object) -> bool:
        return split in self.splits

    def __iter__(self) -> NoReturn:
        """Refuse to iterate: a dataset has several splits.

        Raises: CallError.
        """
        hint = f"Iterate over a split: for pixels, name in dataset.{next(iter(self.splits))}"
        raise CallError(f"a dataset is not iterable; {self.name} has several splits", hint)

    def __repr__(self) -> str:
        sizes = ", ".join(f"{len(images):,} {split}" for split, images in self.splits.items())
        return f"{self.title}: {sizes} images"

    def _repr_png_(self) -> bytes | None:
        """Draw the first training images for a notebook."""
        return self.train._repr_png_()


@checked
def load_dataset(name: str = "mnist", *, cache_dir: Path | str | None = None) -> LoadedDataset:
    """Load a dataset; files missing from the cache are fetched and built first.

    Example:
        >>> load_dataset("mnist-sample")
        MNIST, the first 1,000 training and 200 test images: 1,000 train, 200 test images

    Raises: UsageError for an unknown name, DownloadError, CorruptError, StorageError.
    """
    cache = find_cache(cache_dir)
    dataset = require_built(cache, name)
    splits = {
        split: LabelledImages(*read_split(cache, dataset, split), dataset.classes)
        for split in dataset.splits
    }
    return LoadedDataset(dataset.name, dataset.title, splits)


def require_built(cache: Cache, name: str) -> Dataset:
    """Fetch and build a dataset if it is not in the cache; nothing is loaded.

    Raises: UsageError for an unknown name, DownloadError, CorruptError, StorageError.
    """
    dataset = find_dataset(cache, name)
    try:
        build_pickles(cache, dataset)
    except MissingError:
        fetch_dataset(cache, dataset)
        build_pickles(cache, dataset)
    return dataset
