"""The film of a run: the parameters and the predictions after every epoch.

A frame is a checkpoint, `film/<epoch>.npz`, of the parameters at the validation of that epoch. Its
metadata has the predictions on the validation images, so that changes from epoch to epoch need no
new computation. It also has the hash of everything that determined the training up to there, by
which a frame of another training run is recognised.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from network.core.data import Examples
from network.core.params import Array
from network.metrics.accuracy import predict_classes
from network.runs.checkpoints import CONFIG_HASH, Checkpoint, load_checkpoint, save_checkpoint
from network.runs.folder import Run
from network.training.recipe import Recipe
from network.training.state import TrainingState
from pipeline.errors import CorruptError
from pipeline.storage.value_equality import ValueEquality

TRAINING_HASH = "training_sha256"  # in the meta of a frame; since version 0.4


class OtherTrainingError(CorruptError):
    """A frame of another training run than its folder's."""


@dataclass(frozen=True, eq=False)
class Frame(ValueEquality):
    """A run as it was after one of its epochs; epoch 0 is before the first."""

    epoch: int
    checkpoint: Checkpoint
    answers: Array  # predictions on validation images, (N,) int64


@dataclass(frozen=True, eq=False)
class PredictionChanges(ValueEquality):
    """Indices of the validation images whose prediction changed between two frames."""

    put_right: Array
    put_wrong: Array
    other_wrong: Array  # incorrect in both frames, predicted differently


def hash_training(origin: Mapping[str, Any], epoch: int) -> str | None:
    """Hash the configuration, data and changes that determined a training up to an epoch.

    Repeating the training gives the same hash. None: the checkpoint is of an earlier version.
    """
    if origin.get(CONFIG_HASH) is None:
        return None
    changes = [change for change in origin.get("changes", []) if change["epoch"] < epoch]
    decided = [origin[CONFIG_HASH], origin.get("data"), changes]
    return hashlib.sha256(json.dumps(decided).encode()).hexdigest()


def frame_path(folder: Path, epoch: int) -> Path:
    """Return the path of a frame."""
    return folder / f"{epoch:05}.npz"


def save_frame(run: Run, recipe: Recipe, state: TrainingState, validation: Examples) -> None:
    """Save a frame: the state of a training at the end of an epoch.

    Raises: StorageError.
    """
    model, params = recipe.model, state.latest
    answers = predict_classes(model, params, validation.images) if len(validation) else np.array([])
    epoch = len(state.history)
    meta = {"epoch": epoch, "answers": answers.astype(int).tolist()}
    if (of_training := hash_training(state.origin, epoch)) is not None:
        meta[TRAINING_HASH] = of_training
    path = frame_path(run.film, epoch)
    is_first = not state.history
    save_checkpoint(path, Checkpoint(model, params, {}, meta), make_folder=is_first)


def list_epochs(run: Run) -> list[int]:
    """Return the epochs in a run's film, up to the first gap."""
    if not run.film.is_dir():
        return []
    there = {path.name for path in run.film.iterdir()}
    epochs: list[int] = []
    while frame_path(run.film, len(epochs)).name in there:
        epochs.append(len(epochs))
    return epochs


def load_frame(run: Run, epoch: int) -> Frame:
    """Load a frame of a run's film.

    Raises: MissingError, CorruptError, also for a frame of another training run.
    """
    path = frame_path(run.film, epoch)
    try:
        checkpoint = load_checkpoint(path)
    except CorruptError as error:
        what = error.message
        raise CorruptError(what, f"Remove {run.film}, and make the film again") from error
    found = checkpoint.meta.get(TRAINING_HASH)
    expected = hash_training(load_checkpoint(run.checkpoint).meta, epoch)
    if None not in (found, expected) and found != expected:
        raise OtherTrainingError(f"{path} is a frame of another training run", f"Remove {run.film}")
    answers = checkpoint.meta.get("answers")
    if checkpoint.meta.get("epoch") != epoch or answers is None:
        raise CorruptError(
            f"{path} is not the frame of epoch {epoch}",
            f"Remove {run.film}, and make the film again",
        )
    return Frame(epoch, checkpoint, np.array(answers, np.int64))


def find_prediction_changes(before: Frame, after: Frame, labels: Array) -> PredictionChanges:
    """Find the images whose prediction changed between two frames.

    Shapes: labels (N,).
    """
    was, now = before.answers, after.answers
    changed = was != now
    return PredictionChanges(
        put_right=np.flatnonzero(changed & (now == labels)),
        put_wrong=np.flatnonzero(changed & (was == labels)),
        other_wrong=np.flatnonzero(changed & (was != labels) & (now != labels)),
    )
