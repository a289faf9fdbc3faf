"""Compare what is on disk with the hashes that it should have."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

from pipeline.cache import Cache, digest_of, reading
from pipeline.datasets import Dataset, RawFile
from pipeline.errors import CorruptError, MissingError, ProjectError
from pipeline.idx import open_idx
from pipeline.manifest import check_pickle


def check_raw(path: Path, raw_file: RawFile) -> None:
    """Accept a raw file by its own hash, or else by the hash of its unzipped content.

    The same data zipped again by somebody else is still the same data.

    Raises: MissingError, or CorruptError with the hash found and the one expected.
    """
    with reading(path):
        found = digest_of(path)
    if found.sha256 == raw_file.sha256:
        return
    if content_hash(path, raw_file.content_size) != raw_file.content_sha256:
        raise CorruptError(
            f"{path}: {found.size:,} bytes with sha256 {found.sha256}, "
            f"expected {raw_file.size:,} bytes with {raw_file.sha256}"
        )


def content_hash(path: Path, size: int) -> str | None:
    """Hash the unzipped content of an IDX file; None when it is no sound one, or is larger."""
    try:
        with open_idx(path, size) as stream:
            for _ in stream.read_items():
                pass
            return stream.sha256
    except CorruptError:
        return None


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
