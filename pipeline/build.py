"""Conversion of raw IDX files into pickles."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import as_dataset
from pipeline.download.fetch import fetch_dataset
from pipeline.download.mirrors import is_local
from pipeline.download.raw_files import read_image_chunks, read_label_chunks
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.pickles.manifest import check_pickle, publish_manifest
from pipeline.pickles.our_format import pickle_chunks
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.arguments import checked
from pipeline.storage.cache import Cache, Digest, compute_digest, publish
from pipeline.storage.locks import work_lock


@dataclass(frozen=True)
class BuiltPickle:
    """A pickle in the cache, with its size and hash."""

    split: str
    path: Path
    count: int
    digest: Digest
    was_intact: bool  # it was not rebuilt


@checked
def build_pickles(
    cache: Cache,
    dataset: Dataset | str,
    force: bool = False,
    reporter: ProgressReporter = SILENT,
) -> list[BuiltPickle]:
    """Build the pickle of each split, then publish the manifest that verifies them.

    Does nothing if all pickles are intact, except with `force`.

    Raises: MissingError without raw files, CorruptError if they are not the published ones,
    UsageError if that would replace a pickle that the user put there.

    Example:
        >>> cache = find_cache()
        >>> built = build_pickles(cache, find_dataset(cache, "mnist-sample"))
        >>> [(pickle.split, pickle.count) for pickle in built]
        [('train', 1000), ('test', 200)]
    """
    dataset = as_dataset(cache, dataset)
    if not force and (intact := find_intact(cache, dataset)):
        return intact
    with work_lock(cache, f"build-{dataset.name}", reporter):
        if not force and (intact := find_intact(cache, dataset)):
            return intact  # built by the process that held the lock
        if comes_with_package(dataset):
            fetch_dataset(cache, dataset, reporter=reporter)
        built = [build_split(cache, dataset, split, force, reporter) for split in dataset.splits]
        publish_manifest(cache, dataset, {item.split: (item.count, item.digest) for item in built})
    return built


def comes_with_package(dataset: Dataset) -> bool:
    """Return whether all mirrors are local, so no download is needed."""
    return bool(dataset.mirrors) and all(map(is_local, dataset.mirrors))


def find_intact(cache: Cache, dataset: Dataset) -> list[BuiltPickle]:
    """Return the existing pickles, or an empty list unless all are intact."""
    found = []
    for split, files in dataset.splits.items():
        try:
            digest = check_pickle(cache, dataset, split)
        except (MissingError, CorruptError):
            return []
        found.append(
            BuiltPickle(split, cache.pickle(dataset.name, split), files.count, digest, True)
        )
    return found


def build_split(
    cache: Cache, dataset: Dataset, split: str, force: bool, reporter: ProgressReporter
) -> BuiltPickle:
    """Build one pickle, with at most a few hundred images in memory."""
    count = dataset.splits[split].count
    path = cache.pickle(dataset.name, split)
    may_replace = force or cache.manifest(dataset.name).exists() or not path.exists()

    def images() -> Iterator[NDArray[np.uint8]]:
        for chunk in read_image_chunks(cache, dataset, split):
            yield chunk
            advance(len(chunk))

    def check(temporary: Path, digest: Digest) -> None:
        if not may_replace and compute_digest(path) != digest:
            raise UsageError(
                f"{path} has no manifest and differs from the pickle to build, so it may be yours",
                "Move it away, or replace it with --force",
            )

    with reporter.progress(path.name, count, "images") as advance:
        chunks = pickle_chunks(images(), read_label_chunks(cache, dataset, split))
        digest = publish(path, chunks, check)
    return BuiltPickle(split, path, count, digest, False)
