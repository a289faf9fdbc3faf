"""Raw IDX files in, pickles out."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.cache import Cache, Digest, digest_of, publish
from pipeline.datasets import IMAGE_SHAPE, Dataset, RawFile
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.idx import open_idx
from pipeline.manifest import check_pickle, publish_manifest
from pipeline.pickles import pickle_chunks
from pipeline.reporting import SILENT, Reporter


@dataclass(frozen=True)
class BuiltPickle:
    """One pickle that is now in the cache."""

    split: str
    path: Path
    count: int
    digest: Digest
    was_intact: bool  # nothing had to be done


def build_pickles(
    cache: Cache, dataset: Dataset, force: bool = False, reporter: Reporter = SILENT
) -> list[BuiltPickle]:
    """Build the pickles of every split, then publish the manifest that vouches for them.

    Does nothing when all are intact, unless forced.

    Raises: MissingError without raw files, CorruptError when they are not the published ones,
    UsageError when that would replace a pickle that nobody but the user can have put there.
    """
    if not force and (intact := find_intact(cache, dataset)):
        return intact
    built = [build_split(cache, dataset, split, force, reporter) for split in dataset.splits]
    publish_manifest(cache, dataset, {item.split: (item.count, item.digest) for item in built})
    return built


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
    cache: Cache, dataset: Dataset, split: str, force: bool, reporter: Reporter
) -> BuiltPickle:
    """Build one pickle, holding no more than a few hundred images at a time."""
    files = dataset.splits[split]
    folder = cache.raw(dataset.name)
    labels = np.concatenate(
        list(read_checked(folder / files.labels.name, files.labels, (files.count,)))
    )
    if labels.max() >= len(dataset.classes):
        raise CorruptError(
            f"{folder / files.labels.name}: label {labels.max()}, "
            f"expected 0 to {len(dataset.classes) - 1}"
        )

    def images() -> Iterator[NDArray[Any]]:
        shape = (files.count, *IMAGE_SHAPE)
        for chunk in read_checked(folder / files.images.name, files.images, shape):
            yield chunk
            advance(len(chunk))

    path = cache.pickle(dataset.name, split)
    may_replace = force or cache.manifest(dataset.name).exists() or not path.exists()

    def check(temporary: Path, digest: Digest) -> None:
        if not may_replace and digest_of(path) != digest:
            raise UsageError(
                f"{path} has no manifest and is not what would be built, so it may be yours",
                "Move it away, or replace it with --force",
            )

    with reporter.progress(path.name, files.count, "images") as advance:
        digest = publish(path, pickle_chunks(images(), labels), check)
    return BuiltPickle(split, path, files.count, digest, False)


def read_checked(path: Path, raw_file: RawFile, shape: tuple[int, ...]) -> Iterator[NDArray[Any]]:
    """Yield the items of a raw file, and raise in the end unless its content is the published one.

    What is made of them must not be used before the generator has ended without an error;
    `publish` keeps to that.
    """
    mend = f"Run `pipeline fetch {path.parent.name}`"
    try:
        with open_idx(path) as stream:
            if stream.shape != shape or stream.dtype != np.uint8:
                raise CorruptError(
                    f"{path}: {stream.dtype} of shape {stream.shape}, expected uint8 of {shape}"
                )
            yield from stream.read_items()
            if stream.sha256 != raw_file.content_sha256:
                raise CorruptError(
                    f"{path}: content has sha256 {stream.sha256}, "
                    f"expected {raw_file.content_sha256}"
                )
    except (MissingError, CorruptError) as error:
        raise type(error)(error.message, mend) from error
