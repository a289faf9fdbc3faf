"""Manifests: the hashes that verify pickles, and verified reading.

An existing file may be incomplete or damaged. The manifest is published after the last pickle, so
if there is one, the pickles were finished. Each pickle must still have its hash in the manifest.
"""

import os
import re
from pathlib import Path
from typing import Any

from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import as_dataset
from pipeline.errors import CorruptError, MissingError, UsageError, describe_cause
from pipeline.pickles.foreign_formats import Labels, Pixels
from pipeline.pickles.our_format import read_pickle
from pipeline.storage.arguments import checked, show_value
from pipeline.storage.cache import Cache, Digest, compute_digest, reading
from pipeline.storage.checksummed_json import publish_json, read_json

MANIFEST_FORMAT = 2
UNSEALED = ("format", "dataset", "inputs", "pickles")  # the keys of format 1


class OtherInputsError(CorruptError):
    """A pickle that was made from raw files other than the known ones."""


def publish_manifest(
    cache: Cache, dataset: Dataset, pickles: dict[str, tuple[int, Digest]]
) -> None:
    """Write the manifest: the count and digest of the pickle of each split."""
    manifest = {
        "format": MANIFEST_FORMAT,
        "dataset": dataset.name,
        "inputs": {part.key: part.identity for part in dataset.parts},
        "pickles": {
            split: {"count": count, "size": digest.size, "sha256": digest.sha256}
            for split, (count, digest) in pickles.items()
        },
    }
    publish_json(cache.manifest(dataset.name), manifest)


def must_fetch(cache: Cache, dataset: Dataset) -> bool:
    """Return whether a raw file is missing that only a download provides."""
    is_published = any(not mirror.startswith("file:") for mirror in dataset.mirrors)
    files = [cache.raw(dataset.folder) / file.name for file in dataset.files]
    return is_published and not all(map(os.path.lexists, files))


def read_manifest(cache: Cache, dataset: Dataset) -> dict[str, Any]:
    """Read the manifest of a dataset's pickles.

    Raises: MissingError if the pickles were never finished, CorruptError for another format.
    """
    path = cache.manifest(dataset.name)
    build = f"`pipeline build-pickles {dataset.name}"
    try:
        manifest = read_json(path, f"Run {build} --force`", MANIFEST_FORMAT, UNSEALED)
    except MissingError as error:
        what = f"the pickles of {dataset.name} are not built ({path} not found)"
        fetch = f"`pipeline fetch {dataset.name}`, then " if must_fetch(cache, dataset) else ""
        raise MissingError(what, f"Run {fetch}{build}`") from error
    try:
        check_manifest(manifest, dataset)
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptError(
            f"{path}: not a manifest of pickles ({describe_cause(error)})", f"Run {build} --force`"
        ) from error
    return manifest


def check_manifest(manifest: dict[str, Any], dataset: Dataset) -> None:
    """Require a manifest of this dataset with every hash that will be checked.

    Raises: ValueError, KeyError, TypeError.
    """
    if manifest["format"] < 1 or manifest["dataset"] != dataset.name:
        raise ValueError(f"format {manifest['format']} of {show_value(manifest['dataset'])}")
    for split in dataset.splits:
        sha256 = manifest["pickles"][split]["sha256"]
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError(f"{show_value(sha256)} is not a SHA-256")
    if not isinstance(manifest["inputs"], dict):
        raise TypeError("its inputs are not an object")


def check_inputs(cache: Cache, dataset: Dataset, split: str) -> str:
    """Require a pickle made from the known raw files, and return its hash.

    Raises: MissingError, CorruptError, OtherInputsError.
    """
    manifest = read_manifest(cache, dataset)
    for part in dataset.splits[split].files:
        made_from = manifest["inputs"].get(part.key)
        if made_from != part.identity:
            raise OtherInputsError(
                f"{cache.pickle(dataset.name, split)}: made from a {part.key} with content "
                f"{made_from}; expected {part.identity}",
                f"Run `pipeline build-pickles {dataset.name} --force`",
            )
    return str(manifest["pickles"][split]["sha256"])


def check_pickle(cache: Cache, dataset: Dataset, split: str) -> Digest:
    """Require the manifest's hash of a pickle, and the known raw files as inputs.

    Raises: MissingError, CorruptError, OtherInputsError.
    """
    expected = check_inputs(cache, dataset, split)
    path = cache.pickle(dataset.name, split)
    rebuild = f"Run `pipeline build-pickles {dataset.name} --force`"
    with reading(path, rebuild):
        found = compute_digest(path)
    if found.sha256 != expected:
        raise CorruptError(f"{path}: sha256 is {found.sha256}; expected {expected}", rebuild)
    return found


def split_hash(cache: Cache, dataset: Dataset, split: str) -> str:
    """Return the SHA-256 of a split's pickle, from the manifest or the file.

    Raises: MissingError, CorruptError.
    """
    path = cache.pickle(dataset.name, split)
    if path.exists() and not cache.manifest(dataset.name).exists():
        with reading(path):
            return compute_digest(path).sha256
    return check_inputs(cache, dataset, split)


def split_count(cache: Cache, dataset: Dataset, split: str) -> int:
    """Return the number of examples in a split, from the manifest or the pickle.

    Raises: UsageError, MissingError, CorruptError.
    """
    if cache.manifest(dataset.name).exists():
        count = read_manifest(cache, dataset)["pickles"][split].get("count")
        if isinstance(count, int):
            return count
    return len(read_split(cache, dataset, split)[1])


def read_known(path: Path, sha256: str) -> tuple[Pixels, Labels]:
    """Read a pickle at any path, and require this hash.

    Shapes: pixels (N, 28, 28) uint8, labels (N,) int64.

    Raises: MissingError, CorruptError.
    """
    return read_pickle(path, sha256)


@checked
def read_split(cache: Cache, dataset: Dataset | str, split: str) -> tuple[Pixels, Labels]:
    """Read the images and labels of a split, and check its hash.

    A pickle without a manifest was put there by the user: its layout, types and ranges are
    checked, and no code in it is run.

    Shapes: pixels (N, 28, 28) uint8, labels (N,) int64.

    Raises: UsageError, MissingError, CorruptError.

    Example:
        >>> cache = find_cache()
        >>> dataset = find_dataset(cache, "mnist-sample")
        >>> pickles = build_pickles(cache, dataset)
        >>> pixels, labels = read_split(cache, dataset, "test")
        >>> pixels.shape, labels[:3]
        ((200, 28, 28), array([7, 2, 1]))
    """
    dataset = as_dataset(cache, dataset)
    if split not in dataset.splits:
        known = ", ".join(dataset.splits)
        raise UsageError(f"{dataset.name} has no split {show_value(split)}; its splits are {known}")
    path = cache.pickle(dataset.name, split)
    if path.exists() and not cache.manifest(dataset.name).exists():
        pixels, labels = read_pickle(path)
        if len(labels) and labels.max() >= len(dataset.classes):
            raise CorruptError(
                f"{path}: label {labels.max()}; expected 0 to {len(dataset.classes) - 1}",
                f"Run `pipeline build-pickles {dataset.name} --force`",
            )
        return pixels, labels
    return read_pickle(path, check_inputs(cache, dataset, split))
