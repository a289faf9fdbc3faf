"""Training in another process: send a job, receive its result.

Both are plain data, so it makes no difference whether the process runs here or on another
machine. Client and workers have the same version. A job may be a part of a training run: its result
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

from network.core.data import Examples, scale_pixels
from network.environment import keep_freed_memory, keep_to_one_core
from network.errors import DivergedError
from network.runs.checkpoints import pack_checkpoint, unpack_checkpoint
from network.runs.folder import build_checkpoint
from network.runs.history import build_epoch
from network.runs.training_run import resume_state
from network.training.configuration import Configuration, configuration_from_dict
from network.training.european import split_and_redraw
from network.training.initial_state import TrainingData, initial_state
from network.training.loop import train
from network.training.recipe import Recipe
from network.training.state import EpochDone, TrainingState
from pipeline.errors import CorruptError, MissingError, UsageError, describe_cause
from pipeline.pickles.manifest import read_known
from pipeline.storage.cache import publish

SEND_AGAIN = "Check the connection to the worker, and start the job again"


@dataclass(frozen=True)
class TrainingJob:
    """A job: training to an epoch, from a checkpoint or from the beginning."""

    configuration: Mapping[str, Any]
    until: int  # epochs
    data: TrainingData
    checkpoint: bytes | None = None


@dataclass(frozen=True)
class JobResult:
    """The history of a training, and the checkpoint to resume from."""

    history: tuple[EpochDone, ...]
    checkpoint: bytes  # to resume from
    problem: str = ""  # or the reason for its end: it diverged

    @property
    def epochs(self) -> int:
        return len(self.history)


class NoDataError(MissingError):
    """A missing file of examples on the worker, so they must be sent with the job."""


class DamagedCheckpointError(CorruptError):
    """A damaged checkpoint of a job, which must start again."""


def run_job(job: TrainingJob, pickle: bytes | None = None) -> JobResult:
    """Run a training job, on one core per shard; `pickle` has the examples, if sent.

    Raises: NoDataError if the worker has no examples and none were sent;
    UsageError, CorruptError.
    """
    configuration = configuration_from_dict(dict(job.configuration), "the job")
    path = keep_pickle(pickle, job.data.sha256) if pickle is not None else Path(job.data.path)
    if not path.exists():
        raise NoDataError(f"{path} not found")
    training, validation = load_split(
        path,
        job.data.sha256,
        configuration.limit,
        configuration.validation,
        configuration.seed,
        configuration.european,
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
    """Return the recipe and the state of a job: new, or from its checkpoint.

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
    except UsageError:  # other data; it is a ValueError, too
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError) as error:
        what = f"the job's checkpoint is damaged: no valid history ({describe_cause(error)})"
        raise DamagedCheckpointError(what) from error


def train_until(
    recipe: Recipe, state: TrainingState, training: Examples, validation: Examples, until: int
) -> None:
    """Train until an epoch, or until early stopping ends the training.

    Raises: DivergedError.
    """
    if len(state.history) >= until:
        return
    for event in train(recipe, state, training, validation):
        if isinstance(event, EpochDone) and event.epoch >= until:
            break


def pack_state(recipe: Recipe, state: TrainingState, configuration: Configuration) -> bytes:
    """Return the state for the next job as a checkpoint, with the history."""
    checkpoint = build_checkpoint(recipe.model, state, configuration)
    history = [epoch._asdict() for epoch in state.history]
    return pack_checkpoint(replace(checkpoint, meta={**checkpoint.meta, "history": history}))


@lru_cache(maxsize=1)
def load_split(
    path: Path, sha256: str, limit: int | None, share: float, seed: int, european: float
) -> tuple[Examples, Examples]:
    """Load the training and validation examples, cached for the next jobs.

    Raises: CorruptError, UsageError.
    """
    return split_and_redraw(load_known(path, sha256, limit), share, seed, european)


@lru_cache(maxsize=1)
def load_known(path: Path, sha256: str, limit: int | None) -> Examples:
    """Read the examples from a pickle, and check its hash.

    Raises: CorruptError.
    """
    pixels, labels = read_known(path, sha256)
    return Examples(scale_pixels(pixels[:limit]), labels[:limit])


def keep_pickle(pickle: bytes, sha256: str) -> Path:
    """Write received examples to a temporary file, once per process.

    Raises: CorruptError if their hash differs.
    """
    path = Path(kept_files().name) / f"{sha256}.pickle"
    if not path.exists():
        found = hashlib.sha256(pickle).hexdigest()
        if found != sha256:
            raise CorruptError(
                f"received examples have sha256 {found}; expected {sha256}", SEND_AGAIN
            )
        publish(path, [pickle])
    return path


@lru_cache(maxsize=1)
def kept_files() -> "tempfile.TemporaryDirectory[str]":
    """Create the temporary folder for received examples."""
    return tempfile.TemporaryDirectory(prefix="mnist-")
