"""The hashes that vouch for pickles, and the way to read a pickle that they vouch for.

A file that is there proves nothing. The manifest is published after the last pickle, so where
there is one the pickles were finished; and each pickle must still have the hash it names.
"""

import json
import re
from typing import Any

from pipeline.cache import Cache, Digest, digest_of, publish_json, reading
from pipeline.datasets import Dataset
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.other_pickles import Labels, Pixels
from pipeline.pickles import read_pickle

MANIFEST_FORMAT = 1


def publish_manifest(
    cache: Cache, dataset: Dataset, pickles: dict[str, tuple[int, Digest]]
) -> None:
    """Vouch for the pickle of each split, given its count and digest."""
    manifest = {
        "format": MANIFEST_FORMAT,
        "dataset": dataset.name,
        "inputs": {file.name: file.content_sha256 for file in dataset.files},
        "pickles": {
            split: {"count": count, "size": digest.size, "sha256": digest.sha256}
            for split, (count, digest) in pickles.items()
        },
    }
    publish_json(cache.manifest(dataset.name), manifest)


def read_manifest(cache: Cache, dataset: Dataset) -> dict[str, Any]:
    """Read the hashes of a data set's pickles.

    Raises: MissingError when the pickles were never finished, CorruptError for another format.
    """
    path = cache.manifest(dataset.name)
    build = f"Run `pipeline build-pickles {dataset.name}"
    try:
        with reading(path):
            content = path.read_bytes()
    except MissingError as error:
        what = f"the pickles of {dataset.name} are not built ({path} is not there)"
        raise MissingError(what, f"{build}`") from error
    try:
        manifest = json.loads(content)
        if manifest["format"] > MANIFEST_FORMAT:
            raise CorruptError(
                f"{path}: format {manifest['format']}, this version reads {MANIFEST_FORMAT}",
                f"Update the project, or rebuild: {build} --force`",
            )
        check_hashes(manifest, dataset)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise CorruptError(
            f"{path}: no manifest of pickles ({error!r})", f"{build} --force`"
        ) from error
    return dict(manifest)


def check_hashes(manifest: Any, dataset: Dataset) -> None:
    """Refuse what lacks a hash that we will rely on.

    Raises: ValueError, KeyError, TypeError.
    """
    hashes = [manifest["pickles"][split]["sha256"] for split in dataset.splits]
    hashes += [manifest["inputs"][file.name] for file in dataset.files]
    for sha256 in hashes:
        if not re.fullmatch("[0-9a-f]{64}", sha256):
            raise ValueError(f"{sha256!r} is no sha256")


def check_pickle(cache: Cache, dataset: Dataset, split: str) -> Digest:
    """Accept a pickle when its hash is the manifest's and it was made from the data we know.

    Raises: MissingError, CorruptError.
    """
    manifest = read_manifest(cache, dataset)
    path = cache.pickle(dataset.name, split)
    rebuild = f"Run `pipeline build-pickles {dataset.name} --force`"
    for raw_file in dataset.splits[split].files:
        made_from = manifest["inputs"][raw_file.name]
        if made_from != raw_file.content_sha256:
            raise CorruptError(
                f"{path}: made from a {raw_file.name} with content {made_from}, "
                f"expected {raw_file.content_sha256}",
                rebuild,
            )
    expected = manifest["pickles"][split]["sha256"]
    with reading(path, rebuild):
        found = digest_of(path)
    if found.sha256 != expected:
        raise CorruptError(f"{path}: sha256 is {found.sha256}, expected {expected}", rebuild)
    return found


def read_split(cache: Cache, dataset: Dataset, split: str) -> tuple[Pixels, Labels]:
    """Read the images and labels of a split, held to the hash in the manifest.

    A pickle that has no manifest was put there by the user: then its layout, types and ranges
    are checked, and nothing in it is run.

    Shapes: pixels (N, 28, 28) uint8, labels (N,) int64.

    Raises: UsageError, MissingError, CorruptError.
    """
    if split not in dataset.splits:
        known = ", ".join(dataset.splits)
        raise UsageError(f"{dataset.name} has no split called {split!r}, it has {known}")
    path = cache.pickle(dataset.name, split)
    if path.exists() and not cache.manifest(dataset.name).exists():
        pixels, labels = read_pickle(path)
        if len(labels) and labels.max() >= len(dataset.classes):
            raise CorruptError(
                f"{path}: label {labels.max()}, expected 0 to {len(dataset.classes) - 1}"
            )
        return pixels, labels
    return read_pickle(path, read_manifest(cache, dataset)["pickles"][split]["sha256"])
