"""The film of a run: the parameters after every epoch, and what the network answered then.

A frame is a checkpoint, `film/<epoch>.npz`, of the parameters that the epoch's validation was
measured with. Its meta has the answers to the images held out, so that which digits flipped from
one epoch to the next is known without computing anything again, and the hash of all that decided
the training up to there, so that no frame of another training passes for one of this.
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

TRAINING_HASH = "training_sha256"  # in the meta of a frame; since version 0.4


class OtherTrainingError(CorruptError):
    """A frame that is not of the training of its run."""


@dataclass(frozen=True)
class Frame:
    """A run as it was after one of its epochs; epoch 0 is before the first."""

    epoch: int
    checkpoint: Checkpoint
    answers: Array  # to the images held out, (N,) int64


@dataclass(frozen=True)
class PredictionChanges:
    """The images held out whose answers changed from one frame to another, by their places."""

    put_right: Array
    put_wrong: Array
    other_wrong: Array  # wrong before and after, in another way


def hash_training(origin: Mapping[str, Any], epoch: int) -> str | None:
    """Hash what decided a training up to an epoch: configuration, data, changes on the way.

    It is the same wherever and whenever the training is done again. None: of an earlier version.
    """
    if origin.get(CONFIG_HASH) is None:
        return None
    changes = [change for change in origin.get("changes", []) if change["epoch"] < epoch]
    decided = [origin[CONFIG_HASH], origin.get("data"), changes]
    return hashlib.sha256(json.dumps(decided).encode()).hexdigest()


def frame_path(folder: Path, epoch: int) -> Path:
    """Name the file of a frame."""
    return folder / f"{epoch:05}.npz"


def save_frame(run: Run, recipe: Recipe, state: TrainingState, validation: Examples) -> None:
    """Keep where the training of a run stands at the end of an epoch.

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
    """List the epochs that a run's film shows, from the first to the one before the first gap."""
    if not run.film.is_dir():
        return []
    there = {path.name for path in run.film.iterdir()}
    epochs: list[int] = []
    while frame_path(run.film, len(epochs)).name in there:
        epochs.append(len(epochs))
    return epochs


def load_frame(run: Run, epoch: int) -> Frame:
    """Read a frame of a run's film.

    Raises: MissingError, CorruptError, also for a frame of another training.
    """
    path = frame_path(run.film, epoch)
    checkpoint = load_checkpoint(path)
    found = checkpoint.meta.get(TRAINING_HASH)
    expected = hash_training(load_checkpoint(run.checkpoint).meta, epoch)
    if None not in (found, expected) and found != expected:
        raise OtherTrainingError(f"{path} is a frame of another training run", f"Remove {run.film}")
    answers = checkpoint.meta.get("answers")
    if checkpoint.meta.get("epoch") != epoch or answers is None:
        raise CorruptError(f"{path} is not the frame of epoch {epoch}")
    return Frame(epoch, checkpoint, np.array(answers, np.int64))


def find_prediction_changes(before: Frame, after: Frame, labels: Array) -> PredictionChanges:
    """Find the images whose answers changed between two frames.

    Shapes: labels (N,).
    """
    was, now = before.answers, after.answers
    changed = was != now
    return PredictionChanges(
        put_right=np.flatnonzero(changed & (now == labels)),
        put_wrong=np.flatnonzero(changed & (was == labels)),
        other_wrong=np.flatnonzero(changed & (was != labels) & (now != labels)),
    )
