"""How a run gets its name, and how it is found by it."""

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
from collections.abc import Iterable, Sequence
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
from pipeline.errors import MissingError, ProjectError, UsageError
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache, remove_stale_parts, storage_error, sync_folder
from pipeline.storage.checksummed_json import publish_json
from pipeline.storage.file_names import is_device_name

CLOCKS_DIFFER = 60  # seconds, at most, between the clocks of machines that share a disk
MAX_NAME_BYTES, MAX_STEM_BYTES = 100, 80  # of file systems, encrypted ones take 143
NEW = "new"  # in the name of a folder that has no other yet


def create_run(
    cache: Cache,
    wanted: str | None,
    model: Model,
    params: Params,
    configuration: Configuration,
    stem: str | None = None,
    origin: dict[str, Any] | None = None,
) -> Run:
    """Make a new run of a model as it is before training.

    Without a wish it is called after the stem, or its sizes, and a number: `784-30-10-1`. Its
    folder is written under another name and then renamed, so that there is no run without a
    checkpoint, and none that two processes believe to be theirs. `origin` is what its checkpoint
    says of where it comes from; the hash of the configuration is added to it.

    Raises: UsageError when the wanted name is taken or is no plain name; a run is never
    overwritten. StorageError.
    """
    stem, origin = cut_name(stem or describe_sizes(model)), {} if origin is None else origin
    numbered = (f"{stem}-{number}" for number in itertools.count(1))
    names = numbered if wanted is None else [check_run_name(wanted)]
    remove_stale_parts(cache.runs() / NEW)
    made = Run(cache.runs() / f".{NEW}.{secrets.token_hex(8)}.part")
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
    """Refuse a name before any work is done for it.

    Raises: UsageError.
    """
    if wanted is not None and Run(cache.runs() / check_run_name(wanted)).folder.exists():
        raise name_taken(cache, wanted)


def name_taken(cache: Cache, name: str) -> UsageError:
    """Say that a run has this name."""
    return UsageError(
        f"run {show_value(name)} already exists in {cache.runs()}; runs are never overwritten",
        "Choose another --name",
    )


def publish_run(made: Run, run: Run) -> bool:
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
    """Return a name that is a folder's name on every system, and never a path.

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
    """Return a name with its accents composed, so that it can be compared."""
    return unicodedata.normalize("NFC", name)


def cut_name(stem: str) -> str:
    """Shorten the beginning of a name so that a number has room after it."""
    return compose(stem).encode()[:MAX_STEM_BYTES].decode(errors="ignore").rstrip(".-")


def describe_sizes(model: Model) -> str:
    """Name a model by its inputs and its layers that learn: 784-30-10, 784-c16-c32-10."""
    if names := [layer.model_name for layer in model.layers if layer.model_name]:
        return names[0]
    sizes = [layer.size_name for layer in model.layers if layer.size_name]
    return "-".join([str(np.prod(IMAGE_SHAPE)), *sizes])


def find_run(cache: Cache, name: str | None) -> Run:
    """Find a run by its name, or the one that was trained last; a replay is no new training.

    Raises: MissingError, with the nearest name.
    """
    runs = list_runs(cache)
    if not runs:
        raise MissingError(f"there is no run in {cache.runs()}", "Run `network train`")
    if name is None:
        ordered = order_by_change(runs)[::-1]
        return next(filter(is_result_of_training, ordered), ordered[0])
    for run in runs:
        if compose(run.name) == compose(name):
            return run
    near = difflib.get_close_matches(name, [run.name for run in runs], n=1)
    hint = f"Did you mean {near[0]}?" if near else "`network runs` lists all runs"
    raise MissingError(f"run {show_value(name)} not found in {cache.runs()}", hint)


def is_result_of_training(run: Run) -> bool:
    """Return whether a run is neither what `network init` wrote nor a replay of another.

    Those are not what a user means by the latest run. One that is damaged is, to be reported.
    """
    try:
        meta = load_checkpoint(run.checkpoint).meta
    except ProjectError:
        return True
    is_untrained = meta.get("step", 0) == 0 and meta.get("seen") == []
    return "replay_of" not in meta and not is_untrained


def order_by_change(runs: Iterable[Run]) -> list[Run]:
    """Order runs by when their checkpoints changed, the latest last; one that is gone is first."""
    return sorted(runs, key=lambda run: (last_change(run.checkpoint), run.name))


def last_change(path: Path) -> int:
    """Return when a file changed, in nanoseconds; -1 for one that is gone, or of the future.

    A time in the future says nothing but that a clock was wrong. Such a file counts as old, so
    that it never hides the one that was written just now.
    """
    try:
        changed = path.stat().st_mtime_ns
    except OSError:
        return -1
    return changed if changed <= time.time_ns() + CLOCKS_DIFFER * 10**9 else -1


def find_runs(cache: Cache, names: Sequence[str | None]) -> list[Run]:
    """Find several runs by their names.

    Raises: UsageError when one is named twice; MissingError.
    """
    runs = [find_run(cache, name) for name in names]
    for name, times in Counter(run.name for run in runs).items():
        if times > 1:
            raise UsageError(f"run {name} is named {times} times; expected different runs")
    return runs


def list_runs(cache: Cache) -> list[Run]:
    """List every run that has a checkpoint, by name; what it is, shows when it is read."""
    if not cache.runs().is_dir():
        return []
    runs = [Run(folder) for folder in sorted(cache.runs().iterdir())]
    return [run for run in runs if os.path.lexists(run.checkpoint) and not run.name.startswith(".")]
