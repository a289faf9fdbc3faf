"""A data set of a few real digits, so that whole trainings with their files take milliseconds."""

from pathlib import Path

import numpy as np

from pipeline.build import build_pickles
from pipeline.datasets.registry import find_dataset
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.storage.cache import Cache
from pipeline.storage.idx import read_idx
from tests.support.checkout import RAW

NAME = "small-digits"


def make_small_digits(folder: Path, count: int = 47) -> Cache:
    """Make a cache whose only data set has `count` images to train on and as many to test on."""
    source = folder / "source.npz"
    images = read_idx(RAW / "t10k-images-idx3-ubyte.gz")
    labels = read_idx(RAW / "t10k-labels-idx1-ubyte.gz")
    is_trained = np.isin(labels, labels[:count])  # no class is in the test images alone
    test = np.flatnonzero(is_trained)[count : 2 * count]
    np.savez(
        source,
        x_train=images[:count], y_train=labels[:count],
        x_test=images[test], y_test=labels[test],
    )  # fmt: skip
    cache = Cache(folder / "cache", "test")
    import_dataset(cache, source, NAME, ImportOptions())
    build_pickles(cache, find_dataset(cache, NAME))
    return cache
