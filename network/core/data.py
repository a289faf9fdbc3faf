"""Data: examples for training, in batches, and examples for testing.

An *example* is an image with its label. MNIST has 70,000 in two sets, with different writers:

    training set    60,000 images, on which the network is trained
    test set        10,000 images, on which its accuracy is measured in the end

A network with thousands of parameters can memorise its training images. Then it *overfits*: it is
nearly perfect on those, and worse on new ones. So measure its accuracy on images that it was not
trained on. Do not choose settings, such as the learning rate, by the test accuracy either: it would
be too high an estimate. For that, a part of the training images is held out: the *validation set*.

Each step uses one batch of N images, such as 32. An *epoch* is one pass over the training images.
They are shuffled before every epoch, so that the batches differ. All random numbers are computed
from one number, the *random seed*: the same seed gives the same splits and shuffles.
"""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from network.core.params import Array
from network.core.plumbing.speed import take_batches, take_examples
from pipeline.datasets.records import Dataset
from pipeline.errors import UsageError
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import Cache


@dataclass(frozen=True, eq=False)
class Examples:
    """Images and their labels, in the form that a model expects."""

    images: Array  # (N, H, W) float32, from 0 (background) to 1 (full ink)
    labels: Array  # (N,) int64

    def __len__(self) -> int:
        return len(self.labels)

    def take(self, which: Array | slice) -> "Examples":
        """Return the examples at some indices, or in a slice."""
        if isinstance(which, slice):
            return Examples(self.images[which], self.labels[which])
        return Examples(*take_examples(self.images, self.labels, which))


def scale_pixels(pixels: Array) -> Array:
    """Scale grey levels from 0..255 to 0..1.

    The initial weights suit inputs of about 1. With inputs up to 255, the sums of the first layer
    would be far too large and most of its units saturated.

    Shapes: any, the same out.  Units: grey levels in, share of full ink out.
    """
    return np.multiply(pixels, np.float32(1 / 255), dtype=np.float32)


def load_examples(cache: Cache, dataset: Dataset, split: str, limit: int | None = None) -> Examples:
    """Load a split ("train" or "test") or its first `limit` examples.

    They are in the pickle that the package `pipeline` builds from a dataset.

    Raises: MissingError if the pickle has not been built, CorruptError if it is damaged.
    """
    pixels, labels = read_split(cache, dataset, split)
    return Examples(scale_pixels(pixels[:limit]), labels[:limit])


def split_validation(examples: Examples, share: float, seed: int) -> tuple[Examples, Examples]:
    """Return the training examples, and a random share held out for validation.

    Every example is in exactly one of the two. With a share of 0, none is held out.

    Raises: UsageError if no training example is left.
    """
    training, held_out = split_indices(len(examples), share, seed)
    if len(training) == 0:
        raise UsageError(
            f"no training examples are left: {len(held_out)} of {len(examples)} are held out"
        )
    if len(held_out) == 0:
        return examples, examples.take(slice(0))
    return examples.take(training), examples.take(held_out)


def count_held_out(count: int, share: float) -> int:
    """Return the number of validation examples; 0 is possible if the share is small."""
    return round(count * share)


def split_indices(count: int, share: float, seed: int) -> tuple[Array, Array]:
    """Return the sorted indices of the training and of the validation examples.

    Shapes: (count - M,), (M,) with M = count_held_out(count, share).
    """
    order = np.random.default_rng([seed, 0]).permutation(count)  # (count,)
    held_out = count_held_out(count, share)
    return np.sort(order[held_out:]), np.sort(order[:held_out])


def batches(
    examples: Examples, batch_size: int, rng: np.random.Generator
) -> Iterator[tuple[Array, Array]]:
    """Return the batches of one epoch: every example once, in random order.

    The last batch has the remaining examples. The arrays are copies, which you may change.

    Shapes: images (batch_size, H, W), labels (batch_size,).
    """
    order = rng.permutation(len(examples))  # every index once, shuffled
    return take_batches(examples.images, examples.labels, order, batch_size)
