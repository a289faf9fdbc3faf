"""Films of runs: the content of each frame, and the films that are being made."""

import time
from collections.abc import Mapping
from contextlib import ExitStack, closing
from multiprocessing.connection import Connection
from pathlib import Path
from threading import Lock
from typing import Any

import numpy as np

from network.core.data import Examples
from network.core.params import Array
from network.lab.gradient_stats import pack_first_layer_weights
from network.lab.model_json import array_to_json
from network.lab.run_cache import RunCache
from network.lab.worker_process import WorkerProcess, lower_priority, reporting_problems
from network.runs.film import (
    Frame,
    PredictionChanges,
    find_prediction_changes,
    frame_path,
    list_epochs,
    load_frame,
)
from network.runs.folder import LoadedRun, Run, read_saved_history
from network.runs.make_film import check_can_make_film, is_film_complete, make_film
from network.runs.names import find_run
from network.runs.own_dataset import find_classes
from network.runs.ownership import own_run, require_free_run
from network.training.state import EpochDone
from pipeline.errors import MissingError, ProjectError, UsageError
from pipeline.storage.cache import Cache

REPORT = 0.2  # seconds between two reports
MAX_DIGITS = 24  # images shown per kind of prediction change


class Filming(WorkerProcess):
    """The process that makes a film."""

    what = "the film"


class Films:
    """The processes that make films, by the names of their runs."""

    def __init__(self, cache: Cache) -> None:
        self.cache, self.all, self.lock = cache, dict[str, Filming](), Lock()

    def make(self, run: Run) -> None:
        """Start making the film of a run.

        Raises: UsageError, MissingError, CorruptError.
        """
        check_can_make_film(run)
        require_free_run(run)
        with self.lock:
            if [one for one in self.all.values() if not one.is_over]:
                raise UsageError("another film is being made", "Stop it, or wait until it ends")
            self.all[run.name] = Filming(make_film_in_process, self.cache, {"run": run.name})

    def find(self, name: str) -> Filming:
        """Return the process that makes or made the film of a run.

        Raises: MissingError.
        """
        if name not in self.all:
            raise MissingError(f"no film of run {name} was made since this lab started")
        return self.all[name]


def make_film_in_process(pipe: Connection, root: str, job: Mapping[str, Any]) -> None:
    """Make the film of the run in a job; any command from the lab stops it."""
    lower_priority()
    with reporting_problems(pipe), ExitStack() as owned:
        cache = Cache(Path(root), "the lab's")
        run = find_run(cache, job["run"])
        owned.enter_context(own_run(run))
        epochs = check_can_make_film(run).meta["epoch"]
        pipe.send({"type": "begin", "run": run.name, "epochs": epochs})
        state, reported, seen, done = "ended", 0.0, 0, 0
        with closing(make_film(cache, run)) as events:
            for event in events:
                if isinstance(event, EpochDone):
                    done, seen = event.epoch, event.step
                if time.monotonic() - reported > REPORT:
                    reported = time.monotonic()
                    a_part = (event.step - seen) / (seen / done) if done else 0.0
                    pipe.send({"type": "progress", "epoch": done + a_part})
                    if pipe.poll():
                        state = "stopped"
                        break
        pipe.send({"type": "state", "state": state})


def describe_film(cache: Cache, loaded: LoadedRun) -> dict[str, Any]:
    """Return the film of a run as plain data, or an estimate for making it.

    Raises: CorruptError.
    """
    run, checkpoint = loaded.run, loaded.checkpoint
    done = checkpoint.meta.get("epoch", 0)
    history = read_saved_history(run, checkpoint)
    epochs = [epoch for epoch in list_epochs(run) if epoch <= done]
    size = frame_path(run.film, 0).stat().st_size if epochs else run.checkpoint.stat().st_size
    return {
        "run": run.name,
        "classes": find_classes(cache, loaded),
        "epochs": epochs,
        "history": [one._asdict() for one in history if one.epoch in epochs],
        "is_whole": len(epochs) == done + 1,
        "shows_the_run": is_film_complete(run, checkpoint) if epochs else None,
        "done": done,
        "seconds": sum(one.seconds for one in history),
        "bytes": size * (done + 1),
        "problem": film_problem(run),
    }


def film_problem(run: Run) -> str:
    """Return the reason why no film of a run can be made, or an empty text."""
    try:
        check_can_make_film(run)
    except ProjectError as error:
        return str(error)
    return ""


def describe_frame(loaded: RunCache, found: LoadedRun, epoch: int) -> dict[str, Any]:
    """Return a frame as plain data: first-layer weights, accuracy, prediction changes.

    Raises: MissingError, CorruptError.
    """
    held_out = loaded.validation(found)
    frame = load_frame(found.run, epoch)
    before = load_frame(found.run, epoch - 1) if epoch else frame
    for one in (before, frame):
        if len(one.answers) != len(held_out):
            raise MissingError(
                f"the film of run {found.run.name} has {len(one.answers):,} predictions; "
                f"the run has {len(held_out):,} validation images",
                "Make the film again",
            )
    flips = find_prediction_changes(before, frame, held_out.labels)
    return {
        "epoch": epoch,
        "right": int(np.sum(frame.answers == held_out.labels)),
        "count": len(held_out),
        "pictures": pack_first_layer_weights(frame.checkpoint.params),
        "flips": describe_prediction_changes(flips, before, frame, held_out),
    }


def describe_prediction_changes(
    flips: PredictionChanges, before: Frame, after: Frame, held_out: Examples
) -> Mapping[str, Any]:
    """Return the first images of each kind of prediction change, and their number."""

    def show(places: Array) -> dict[str, Any]:
        some = places[:MAX_DIGITS]
        return {
            "count": len(places),
            "labels": held_out.labels[some].tolist(),
            "was": before.answers[some].tolist(),
            "now": after.answers[some].tolist(),
            "images": array_to_json((255 * held_out.images[some]).round(), "uint8"),
        }

    return {
        "put_right": show(flips.put_right),
        "put_wrong": show(flips.put_wrong),
        "other_wrong": show(flips.other_wrong),
    }
