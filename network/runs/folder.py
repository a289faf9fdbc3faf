"""The folder of a run: its files, how they are saved and read back.

config.json       every setting
history.jsonl     one line per epoch
checkpoint.npz    the parameters and the state of the training
test.json         the log of its evaluations on the test set
calibration.json  its calibration on validation images
film/             the parameters after every epoch, if they are saved
"""

import hashlib
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from network.core.model import Model
from network.core.params import Params
from network.environment import describe_environment
from network.runs.checkpoints import (
    CONFIG_HASH,
    HISTORY_HASH,
    RESTORE,
    Checkpoint,
    load_checkpoint,
    save_checkpoint,
)
from network.runs.evaluation_log import is_about, last_evaluation, read_evaluations
from network.runs.history import hash_history, load_history, pack_history
from network.training.configuration import Configuration, configuration_from_dict
from network.training.state import EpochDone, TrainingState
from pipeline.errors import CorruptError, ProjectError
from pipeline.storage.cache import Digest, publish, read_whole

# entries of a checkpoint about the origin of its training
ORIGIN = ("data", "classes", "first", "changes", "seen", "replay_of", CONFIG_HASH)
MAX_CONFIG_BYTES = 1 << 20  # of a file with some forty lines


@dataclass(frozen=True)
class Run:
    """The folder of one run, and the path of each file in it."""

    folder: Path

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def configuration(self) -> Path:
        return self.folder / "config.json"

    @property
    def history(self) -> Path:
        return self.folder / "history.jsonl"

    @property
    def checkpoint(self) -> Path:
        return self.folder / "checkpoint.npz"

    @property
    def result(self) -> Path:
        return self.folder / "test.json"

    @property
    def film(self) -> Path:
        return self.folder / "film"

    @property
    def calibration(self) -> Path:
        return self.folder / "calibration.json"


@dataclass(frozen=True, eq=False)
class LoadedRun:
    """A run with the content of its files."""

    run: Run
    checkpoint: Checkpoint
    configuration: Configuration

    @property
    def name(self) -> str:
        return self.run.name

    @property
    def model(self) -> Model:
        return self.checkpoint.model

    @property
    def params(self) -> Params:
        return self.checkpoint.params


def save_run(run: Run, model: Model, state: TrainingState, configuration: Configuration) -> None:
    """Save the files that an epoch changes: the history and the checkpoint."""
    save_history(run, state.history)
    save_checkpoint(run.checkpoint, build_checkpoint(model, state, configuration))


def save_history(
    run: Run,
    history: list[EpochDone],
    check: Callable[[Path, Digest], None] | None = None,
    make_folder: bool = True,
) -> None:
    """Write the history of a run; `check` is called before the old one is replaced."""
    publish(run.history, [pack_history(history)], check, make_folder)


def build_checkpoint(
    model: Model, state: TrainingState, configuration: Configuration
) -> Checkpoint:
    """Build the checkpoint of a training state, without its history.

    The checkpoint's parameters are those for prediction. If training continues with others, these
    are saved next to the optimizer state, as "trained".
    """
    answering = state.answering
    memory = {name: tree for name, tree in state.optimizer_state.items() if tree is not answering}
    if answering is not state.params:
        memory["trained"] = state.params
    meta = {
        "configuration": configuration.to_dict(),
        "epoch": len(state.history),
        "step": state.step,
        "loss_sum": state.loss_sum,
        "seconds": state.seconds,
        "answering": "best" if answering is state.best else "last or average",
        "environment": describe_environment(),
        HISTORY_HASH: hash_history(state.history),
        **state.origin,
    }
    return Checkpoint(model, answering, memory, meta)


def load_run(run: Run) -> tuple[Checkpoint, Configuration]:
    """Load a run's model and the configuration it was trained with.

    Raises: MissingError, CorruptError.
    """
    checkpoint = load_checkpoint(run.checkpoint)
    values = checkpoint.meta.get("configuration")
    if not isinstance(values, dict):
        raise CorruptError(f"{run.checkpoint} is damaged: it has no configuration", RESTORE)
    check_configuration(run, checkpoint)
    return checkpoint, configuration_from_dict(values, str(run.checkpoint))


