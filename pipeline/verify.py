"""Verification of cached files by their hashes, and their repair."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.build import build_pickles
from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import as_dataset
from pipeline.download.fetch import fetch_dataset
from pipeline.download.raw_files import check_raw
from pipeline.errors import MissingError, ProjectError
from pipeline.pickles.manifest import OtherInputsError, check_pickle, read_manifest
from pipeline.progress import SILENT, ProgressReporter
from pipeline.storage.arguments import checked
from pipeline.storage.cache import Cache


class Finding(NamedTuple):
    """The result of verifying one cached file."""

    path: Path
    error: ProjectError | None  # None: intact

    @property
    def status(self) -> str:
        if self.error is None:
            return "intact"
        if isinstance(self.error, OtherInputsError):
            return "other inputs"
        if not isinstance(self.error, MissingError):
            return "damaged"
        return "unproven" if self.path.exists() else "missing"  # without a manifest


@checked
def verify_dataset(cache: Cache, dataset: Dataset | str) -> list[Finding]:
    """Check every cached file of a dataset: raw files, manifest, pickles.

    Example:
        >>> cache = find_cache()
        >>> dataset = find_dataset(cache, "mnist-sample")
        >>> pickles = build_pickles(cache, dataset)
        >>> {item.status for item in verify_dataset(cache, dataset)}
        {'intact'}
    """
    dataset = as_dataset(cache, dataset)
    findings = []
    for raw_file in dataset.files:
        path = cache.raw(dataset.folder) / raw_file.name
        findings.append(Finding(path, catch_error(check_raw, path, raw_file)))
    manifest = Finding(cache.manifest(dataset.name), catch_error(read_manifest, cache, dataset))
    findings.append(manifest)
    for split in dataset.splits:
        path = cache.pickle(dataset.name, split)
        findings.append(Finding(path, catch_error(check_pickle, cache, dataset, split)))
    return findings


def exists(cache: Cache, dataset: Dataset) -> bool:
    """Return whether the cache has any file of a dataset."""
    paths = [cache.raw(dataset.folder) / file.name for file in dataset.files]
    paths += [cache.pickle(dataset.name, split) for split in dataset.splits]
    return any(path.exists() for path in (*paths, cache.manifest(dataset.name)))


def repair_dataset(
    cache: Cache,
    dataset: Dataset,
    mirrors: tuple[str, ...] = (),
    reporter: ProgressReporter = SILENT,
) -> None:
    """Fetch and build files that are missing, damaged or made from other inputs.

    Raises: DownloadError, MissingError for raw files that exist nowhere else; UsageError for a
    pickle that the user put there.
    """
    fetch_dataset(cache, dataset, mirrors, reporter=reporter)
    build_pickles(cache, dataset, reporter=reporter)


def catch_error(check: Callable[..., object], *arguments: Any) -> ProjectError | None:
    """Run a check and return the error that it raises, or None."""
    try:
        check(*arguments)
    except ProjectError as error:
        return error
    return None


def worst_error(findings: list[Finding]) -> ProjectError | None:
    """Return the most serious error: damaged before missing."""
    errors = [finding.error for finding in findings if finding.error is not None]
    return max(errors, key=lambda error: error.exit_code, default=None)
