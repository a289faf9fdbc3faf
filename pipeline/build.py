"""Raw IDX files in, pickles out."""

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
    """One pickle that is now in the cache."""

    split: str
    path: Path
    count: int
    digest: Digest
    was_intact: bool  # nothing had to be done


@checked
def build_pickles(
    cache: Cache,
    dataset: Dataset | str,
    force: bool = False,
    reporter: ProgressReporter = SILENT,
) -> list[BuiltPickle]:
    """Build the pickles of every split, then publish the manifest that vouches for them.

    Does nothing when all are intact, unless forced.

    Raises: MissingError without raw files, CorruptError when they are not the published ones,
    UsageError when that would replace a pickle that nobody but the user can have put there.

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
            return intact  # by the process that we waited for
        if comes_with_package(dataset):
            fetch_dataset(cache, dataset, reporter=reporter)
        built = [build_split(cache, dataset, split, force, reporter) for split in dataset.splits]
        publish_manifest(cache, dataset, {item.split: (item.count, item.digest) for item in built})
    return built


def comes_with_package(dataset: Dataset) -> bool:
    """Return whether the raw files are on this machine, so that nothing has to be downloaded."""
    return bool(dataset.mirrors) and all(map(is_local, dataset.mirrors))


def find_intact(cache: Cache, dataset: Dataset) -> list[BuiltPickle]:
    """Describe the pickles that are there; an empty list unless every one is intact."""
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
    """Build one pickle, holding no more than a few hundred images at a time."""
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
