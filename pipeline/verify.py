"""Compare what is on disk with the hashes that it should have."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.cache import Cache, Digest, digest_of, storage_error
from pipeline.datasets import Dataset, RawFile
from pipeline.errors import CorruptError, MissingError, ProjectError, UsageError
from pipeline.idx import open_idx
from pipeline.pickles import Labels, Pixels, read_pickle

MANIFEST_FORMAT = 1


def check_raw(path: Path, raw_file: RawFile) -> None:
    """Accept a raw file by its own hash, or else by the hash of its unzipped content.

    The same data zipped again by somebody else is still the same data.

    Raises: MissingError, or CorruptError with the hash found and the one expected.
    """
    try:
        found = digest_of(path)
    except FileNotFoundError as error:
        raise MissingError(f"{path} is not there") from error
    except OSError as error:
        raise storage_error(f"cannot read {path}", error) from error
    if found.sha256 == raw_file.sha256:
        return
    if content_hash(path) != raw_file.content_sha256:
        raise CorruptError(
            f"{path}: {found.size:,} bytes with sha256 {found.sha256}, "
            f"expected {raw_file.size:,} bytes with {raw_file.sha256}"
        )


def content_hash(path: Path) -> str | None:
    """Hash the unzipped content of an IDX file; None when it is no sound IDX file."""
    try:
        with open_idx(path) as stream:
            for _ in stream.read_items():
                pass
            return stream.sha256
    except CorruptError:
        return None


def read_manifest(cache: Cache, dataset: Dataset) -> dict[str, Any]:
    """Read the hashes of a data set's pickles.

    Raises: MissingError when the pickles were never finished, CorruptError for another format.
    """
    path = cache.manifest(dataset.name)
    rebuild = f"Run `pipeline build-pickles {dataset.name} --force`"
    try:
        manifest = json.loads(path.read_bytes())
        if manifest["format"] > MANIFEST_FORMAT:
            raise CorruptError(
                f"{path}: format {manifest['format']}, this version reads {MANIFEST_FORMAT}",
                "Update the project, or rebuild: " + rebuild,
            )
        for split in dataset.splits:
            str(manifest["pickles"][split]["sha256"])
    except FileNotFoundError as error:
        raise MissingError(
            f"the pickles of {dataset.name} are not built ({path} is not there)",
            f"Run `pipeline build-pickles {dataset.name}`",
        ) from error
    except OSError as error:
        raise storage_error(f"cannot read {path}", error) from error
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptError(f"{path}: no manifest of pickles ({error!r})", rebuild) from error
    return dict(manifest)


def check_pickle(cache: Cache, dataset: Dataset, split: str) -> Digest:
    """Accept a pickle when its hash is the manifest's and it was made from the data we know.

    Raises: MissingError, CorruptError.
    """
    manifest = read_manifest(cache, dataset)
    path = cache.pickle(dataset.name, split)
    rebuild = f"Run `pipeline build-pickles {dataset.name} --force`"
    for raw_file in dataset.splits[split].files:
        made_from = manifest.get("inputs", {}).get(raw_file.name)
        if made_from != raw_file.content_sha256:
            raise CorruptError(
                f"{path}: made from a {raw_file.name} with content {made_from}, "
                f"expected {raw_file.content_sha256}",
                rebuild,
            )
    expected = manifest["pickles"][split]["sha256"]
    try:
        found = digest_of(path)
    except FileNotFoundError as error:
        raise MissingError(f"{path} is not there", rebuild) from error
    except OSError as error:
        raise storage_error(f"cannot read {path}", error) from error
    if found.sha256 != expected:
        raise CorruptError(f"{path}: sha256 is {found.sha256}, expected {expected}", rebuild)
    return found


class Finding(NamedTuple):
    """What `pipeline verify` says of one artefact."""

    path: Path
    error: ProjectError | None  # None: intact

    @property
    def status(self) -> str:
        if self.error is None:
            return "intact"
        return "missing" if isinstance(self.error, MissingError) else "damaged"


def verify_dataset(cache: Cache, dataset: Dataset) -> list[Finding]:
    """Check every artefact of a data set."""
    findings = []
    for raw_file in dataset.files:
        path = cache.raw(dataset.name) / raw_file.name
        findings.append(Finding(path, error_of(check_raw, path, raw_file)))
    for split in dataset.splits:
        path = cache.pickle(dataset.name, split)
        findings.append(Finding(path, error_of(check_pickle, cache, dataset, split)))
    return findings


def error_of(check: Callable[..., object], *arguments: Any) -> ProjectError | None:
    """Run a check and return what it raises."""
    try:
        check(*arguments)
    except ProjectError as error:
        return error
    return None


def worst_error(findings: list[Finding]) -> ProjectError | None:
    """Choose what to tell first: damage before absence."""
    errors = [finding.error for finding in findings if finding.error is not None]
    return max(errors, key=lambda error: error.exit_code, default=None)


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
            raise CorruptError(f"{path}: label {labels.max()}, expected 0 to {len(dataset.classes) - 1}")
        return pixels, labels
    return read_pickle(path, read_manifest(cache, dataset)["pickles"][split]["sha256"])
