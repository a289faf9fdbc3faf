"""Judge what a command that was disturbed has left in the cache.

Every artefact must be one of its known versions: the one from before, or one that the
undisturbed command writes. What is hidden or a lock is no artefact, and nobody reads it.
"""

import contextlib
import gzip
import json
import sqlite3
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import numpy as np

from network.core.params import named_arrays
from network.runs.evaluation_log import read_evaluations
from network.runs.folder import Run, load_run
from network.runs.names import list_runs, order_by_change
from network.training.build import init_params
from pipeline.errors import ProjectError, UsageError
from pipeline.storage.cache import Cache, compute_digest
from pipeline.storage.locks import OWNER_FILE
from pipeline.verify import verify_dataset
from tests.reliability.warm_commands import Ended


@dataclass(frozen=True)
class Known:
    """The versions of every artefact, by its path in the cache; that of runs without their name."""

    dataset: Any
    before: dict[str, str]  # each by the hash of its content
    after: dict[str, str]
    right: dict[str, str]  # raw files and pickles as they are published and built


def files_in(cache: Cache) -> list[tuple[str, Path]]:
    """List every file with its path in the cache; in the place of a run's name is `*`."""
    found = []
    for path in sorted(cache.root.rglob("*")):
        parts = path.relative_to(cache.root).parts
        is_hidden = any(part.startswith(".") for part in parts)
        if path.is_dir() or is_hidden or path.suffix == ".lock" or path.name == OWNER_FILE:
            continue
        found.append(("/".join(("runs", "*", *parts[2:]) if parts[0] == "runs" else parts), path))
    return found


def artefacts(cache: Cache) -> dict[str, str]:
    """Hash every artefact; of the runs those of the latest."""
    latest = latest_run(cache)
    return {
        name: version_of(path)
        for name, path in files_in(cache)
        if not name.startswith("runs/") or (latest and path.is_relative_to(latest))
    }


def version_of(path: Path) -> str:
    """Hash a file; of one that holds times tell what it says: the last score, the trials."""
    if path.name == "study.db":
        with contextlib.closing(sqlite3.connect(path)) as database:
            return str(database.execute("SELECT number, state FROM trials").fetchall())
    with contextlib.suppress(ProjectError):
        if path.name == "test.json":
            last = read_evaluations(path, "tiny")[-1]
            return f"{last.correct} of {last.count}"
    return compute_digest(path).sha256


def latest_run(cache: Cache) -> Path | None:
    """Find the folder of the run that was written last, if there is one; a replay is one, too."""
    runs = order_by_change(list_runs(cache))
    return runs[-1].folder if runs else None


def temporary_files(cache: Cache) -> list[str]:
    """List what a command should have cleared away."""
    return [path.name for path in cache.root.rglob(".*.part")]


def wrong_files(cache: Cache, known: Known) -> list[str]:
    """List every artefact that is no known version, and everything wrong that is accepted."""
    strange = [name for name, path in files_in(cache) if not is_known(name, path, known)]
    return strange + wrong_findings(cache, known) + unreadable_runs(cache)


def is_known(name: str, path: Path, known: Known) -> bool:
    """Is the file one of its known versions?"""
    if version_of(path) in (known.before.get(name), known.after.get(name)):
        return True
    if path.suffix == ".jsonl":  # it holds times, which differ
        data = path.read_bytes()
        return (not data or data.endswith(b"\n")) and all(map(json.loads, data.splitlines()))
    return name.startswith("runs/") and path.suffix == ".npz" and is_untrained(Run(path.parent))


def is_untrained(run: Run) -> bool:
    """Is its checkpoint the one that training saves before it begins?"""
    try:
        checkpoint, configuration = load_run(run)
    except ProjectError:
        return False
    first = init_params(checkpoint.model, configuration)
    return checkpoint.meta["epoch"] == 0 and all(
        np.array_equal(array, expected)
        for (_, array), (_, expected) in zip(
            named_arrays(checkpoint.params), named_arrays(first), strict=True
        )
    )


def wrong_findings(cache: Cache, known: Known) -> list[str]:
    """List what `pipeline verify` accepts though it is wrong, and what it finds newly damaged."""
    wrong = []
    for finding in verify_dataset(cache, known.dataset):
        name = finding.path.relative_to(cache.root).as_posix()
        if finding.status == "intact" and finding.path.suffix != ".json":  # which only vouches
            if content_hash(finding.path) != known.right[name]:
                wrong.append(f"{name} passes for intact")
        elif finding.status == "damaged" and name not in known.before:
            wrong.append(f"{name} is damaged")
    return wrong


def right_content(cache: Cache, dataset: Any) -> dict[str, str]:
    """Hash the content of all that `pipeline verify` looks at, in a cache where it is right."""
    paths = [finding.path for finding in verify_dataset(cache, dataset)]
    return {path.relative_to(cache.root).as_posix(): content_hash(path) for path in paths}


def content_hash(path: Path) -> str:
    """Hash what a file holds: the same data may be zipped otherwise."""
    if path.suffix == ".gz":
        return sha256(gzip.decompress(path.read_bytes())).hexdigest()
    return compute_digest(path).sha256


def unreadable_runs(cache: Cache) -> list[str]:
    """List the runs that are there but cannot be read."""
    found = []
    for run in list_runs(cache):
        try:
            load_run(run)
        except ProjectError as error:
            found.append(str(error))
    return found


def is_healed(cache: Cache, known: Known, code: int) -> bool:
    """Has the next run of the same command brought everything to where it should be?

    Only a run with a name is never overwritten: then it must be one that can be read.
    """
    found = artefacts(cache)
    if code == UsageError.exit_code and "runs/*/checkpoint.npz" in found:
        return not wrong_files(cache, known)
    return (
        code == 0
        and not wrong_files(cache, known)
        and all(
            found.get(name) == data
            for name, data in known.after.items()
            if not name.endswith(".jsonl")
        )
    )


def is_told(ended: Ended, codes: set[int]) -> bool:
    """Has a command ended with one of these codes and, if it failed, with one line on stderr?

    Below that line there may be the mirrors that were tried, indented.
    """
    lines = [line for line in ended.stderr.splitlines() if not line.startswith("  ")]
    is_one_line = len(lines) == 1 and lines[0].startswith(("pipeline: ", "network: "))
    return ended.code in codes and (is_one_line or (ended.code == 0 and not lines))
