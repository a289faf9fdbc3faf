"""The trainings of a lab, a process each, and the runs that others train, watched from disk."""

import contextlib
import math
import multiprocessing
import time
from collections.abc import Mapping
from multiprocessing.connection import Connection
from threading import Event as Flag
from threading import Lock, Thread
from typing import Any

from network.building import build_model, build_recipe
from network.changing import apply
from network.configuration import Configuration, configuration_from_dict
from network.lab.event_log import Event, EventLog, Source
from network.lab.trainer import train_in_process
from network.lab.watching import WatchedRun
from network.layer_registry import layers_from_text
from network.model import Model
from network.run_names import check_new_name
from network.runs import Run
from pipeline.cache import Cache
from pipeline.datasets import find_dataset
from pipeline.errors import MissingError, ProjectError, UsageError
from pipeline.records import IMAGE_SHAPE

MOST = 4  # trainings at once
# Of a model that is trained from a page, where a slip must not fill the memory:
MOST_PARAMS, MOST_LAYERS = 20_000_000, 100
BEGIN = 60.0  # seconds that a training may take to begin
END = 1.4  # seconds that trainings have to save, when the lab ends
OVER = {"ended", "stopped", "failed"}


class Training:
    """A run that the lab trains: its process, what it has told, how it stands."""

    def __init__(self, cache: Cache, order: Mapping[str, Any], log: EventLog | None = None) -> None:
        """Start the process, and wait until it has begun.

        Raises: ProjectError with what keeps it from beginning.
        """
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.log, self.lock = log or EventLog(), Lock()
        self.begun, self.state, self.told = Flag(), "training", Event()
        self.pictures: dict[str, Any] | None = None
        self.problem = ""
        self.process = context.Process(
            target=train_in_process, args=(theirs, str(cache.root), dict(order)), daemon=True
        )
        self.process.start()
        theirs.close()
        self.log.is_over = False
        Thread(target=self.listen, args=(self.pipe,), daemon=True).start()
        if not self.begun.wait(BEGIN):
            self.process.kill()
            raise ProjectError(f"the training has not begun in {BEGIN:g} s")
        if not self.told:
            raise UsageError(self.problem or "the training has ended before it began")

    @property
    def name(self) -> str:
        return str(self.told["run"])

    def listen(self, pipe: Connection) -> None:
        """Take in what the process tells, until it ends."""
        with contextlib.suppress(EOFError, OSError):
            while True:
                self.take(pipe.recv())
        self.process.join()
        if self.state not in OVER:
            self.take({"type": "state", "state": "failed", "message": "its process has died"})
        self.log.is_over = True
        self.begun.set()

    def take(self, event: Event) -> None:
        """Take in one event."""
        if event["type"] == "weights":
            self.pictures = event["pictures"]
            return
        if event["type"] == "begin":
            self.told = event
        if event["type"] == "change":
            self.told = {**self.told, "controls": event["controls"], "epochs": event["epochs"]}
        if event["type"] == "state":
            self.state, self.problem = event["state"], event.get("message", "")
        self.log.add(event)
        if event["type"] == "begin":
            self.begun.set()

    @property
    def is_over(self) -> bool:
        return self.state in OVER

    def check(self, values: Mapping[str, Any]) -> None:
        """Refuse changes that make no sense, before they are ordered.

        Raises: UsageError.
        """
        model = Model(layers_from_text(", ".join(self.told["layers"])))
        configuration = configuration_from_dict(self.told["configuration"], "the training")
        changed, model = apply(values, configuration, model)
        build_recipe(changed, model)

    def order(self, order: str, **more: Any) -> None:
        """Tell the process what to do.

        Raises: UsageError when it is over.
        """
        with self.lock, contextlib.suppress(OSError):
            if not self.is_over:
                self.pipe.send({"order": order, **more})
                return
        raise UsageError(f"run {self.name} is not in training any more")

    def summary(self) -> dict[str, Any]:
        """Say in plain data how it stands."""
        return {
            "run": self.name,
            "state": self.state,
            "message": self.problem,
            "controls": self.told["controls"],
            "epochs": self.told["epochs"],
        }


