"""Names of runs: new names, and runs found by their names."""

import difflib
import errno
import itertools
import os
import re
import secrets
import shutil
import time
import unicodedata
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from network.core.model import Model
from network.core.params import Params
from network.runs.checkpoints import CONFIG_HASH, load_checkpoint
from network.runs.folder import Run, save_run
from network.training.configuration import Configuration
from network.training.state import TrainingState
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.datasets.registry import find_dataset
from pipeline.errors import MissingError, ProjectError, UsageError
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache, remove_stale_parts, storage_error, sync_folder
from pipeline.storage.checksummed_json import publish_json
from pipeline.storage.file_names import is_device_name

CLOCKS_DIFFER = 60  # seconds, at most, between the clocks of machines that share a disk
MAX_NAME_BYTES, MAX_STEM_BYTES = 100, 80  # of file systems, encrypted ones take 143
FILES = {".html", ".onnx", ".safetensors", ".png", ".svg", ".csv"}  # suffixes of outputs
NEW = "new"  # in the temporary name of a new folder


def create_run(
    cache: Cache,
    wanted: str | None,
    model: Model,
    params: Params,
    configuration: Configuration,
    stem: str | None = None,
    origin: dict[str, Any] | None = None,
) -> Run:
    """Create a new run of a model before training.

    Without a wanted name it is named after the stem, or its sizes, and a number: `784-30-10-1`. Its
    folder is written under a temporary name and then renamed, so that every run has a checkpoint,
    and two processes never share a run. `origin` has entries of its checkpoint; the names of the
    classes and the hash of the configuration are added to them.

    Raises: UsageError if the wanted name is taken or is not valid; a run is never overwritten.
    StorageError.
    """
    stem, origin = cut_name(stem or describe_sizes(model)), {} if origin is None else origin
    numbered = (f"{stem}-{number}" for number in itertools.count(1))
    names = numbered if wanted is None else [check_run_name(wanted)]
    remove_stale_parts(cache.runs() / NEW)
    made = Run(cache.runs() / f".{NEW}.{secrets.token_hex(8)}.part")
    classes = find_dataset(cache, configuration.dataset).classes
    origin.setdefault("classes", list(classes))
    try:
        origin[CONFIG_HASH] = publish_json(made.configuration, configuration.to_dict()).sha256
        save_run(made, model, TrainingState(params, {}, origin=origin), configuration)
        for name in names:
            run = Run(cache.runs() / name)
            if publish_run(made, run):
                return run
    finally:
        shutil.rmtree(made.folder, ignore_errors=True)
    raise name_taken(cache, name)


def check_new_name(cache: Cache, wanted: str | None) -> None:
    """Require a valid and free name before any work is done for it.

    Raises: UsageError.
    """
    if wanted is not None and Run(cache.runs() / check_run_name(wanted)).folder.exists():
        raise name_taken(cache, wanted)


def name_taken(cache: Cache, name: str) -> UsageError:
    """Return the error that a run has this name."""
    return UsageError(
        f"run {show_value(name)} already exists in {cache.runs()}; runs are never overwritten",
        "Choose another --name",
    )


def publish_run(made: Run, run: Run) -> bool:
    """Give a finished folder its name; return False if another folder has it.

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
    """Return a name that is valid for a folder on every system, and not a path.

    A letter with an accent may be written in two ways, and some file systems change one into the
    other: here it is always the composed one.

    Raises: UsageError.
    Source: Unicode Standard Annex 15, normalization form C.
    """
    name = compose(name)
    is_short = len(name.encode(errors="replace")) <= MAX_NAME_BYTES
    if not is_short or not re.fullmatch(r"\w([\w.+-]*[\w+-])?", name):
        raise UsageError(
            f"{show_value(name)} is not a valid run name; expected letters, digits and . _ + - "
            f"({MAX_NAME_BYTES} bytes at most)"
        )
    if is_device_name(name):
        raise UsageError(
            f"{show_value(name)} is not a valid run name: Windows has a device of this name",
            "Choose another --name",
        )
    return name


def compose(name: str) -> str:
    """Return a name with its accents composed, for comparison."""
    return unicodedata.normalize("NFC", name)


def cut_name(stem: str) -> str:
    """Return the beginning of a name, short enough for a number after it."""
    return compose(stem).encode()[:MAX_STEM_BYTES].decode(errors="ignore").rstrip(".-")


def describe_sizes(model: Model) -> str:
    """Return a name for a model's inputs and trained layers: 784-30-10, 784-c16-c32-10."""
    if names := [layer.model_name for layer in model.layers if layer.model_name]:
        return names[0]
    sizes = [layer.size_name for layer in model.layers if layer.size_name]
    return "-".join([str(np.prod(IMAGE_SHAPE)), *sizes])


