"""A dataset of a few images, its files, and a listener to the work on it."""

import contextlib
import dataclasses
import gzip
import hashlib

import numpy as np

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.records import RawFile, Split
from pipeline.storage.idx import idx_bytes


def make_dataset(
    labels=(0, 1, 9), mirrors=("https://mirror.invalid/",), shape=(28, 28), dtype=np.uint8
):
    """Make a data set of a few images, and the bytes of its files by name."""
    files, splits, rng = {}, {}, np.random.default_rng(0)

    def raw_file(name, array):
        content = idx_bytes(array)
        files[name] = data = gzip.compress(content)
        hashes = hashlib.sha256(data).hexdigest(), hashlib.sha256(content).hexdigest()
        return RawFile(name, len(data), hashes[0], len(content), hashes[1])

    for split in ("train", "test"):
        images = rng.integers(0, 256, (len(labels), *shape)).astype(dtype)
        splits[split] = Split(
            raw_file(f"{split}-images.gz", images),
            raw_file(f"{split}-labels.gz", np.array(labels, np.uint8)),
            len(labels),
        )
    return dataclasses.replace(MNIST, name="tiny", mirrors=mirrors, splits=splits), files


def fill(cache, dataset, files):
    cache.raw(dataset.name).mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (cache.raw(dataset.name) / name).write_bytes(data)


class Listener:
    """Remembers what it heard: what was watched, its size, its unit, and what came of it."""

    def __init__(self):
        self.heard, self.notes = [], []

    def note(self, text):
        self.notes.append(text)

    @contextlib.contextmanager
    def progress(self, what, total, unit):
        steps = []
        yield steps.append
        self.heard.append((what, total, unit, sum(steps)))