class Trainings:
    """All trainings of a lab, by the names of their runs."""

    def __init__(self, cache: Cache) -> None:
        self.cache, self.all, self.lock = cache, dict[str, Training](), Lock()

    def begin(
        self, configuration: Configuration, name: str | None, stem: str | None, film: bool
    ) -> Training:
        """Train a new run, and keep its parameters after every epoch if that is wanted.

        Raises: UsageError, MissingError, CorruptError, StorageError.
        """
        check_new_name(self.cache, name)
        check_size(self.cache, configuration)
        order = {"configuration": configuration.to_dict(), "name": name, "stem": stem}
        return self.start({**order, "film": film})

    def go_on(self, run: Run, first_order: str) -> Training:
        """Go on with a run that nobody trains now.

        Raises: UsageError, MissingError, CorruptError.
        """
        before = self.all.get(run.name)
        if before is None and WatchedRun(run).is_in_training:
            raise UsageError(f"run {run.name} is being trained by somebody else")
        return self.start({"run": run.name, "first": first_order}, before)

    def start(self, order: Mapping[str, Any], before: Training | None = None) -> Training:
        """Start a process for an order; `before` is the training that it goes on with."""
        with self.lock:
            if before is not None and not before.is_over:
                raise UsageError(f"run {before.name} is in training already")
            if len([one for one in self.all.values() if not one.is_over]) >= MOST:
                raise UsageError(f"{MOST} runs are in training", "Stop one of them first")
            training = Training(self.cache, order, before.log if before else None)
            self.all[training.name] = training
        return training

    def list(self) -> list[Training]:
        """List the trainings since the lab began, the latest last."""
        return list(self.all.values())

    def get(self, name: str) -> Training | None:
        """Return the training of a run, None when it was not trained here."""
        return self.all.get(name)

    def find(self, name: str) -> Training:
        """Find a training by the name of its run.

        Raises: MissingError.
        """
        if name not in self.all:
            raise MissingError(f"run {name!r} was not trained since this lab began")
        return self.all[name]

    def source(self, run: Run) -> Source:
        """Return where the events of a run come from: from its training here, or from its files."""
        training = self.all.get(run.name)
        return training.log if training is not None else WatchedRun(run)

    def close(self) -> None:
        """Stop all trainings, each saved as far as it has come; one that cannot is ended."""
        for training in self.all.values():
            with contextlib.suppress(UsageError):
                training.order("stop")
        deadline = time.monotonic() + END
        for training in self.all.values():
            training.process.join(max(0.0, deadline - time.monotonic()))
            training.process.kill()


def check_size(cache: Cache, configuration: Configuration) -> None:
    """Refuse a model that is too large to be trained from a page.

    Raises: UsageError.
    """
    if configuration.epochs < 1:
        raise UsageError("epochs is 0, expected 1 at least")
    n_classes = len(find_dataset(cache, configuration.dataset).classes)
    model = build_model(configuration, n_classes)
    build_recipe(configuration, model)
    if len(model.layers) > MOST_LAYERS:
        raise UsageError(f"layers are {len(model.layers):,}, the lab trains up to {MOST_LAYERS}")
    if (count := count_of(model)) > MOST_PARAMS:
        raise UsageError(
            f"the model has {count:,} parameters, the lab trains up to {MOST_PARAMS:,}",
            "`network train` takes any",
        )


def count_of(model: Model) -> int:
    """Count the parameters of a model without making them."""
    count, shape = 0, tuple(IMAGE_SHAPE)
    for layer in model.layers:
        params, shape = layer.shapes(shape)
        count += sum(math.prod(sizes) for sizes in params.values())
    return count
