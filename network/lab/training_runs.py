"""The training runs of a lab, one process per run, and watched runs of other processes."""

import math
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock
from typing import Any

from network.core.model import Model
from network.lab.event_log import Event, EventLog, Source
from network.lab.training_process import train_in_process
from network.lab.watched_run import WatchedRun
from network.lab.worker_process import BEGIN, WorkerProcess
from network.layers.text import parse_layers
from network.runs.folder import Run
from network.runs.live_changes import apply_changes
from network.runs.names import check_new_name
from network.runs.ownership import require_free_run
from network.training.build import build_model, build_recipe
from network.training.configuration import Configuration, configuration_from_dict
from network.training.enough_examples import check_examples
from network.training.european import require_digits
from network.training.initial_state import find_training_data
from network.training.option import OptionError
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.datasets.registry import find_dataset
from pipeline.errors import MissingError, ProjectError, UsageError
from pipeline.storage.cache import Cache

MAX_TRAININGS = 4  # training runs at the same time
# Limits of a model trained from a page, where a typing error must not fill the memory:
MAX_PARAMS, MAX_LAYERS = 20_000_000, 100


class BusyError(ProjectError):
    """Too many training runs at the same time; the lab responds with status 429."""


class Training(WorkerProcess):
    """A run that the lab trains: its process, events and state."""

    what = "the training"

    def __init__(self, cache: Cache, job: Mapping[str, Any], log: EventLog | None = None) -> None:
        self.weights: dict[str, Any] | None = None  # the latest ones
        super().__init__(train_in_process, cache, job, log)

    def take(self, event: Event) -> None:
        if event["type"] == "weights":
            self.weights = {name: event[name] for name in ("pictures", "histograms")}
            return
        if event["type"] == "change":
            self.description = {
                **self.description,
                "controls": event["controls"],
                "epochs": event["epochs"],
            }
        super().take(event)

    def check(self, values: Mapping[str, Any]) -> None:
        """Check changes before they are sent to the process.

        Raises: UsageError when a value is not valid.
        """
        model = Model(parse_layers(", ".join(self.description["layers"])))
        configuration = configuration_from_dict(self.description["configuration"], "the training")
        changed, model = apply_changes(values, configuration, model)
        build_recipe(changed, model)

    def summary(self) -> dict[str, Any]:
        """Return the state of the run as plain data."""
        return {
            "run": self.name,
            "state": self.state,
            "message": self.problem,
            "controls": self.description["controls"],
            "epochs": self.description["epochs"],
        }


class Trainings:
    """All training runs of a lab, by name."""

    def __init__(self, cache: Cache) -> None:
        self.cache, self.all, self.lock = cache, dict[str, Training](), Lock()
        self.starting: list[str] = []  # names of starting runs; "" for a name not known yet

    def create(
        self, configuration: Configuration, name: str | None, stem: str | None, film: bool
    ) -> Training:
        """Start a new run; with `film`, save its parameters after every epoch.

        Raises: UsageError, MissingError, CorruptError, StorageError.
        """
        check_new_name(self.cache, name)
        check_size(self.cache, configuration)
        job = {"configuration": configuration.to_dict(), "name": name, "stem": stem}
        return self.start({**job, "film": film})

    def resume(self, run: Run, first_command: str) -> Training:
        """Resume a run that is not being trained.

        Raises: UsageError, MissingError, CorruptError; StorageError when another process uses it.
        """
        before = self.all.get(run.name)
        if before is None or before.is_over:
            require_free_run(run)
        return self.start({"run": run.name, "first": first_command}, before)

    def start(self, job: Mapping[str, Any], before: Training | None = None) -> Training:
        """Start a process for a job; `before` is the earlier process of the same run.

        Raises: BusyError when the maximum number of runs is being trained; UsageError.
        """
        with self.reserve_place(job.get("run") or ""):
            if before is not None:
                before.listener.join(BEGIN)  # it closes the log, which is reopened after that
            training = Training(self.cache, job, before.log if before else None)
            self.all[training.name] = training
        return training

    @contextmanager
    def reserve_place(self, name: str) -> Iterator[None]:
        """Count as a starting training run, or raise an error at once.

        Raises: BusyError; UsageError when the run is already being trained.
        """
        with self.lock:
            running = [run for run, one in list(self.all.items()) if not one.is_over]
            if name and name in (*running, *self.starting):
                raise UsageError(f"run {name} is already being trained")
            if len(running) + len(self.starting) >= MAX_TRAININGS:
                raise BusyError(
                    f"{MAX_TRAININGS} runs are being trained, the maximum", "Stop one of them first"
                )
            self.starting.append(name)
        try:
            yield
        finally:
            with self.lock:
                self.starting.remove(name)

    def list(self) -> list[Training]:
        """List the training runs since the lab started, latest last."""
        return list(self.all.values())

    def get(self, name: str) -> Training | None:
        """Return the training of a run; None if this lab did not train it."""
        return self.all.get(name)

    def find(self, name: str) -> Training:
        """Return the training of a run by its name.

        Raises: MissingError.
        """
        if name not in self.all:
            raise MissingError(f'run "{name}" was not trained since this lab started')
        return self.all[name]

    def source(self, run: Run) -> Source:
        """Return the source of the events of a run: its training in this lab, or its files."""
        training = self.all.get(run.name)
        return training.log if training is not None else WatchedRun(run)


def check_size(cache: Cache, configuration: Configuration) -> None:
    """Check that a model is small enough for the lab and has enough examples.

    Raises: UsageError.
    """
    if configuration.epochs < 1:
        raise OptionError("epochs", "{epochs} is 0; expected 1 or more")
    n_classes = len(find_dataset(cache, configuration.dataset).classes)
    model = build_model(configuration, n_classes)
    build_recipe(configuration, model)
    if len(model.layers) > MAX_LAYERS:
        words = "{layers} are {count}; the lab trains up to {most}"
        shown = {"count": f"{len(model.layers):,}", "most": str(MAX_LAYERS)}
        raise OptionError("layers", words, **shown)
    if (count := count_model_params(model)) > MAX_PARAMS:
        raise UsageError(
            f"the model has {count:,} parameters; the lab trains up to {MAX_PARAMS:,}",
            "Train larger models with `network train`",
        )
    data = find_training_data(cache, configuration.dataset)
    require_digits(configuration, data.classes)
    if configuration.start is None and data.count is not None:
        check_examples(configuration, model, data.count)


def count_model_params(model: Model) -> int:
    """Return the number of parameters of a model without creating them."""
    count, shape = 0, tuple(IMAGE_SHAPE)
    for layer in model.layers:
        params, shape = layer.shapes(shape)
        count += sum(math.prod(sizes) for sizes in params.values())
    return count
