"""Pickles to arrays, validation split, shuffled batches."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from network.core.params import Array
from pipeline.datasets.records import Dataset
from pipeline.errors import UsageError
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import Cache

# Examples picked for several small batches at a time: as many as stay in a core's own cache.
GATHERED = 100


@dataclass(frozen=True)
class Examples:
    """Images and what they show, in the form that a model takes."""

    images: Array  # (N, H, W) float32, from 0 (background) to 1 (ink)
    labels: Array  # (N,) int64

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: Array | slice) -> "Examples":
        """Pick examples by their indices or by a slice."""
        if isinstance(which, slice):
            return Examples(self.images[which], self.labels[which])
        # with indices, take() is twice as fast as images[which]
        return Examples(self.images.take(which, axis=0), self.labels.take(which))


def scale_pixels(pixels: Array) -> Array:
    """Turn pixels into activations: 0..255 becomes 0..1.

    Shapes: any, the same out.  Units: grey levels in, share of full ink out.
    """
    return np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)


def load_examples(cache: Cache, dataset: Dataset, split: str, limit: int | None = None) -> Examples:
    """Load a split ("train" or "test") from its pickle, or only its first `limit` examples.

    Raises: MissingError when the pickle has not been built, CorruptError when it is damaged.
    """
    pixels, labels = read_split(cache, dataset, split)
    return Examples(scale_pixels(pixels[:limit]), labels[:limit])


def split_validation(examples: Examples, share: float, seed: int) -> tuple[Examples, Examples]:
    """Hold a random share of the examples out of training, to choose by.

    Returns: what is left for training, and what is held out; every example is in one of them.
    Raises: UsageError when nothing is left.
    """
    training, held_out = split_indices(len(examples), share, seed)
    if len(training) == 0:
        raise UsageError(f"of {len(examples)} examples none is left to train on")
    if len(held_out) == 0:
        return examples, examples.take(slice(0))
    return examples.take(training), examples.take(held_out)


def split_indices(count: int, share: float, seed: int) -> tuple[Array, Array]:
    """Deal the places of examples to training and to what is held out, both rising."""
    order = np.random.default_rng([seed, 0]).permutation(count)
    held_out = round(count * share)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def batches(
    examples: Examples, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Deal the examples, shuffled, into batches; the last one takes what is left.

    Shapes: images (batch_size, H, W), labels (batch_size,); views of arrays made for them.
    """
    order = rng.permutation(len(examples))
    together = batch_size * max(1, GATHERED // batch_size)
    for start in range(0, len(order), together):
        some = examples.take(order[start : start + together])
        for first in range(0, len(some), batch_size):
            batch = slice(first, first + batch_size)
            yield some.images[batch], some.labels[batch]
