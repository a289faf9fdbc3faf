"""Training in another process: send a job, receive its result.

Both are plain data, so it makes no difference whether the process runs here or on another
machine. Client and workers are of one version. A job may ask for a part of a training: its result
holds a checkpoint, and the next job resumes from there, on any worker, exactly as if there had
been no pause.
"""

import hashlib
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

from network.core.data import Examples, scale_pixels, split_validation
from network.environment import keep_freed_memory, keep_to_one_core
from network.errors import DivergedError
from network.runs.checkpoints import pack_checkpoint, unpack_checkpoint
from network.runs.folder import build_checkpoint
from network.runs.history import build_epoch
from network.runs.training_run import resume_state
from network.training.configuration import Configuration, configuration_from_dict
from network.training.initial_state import TrainingData, initial_state
from network.training.loop import train
from network.training.recipe import Recipe
from network.training.state import EpochDone, TrainingState
from pipeline.errors import CorruptError, MissingError, describe_cause
from pipeline.pickles.manifest import read_known
from pipeline.storage.cache import publish


@dataclass(frozen=True)
class TrainingJob:
    """Train until an epoch, from a checkpoint or from the beginning."""

    configuration: Mapping[str, Any]
    until: int  # epochs
    data: TrainingData
    checkpoint: bytes | None = None


@dataclass(frozen=True)
class JobResult:
    """The history of a training, and the checkpoint to resume from."""

    history: tuple[EpochDone, ...]
    checkpoint: bytes  # to resume from
    problem: str = ""  # or why it cannot go on: it diverged

    @property
    def epochs(self) -> int:
        return len(self.history)


class NoDataError(MissingError):
    """The worker has no file with the examples, which have to be sent with the job."""


class DamagedCheckpointError(CorruptError):
    """What was kept of a training is damaged: it has to begin again."""


def run_job(job: TrainingJob, pickle: bytes | None = None) -> JobResult:
    """Train as a job asks, on one core for each shard; `pickle` are the examples' bytes.

    Raises: NoDataError when the worker cannot find the examples and was not sent them;
    UsageError, CorruptError.
    """
    configuration = configuration_from_dict(dict(job.configuration), "the job")
    path = keep_pickle(pickle, job.data.sha256) if pickle is not None else Path(job.data.path)
    if not path.exists():
        raise NoDataError(f"{path} is not there")
    training, validation = load_split(
        path, job.data.sha256, configuration.limit, configuration.validation, configuration.seed
    )
    recipe, state = load_job_state(job, configuration)
    keep_freed_memory()
    keep_to_one_core()
    try:
        train_until(recipe, state, training, validation, job.until)
    except DivergedError as error:
        return JobResult(tuple(state.history), b"", error.message)
    return JobResult(tuple(state.history), pack_state(recipe, state, configuration))


def load_job_state(job: TrainingJob, configuration: Configuration) -> tuple[Recipe, TrainingState]:
    """Return the recipe and the state from which a job trains: new, or as its checkpoint has it.

    Raises: UsageError, DamagedCheckpointError.
    """
    if job.checkpoint is None:
        return initial_state(configuration, job.data)
    try:
        checkpoint = unpack_checkpoint(job.checkpoint, "the job's checkpoint")
        history = [build_epoch(epoch) for epoch in checkpoint.meta["history"]]
        return resume_state("the job", checkpoint, configuration, history, job.data)
    except CorruptError as error:
        raise DamagedCheckpointError(error.message) from error
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        what = f"the job's checkpoint: no history ({describe_cause(error)})"
        raise DamagedCheckpointError(what) from error


def train_until(
    recipe: Recipe, state: TrainingState, training: Examples, validation: Examples, until: int
) -> None:
    """Train until so many epochs are done, or until the training has ended by itself.

    Raises: DivergedError.
    """
    if len(state.history) >= until:
        return
    for event in train(recipe, state, training, validation):
        if isinstance(event, EpochDone) and event.epoch >= until:
            break


def pack_state(recipe: Recipe, state: TrainingState, configuration: Configuration) -> bytes:
    """Pack the state that the next job needs into the bytes of one checkpoint, the history too."""
    checkpoint = build_checkpoint(recipe.model, state, configuration)
    history = [epoch._asdict() for epoch in state.history]
    return pack_checkpoint(replace(checkpoint, meta={**checkpoint.meta, "history": history}))


@lru_cache(maxsize=1)
def load_split(
    path: Path, sha256: str, limit: int | None, share: float, seed: int
) -> tuple[Examples, Examples]:
    """Load the examples to train on and those held out, once for all trainings that share them.

    Raises: CorruptError, UsageError.
    """
    return split_validation(load_known(path, sha256, limit), share, seed)


@lru_cache(maxsize=1)
def load_known(path: Path, sha256: str, limit: int | None) -> Examples:
    """Read the examples from their pickle, which must have this hash.

    Raises: CorruptError.
    """
    pixels, labels = read_known(path, sha256)
    return Examples(scale_pixels(pixels[:limit]), labels[:limit])


def keep_pickle(pickle: bytes, sha256: str) -> Path:
    """Write examples that were sent here to a file, once, for as long as this process lives.

    Raises: CorruptError when they are not what was meant to be sent.
    """
    path = Path(kept_files().name) / f"{sha256}.pickle"
    if not path.exists():
        found = hashlib.sha256(pickle).hexdigest()
        if found != sha256:
            raise CorruptError(f"the examples that came here have sha256 {found}, not {sha256}")
        publish(path, [pickle])
    return path


@lru_cache(maxsize=1)
def kept_files() -> "tempfile.TemporaryDirectory[str]":
    """Make the folder for what was sent here."""
    return tempfile.TemporaryDirectory(prefix="mnist-")
