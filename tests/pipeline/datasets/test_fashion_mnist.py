"""Fashion-MNIST from Debian's package: zipped again, so that its content decides."""

import gzip
from pathlib import Path

import numpy as np
import pytest

from pipeline.build import build_pickles
from pipeline.datasets.catalogue.fashion_mnist import FASHION_MNIST
from pipeline.download.fetch import fetch_dataset
from pipeline.errors import DownloadError
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import Cache

INSTALLED = Path("/usr/share/datasets/fashion-mnist")

pytestmark = pytest.mark.skipif(
    not INSTALLED.is_dir(), reason="Debian's package dataset-fashion-mnist is not installed"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache with the installed files fetched and built."""
    cache = Cache(tmp_path_factory.mktemp("fashion"), "test")
    fetch_dataset(cache, FASHION_MNIST, mirrors=(INSTALLED.as_uri(),))
    build_pickles(cache, FASHION_MNIST)
    return cache


@pytest.mark.parametrize("split", FASHION_MNIST.splits)
def test_every_pixel_and_label_is_the_published_one(split, cache):
    pixels, labels = read_split(cache, FASHION_MNIST, split)
    part = FASHION_MNIST.splits[split]
    images_file, labels_file = (
        gzip.decompress((INSTALLED / file.name).read_bytes()) for file in part.files
    )
    assert pixels.tobytes() == images_file[16:]
    assert labels.astype(np.uint8).tobytes() == labels_file[8:]
    assert np.bincount(labels).tolist() == [part.count // 10] * 10  # as published


def test_other_images_under_the_same_names_are_refused(cache, tmp_path):
    swapped = tmp_path / "swapped"
    swapped.mkdir()
    train, test = (FASHION_MNIST.splits[name].images for name in ("train", "test"))
    for file, source in (*((file, file) for file in FASHION_MNIST.files), (train, test)):
        (swapped / file.name).write_bytes((INSTALLED / source.name).read_bytes())
    with pytest.raises(DownloadError, match=f"cannot download {train.name}: every mirror failed"):
        fetch_dataset(Cache(tmp_path / "cache", "test"), FASHION_MNIST, (swapped.as_uri(),))
