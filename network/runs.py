"""The folder of a run: its files, its name, how it is saved, found and read.

config.json     every choice that was made
history.jsonl   one line per epoch
checkpoint.npz  the parameters and the optimizer's state
test.json       what it scored on test images, each time that it was tested
"""

import difflib
import errno
import itertools
import json
import os
import re
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from network.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.configuration import Configuration, configuration_from_dict
from network.ensemble import Ensemble
from network.environment import describe_environment
from network.layers import Linear
from network.looks import last_look, read_looks
from network.model import Model
from network.optimizers import State
from network.params import Params
from network.training import EpochDone
from pipeline.cache import Cache, publish, remove_stale_parts, storage_error, sync_folder
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.records import IMAGE_SHAPE
from pipeline.sealed_json import publish_json

NEW = "new"  # in the name of a folder that has no other yet


@dataclass(frozen=True)
class Run:
    """The folder of one run, and the place of each file in it."""

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


def create_run(
    cache: Cache,
    wanted: str | None,
    model: Model,
    params: Params,
    configuration: Configuration,
    origin: dict[str, Any] | None = None,
) -> Run:
    """Make a new run of a model as it is before training.

    Without a wish it is called after its sizes and a number, as in `784-30-10-1`. Its folder is
    written under another name and then renamed, so that there is no run without a checkpoint,
    and none that two processes believe to be theirs. `origin` is what else its checkpoint says
    of where it comes from.

    Raises: UsageError when the wanted name is taken or is no plain name; a run is never
    overwritten. StorageError.
    """
    stem = describe_sizes(model)
    numbered = (f"{stem}-{number}" for number in itertools.count(1))
    names = numbered if wanted is None else [check_run_name(wanted)]
    remove_stale_parts(cache.runs() / NEW)
    made = Run(cache.runs() / f".{NEW}.{secrets.token_hex(8)}.part")
    try:
        publish_json(made.configuration, configuration.to_dict())
        save_run(made, model, params, {}, configuration, [], origin=origin)
        for name in names:
            run = Run(cache.runs() / name)
            if claim(made, run):
                return run
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)
    raise name_taken(cache, name)


def check_new_name(cache: Cache, wanted: str | None) -> None:
    """Refuse a name before any work is done for it.

    Raises: UsageError.
    """
    if wanted is not None and Run(cache.runs() / check_run_name(wanted)).folder.exists():
        raise name_taken(cache, wanted)


def name_taken(cache: Cache, name: str) -> UsageError:
    """Say that a run has this name."""
    return UsageError(
        f"run {name!r} exists in {cache.runs()}, and a run is never overwritten",
        "Choose another --name",
    )


def claim(made: Run, run: Run) -> bool:
    """Give a finished folder its name; False when another has it, though since just now.

    Raises: StorageError.
    """
    try:
        if os.path.lexists(run.folder):  # an empty one would be replaced
            return False
        made.folder.rename(run.folder)
        sync_folder(run.folder.parent)
    except OSError as error:
        if error.errno in (errno.EEXIST, errno.ENOTEMPTY, errno.ENOTDIR):
            return False
        raise storage_error(f"cannot make {run.folder}", error) from error
    return True


def check_run_name(name: str) -> str:
    """Accept a name that is a folder's name on every system, and never a path.

    Raises: UsageError.
    """
    if not re.fullmatch(r"\w([\w.+-]{0,98}[\w+-])?", name):
        raise UsageError(
            f"{name!r} is no name for a run, expected letters, digits and . _ + - (100 at most)"
        )
    return name


def describe_sizes(model: Model) -> str:
    """Name a model by the size of its inputs and of each layer that learns: 784-30-10."""
    if any(isinstance(layer, Ensemble) for layer in model.layers):
        return "ensemble"
    sizes = [int(np.prod(IMAGE_SHAPE))]
    sizes += [layer.n_out for layer in model.layers if isinstance(layer, Linear)]
    return "-".join(map(str, sizes))


def find_run(cache: Cache, name: str | None) -> Run:
    """Find a run by its name, or the one that was trained last.

    Raises: MissingError, with the nearest name.
    """
    runs = list_runs(cache)
    if not runs:
        raise MissingError(f"there is no run in {cache.runs()}", "Run `network train`")
    if name is None:
        return max(runs, key=lambda run: (run.checkpoint.stat().st_mtime_ns, run.name))
    for run in runs:
        if run.name == name:
            return run
    near = difflib.get_close_matches(name, [run.name for run in runs], n=1)
    hint = f"Did you mean {near[0]}?" if near else "`network runs` names them all"
    raise MissingError(f"no run is called {name!r} in {cache.runs()}", hint)


def list_runs(cache: Cache) -> list[Run]:
    """List every run that has a checkpoint, by name."""
    if not cache.runs().is_dir():
        return []
    runs = [Run(folder) for folder in sorted(cache.runs().iterdir())]
    return [run for run in runs if run.checkpoint.is_file() and not run.name.startswith(".")]


def save_run(
    run: Run,
    model: Model,
    params: Params,
    state: State,
    configuration: Configuration,
    history: list[EpochDone],
    step: int = 0,
    origin: dict[str, Any] | None = None,
) -> None:
    """Write what an epoch changes in a run: the history and the checkpoint."""
    meta = {
        "configuration": configuration.to_dict(),
        "epoch": len(history),
        "step": step,
        "environment": describe_environment(),
        **(origin or {}),
    }
    lines = "".join(json.dumps(epoch._asdict()) + "\n" for epoch in history)
    publish(run.history, [lines.encode()])
    save_checkpoint(run.checkpoint, Checkpoint(model, params, state, meta))


def load_run(run: Run) -> tuple[Checkpoint, Configuration]:
    """Read a run's model and the configuration it was trained with.

    Raises: MissingError, CorruptError.
    """
    checkpoint = load_checkpoint(run.checkpoint)
    values = checkpoint.meta.get("configuration")
    if not isinstance(values, dict):
        raise CorruptError(f"{run.checkpoint}: no configuration in its meta")
    return checkpoint, configuration_from_dict(values, str(run.checkpoint))


def summarise(run: Run) -> dict[str, Any]:
    """Say in plain data what a run is and what it scored, if it was tested.

    Raises: CorruptError.
    """
    checkpoint, configuration = load_run(run)
    look = last_look(read_looks(run.result, configuration.dataset), configuration.dataset)
    return {
        "run": run.name,
        "epochs": checkpoint.meta.get("epoch", 0),
        "members": checkpoint.meta.get("members", []),
        "configuration": configuration.to_dict(),
        "accuracy": look and look.accuracy,
        "count": look and look.count,
    }