def check_configuration(run: Run, checkpoint: Checkpoint) -> None:
    """Require that the file of the configuration is the one of the checkpoint.

    A checkpoint of an earlier version has no hash of that file.

    Raises: CorruptError, StorageError.
    """
    expected = checkpoint.meta.get(CONFIG_HASH)
    if expected is None or not os.path.lexists(run.configuration):
        return
    found = hashlib.sha256(read_whole(run.configuration, MAX_CONFIG_BYTES)).hexdigest()
    if found != expected:
        raise CorruptError(
            f"{run.configuration} was changed: its sha256 is {found}; "
            f"expected {expected}, as in the checkpoint",
            "Delete it; the checkpoint has the configuration, too",
        )


def find_history_problem(run: Run, checkpoint: Checkpoint) -> str | None:
    """Return the problem of a run's history; None if there is none."""
    if checkpoint.meta.get("epoch", 0) == 0 and not os.path.lexists(run.history):
        return None
    try:
        read_saved_history(run, checkpoint)
    except ProjectError as error:
        return str(error)
    return None


def read_saved_history(run: Run, checkpoint: Checkpoint) -> list[EpochDone]:
    """Read the history of a run up to its checkpoint, which has the hash of it.

    A checkpoint of an earlier version has no such hash.

    Raises: MissingError, CorruptError.
    """
    epochs = checkpoint.meta.get("epoch", 0)
    return load_history(run.history, checkpoint.meta.get(HISTORY_HASH), epochs)[:epochs]


def extract_state(checkpoint: Checkpoint, history: list[EpochDone]) -> TrainingState:
    """Return the training state in a checkpoint; the history may be longer.

    Raises: CorruptError.
    """
    meta, memory = checkpoint.meta, dict(checkpoint.state)
    if missing := [key for key in ("epoch", "step") if key not in meta]:
        what = f"the checkpoint is damaged: it has no {' and no '.join(missing)}"
        raise CorruptError(what, RESTORE)
    state = TrainingState(
        params=memory.pop("trained", checkpoint.params),
        optimizer_state=memory,
        step=meta["step"],
        history=history[: meta["epoch"]],
        loss_sum=meta.get("loss_sum", 0.0),
        seconds=meta.get("seconds", 0.0),
        origin={name: meta[name] for name in ORIGIN if name in meta},
    )
    if meta.get("answering") == "best":
        state.best = checkpoint.params
    elif state.params is not checkpoint.params:
        memory["average"] = checkpoint.params
    return state


def read_history(run: Run) -> list[EpochDone]:
    """Read the history of a run, even beyond its checkpoint.

    Raises: MissingError, CorruptError.
    """
    return load_history(run.history)


def summarise_run(run: Run) -> dict[str, Any]:
    """Return a run as plain data, with the test result of its current state.

    `history` is the problem of its history, null if there is none.

    Raises: CorruptError.
    """
    checkpoint, configuration = load_run(run)
    dataset = configuration.dataset
    tested = read_evaluations(run.result, dataset)
    evaluation = last_evaluation([it for it in tested if is_about(it, checkpoint)], dataset)
    return {
        "run": run.name,
        "epochs": checkpoint.meta.get("epoch", 0),
        "members": checkpoint.meta.get("members", []),
        "edited": checkpoint.meta.get("edited"),
        "configuration": configuration.to_dict(),
        "accuracy": evaluation and evaluation.accuracy,
        "count": evaluation and evaluation.count,
        "outdated": evaluation is None and last_evaluation(tested, dataset) is not None,
        "history": find_history_problem(run, checkpoint),
        "problem": None,
    }


def summarise_runs(runs: Iterable[Run]) -> list[dict[str, Any]]:
    """Return each run as plain data; a damaged one with its problem."""
    return [summarise_or_explain(run) for run in runs]


def summarise_or_explain(run: Run) -> dict[str, Any]:
    """Return a run as plain data, or the problem of a damaged one."""
    try:
        return summarise_run(run)
    except ProjectError as error:
        unknown = dict.fromkeys(("epochs", "members", "edited", "configuration"))
        scores = {"accuracy": None, "count": None, "outdated": False, "history": None}
        return {"run": run.name, **unknown, **scores, "problem": str(error)}
