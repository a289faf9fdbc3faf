"""A training that another process does: an order goes there, an outcome comes back.

Both are plain data, so it makes no difference whether the process runs here or on another
machine. An order may ask for a part of a training: its outcome holds a checkpoint, and the next
order goes on from there, on whichever worker, exactly as if there had been no pause.
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
from network.runs.checkpoints import pack_checkpoint, unpack_checkpoint
from network.runs.folder import build_checkpoint, extract_state
from network.training.build import build_model, build_recipe, init_params
from network.training.configuration import Configuration, configuration_from_dict
from network.training.loop import DivergedError, train
from network.training.recipe import Recipe
from network.training.state import EpochDone, TrainingState
from pipeline.datasets.registry import find_dataset
from pipeline.errors import CorruptError, MissingError
from pipeline.pickles.manifest import read_known, split_hash
from pipeline.storage.cache import Cache, publish


@dataclass(frozen=True)
class Data:
    """The pickle of examples to train on: where it lies for who shares our disk, and its hash."""

    path: str
    sha256: str
    n_classes: int


@dataclass(frozen=True)
class TrainingJob:
    """Train so far, from a checkpoint or from the beginning."""

    configuration: Mapping[str, Any]
    until: int  # epochs
    data: Data
    checkpoint: bytes | None = None


@dataclass(frozen=True)
class JobResult:
    """How far a training has come."""

    history: tuple[EpochDone, ...]
    checkpoint: bytes  # to go on from
    problem: str = ""  # or why it cannot go on: it diverged

    @property
    def epochs(self) -> int:
        return len(self.history)


def find_data(cache: Cache, name: str) -> Data:
    """Say where the examples of a data set lie, and their hash.

    Raises: UsageError, MissingError, CorruptError.
    """
    dataset = find_dataset(cache, name)
    sha256 = split_hash(cache, dataset, "train")
    return Data(str(cache.pickle(name, "train")), sha256, len(dataset.classes))


class NoDataError(MissingError):
    """The worker has no file with the examples: they have to be sent along."""


class DamagedCheckpointError(CorruptError):
    """What was kept of a training is damaged: it has to begin again."""


def run_job(job: TrainingJob, pickle: bytes | None = None) -> JobResult:
    """Train as an order says, on one core for each shard; `pickle` are the examples' bytes.

    Raises: NoDataError when the worker cannot find the examples and was not sent them;
    UsageError, CorruptError.
    """
    configuration = configuration_from_dict(dict(job.configuration), "the order")
    path = keep_pickle(pickle, job.data.sha256) if pickle is not None else Path(job.data.path)
    if not path.exists():
        raise NoDataError(f"{path} is not there")
    training, validation = load_split(
        path, job.data.sha256, configuration.limit, configuration.validation, configuration.seed
    )
    recipe, state = start_job(job, configuration)
    keep_freed_memory()
    keep_to_one_core()
    try:
        train_until(recipe, state, training, validation, job.until)
    except DivergedError as error:
        return JobResult(tuple(state.history), b"", error.message)
    return JobResult(tuple(state.history), pack_state(recipe, state, configuration))


def start_job(job: TrainingJob, configuration: Configuration) -> tuple[Recipe, TrainingState]:
    """Stand where the order begins.

    Raises: UsageError, CorruptError.
    """
    if job.checkpoint is None:
        model = build_model(configuration, job.data.n_classes)
        recipe, params = build_recipe(configuration, model), init_params(model, configuration)
        state = TrainingState(params, recipe.optimizer.init(params))
        state.origin["data"] = job.data.sha256
        return recipe, state
    try:
        checkpoint = unpack_checkpoint(job.checkpoint, "the order's checkpoint")
    except CorruptError as error:
        raise DamagedCheckpointError(error.message) from error
    history = [EpochDone(**epoch) for epoch in checkpoint.meta["history"]]
    return build_recipe(configuration, checkpoint.model), extract_state(checkpoint, history)


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
    """Put all that the next order needs into the bytes of one checkpoint, the history too."""
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