def find_run(cache: Cache, name: str | None) -> Run:
    """Find a run by its name, or the most recently trained one; replays do not count.

    Without a trained run, it is the one that was written last.

    Raises: MissingError, with the nearest name.
    """
    runs = list_runs(cache)
    if not runs:
        raise MissingError(f"there is no run in {cache.runs()}", "Run `network train`")
    if name is None:
        return find_latest(runs, is_result_of_training)
    for run in runs:
        if compose(run.name) == compose(name):
            return run
    near = difflib.get_close_matches(name, [run.name for run in runs], n=1)
    hint = f"Did you mean {near[0]}?" if near else "`network runs` lists all runs"
    if Path(name).suffix in FILES:
        hint = "A file is named by an option, such as --out FILE"
    raise MissingError(f"run {show_value(name)} not found in {cache.runs()}", hint)


def find_run_to_resume(cache: Cache, name: str | None) -> Run:
    """Find a run by its name, or the latest training, even one without a step.

    Raises: MissingError, with the nearest name.
    """
    runs = list_runs(cache)
    if name is not None or not runs:
        return find_run(cache, name)
    return find_latest(runs, lambda meta: is_result_of_training(meta) or can_begin(meta))


def find_latest(runs: list[Run], counts: Callable[[dict[str, Any]], bool]) -> Run:
    """Return the latest run whose metadata count, or the latest of all if none do."""
    ordered = order_by_change(runs)[::-1]
    return next((run for run in ordered if counts(read_meta(run))), ordered[0])


def read_meta(run: Run) -> dict[str, Any]:
    """Return the metadata of a run's checkpoint; none if it is damaged."""
    try:
        return load_checkpoint(run.checkpoint).meta
    except ProjectError:
        return {}


def is_result_of_training(meta: dict[str, Any]) -> bool:
    """Return whether a run is neither untrained nor a replay of another.

    Those do not count as the most recently trained run. A damaged run counts, to be reported.
    """
    return "replay_of" not in meta and not is_untrained(meta)


def is_untrained(meta: dict[str, Any]) -> bool:
    """Return whether a run has made no step of training, as after `network init`.

    Ensembles, edited networks and imported ones have no steps, but were trained before.
    """
    is_new = meta.get("data") is not None or meta.get("seen") == []
    return is_new and meta.get("step", 0) == 0


def can_begin(meta: dict[str, Any]) -> bool:
    """Return whether a run is a training that has epochs to train, but made no step yet."""
    has_data = meta.get("data") is not None and "replay_of" not in meta
    return has_data and meta.get("configuration", {}).get("epochs", 0) > 0


def order_by_change(runs: Iterable[Run]) -> list[Run]:
    """Sort runs by the time of change of their checkpoints, the latest last."""
    return sorted(runs, key=lambda run: (last_change(run.checkpoint), run.name))


def last_change(path: Path) -> int:
    """Return the time of a file's last change in nanoseconds; -1 if it is gone or in the future.

    A time in the future means that a clock was wrong. Such a file counts as old, so that it never
    hides a file that was just written.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return -1
    return changed if changed <= time.time_ns() + CLOCKS_DIFFER * 10**9 else -1


def find_runs(
    cache: Cache,
    names: Sequence[str | None],
    find: Callable[[Cache, str | None], Run] = find_run,
) -> list[Run]:
    """Find several runs by their names.

    Raises: UsageError if one is named twice; MissingError.
    """
    runs = [find(cache, name) for name in names]
    for name, times in Counter(run.name for run in runs).items():
        if times > 1:
            often = "twice" if times == 2 else f"{times} times"
            raise UsageError(f"run {name} is named {often}; expected different runs")
    return runs


def list_runs(cache: Cache) -> list[Run]:
    """Return every run that has a checkpoint, by name; the files are not read."""
    if not cache.runs().is_dir():
        return []
    runs = [Run(folder) for folder in sorted(cache.runs().iterdir())]
    return [run for run in runs if os.path.lexists(run.checkpoint) and not run.name.startswith(".")]
