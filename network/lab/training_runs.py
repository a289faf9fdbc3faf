"""The trainings of a lab, a process each, and the runs that others train, watched from disk."""

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
from network.training.initial_state import find_training_data
from network.training.option import OptionError
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.datasets.registry import find_dataset
from pipeline.errors import MissingError, ProjectError, UsageError
from pipeline.storage.cache import Cache

MAX_TRAININGS = 4  # trainings at once
# Of a model that is trained from a page, where a slip must not fill the memory:
MAX_PARAMS, MAX_LAYERS = 20_000_000, 100


class BusyError(ProjectError):
    """Too many trainings at once: the lab answers with status 429."""


class Training(WorkerProcess):
    """A run that the lab trains: what it has told, and how it stands."""

    what = "the training"

    def __init__(self, cache: Cache, job: Mapping[str, Any], log: EventLog | None = None) -> None:
        self.weights: dict[str, Any] | None = None  # only the latest are wanted
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

        Raises: UsageError.
        """
        model = Model(parse_layers(", ".join(self.description["layers"])))
        configuration = configuration_from_dict(self.description["configuration"], "the training")
        changed, model = apply_changes(values, configuration, model)
        build_recipe(changed, model)

    def summary(self) -> dict[str, Any]:
        """Say in plain data how it stands."""
        return {
            "run": self.name,
            "state": self.state,
            "message": self.problem,
            "controls": self.description["controls"],
            "epochs": self.description["epochs"],
        }


class Trainings:
    """All trainings of a lab, by the names of their runs."""

    def __init__(self, cache: Cache) -> None:
        self.cache, self.all, self.lock = cache, dict[str, Training](), Lock()
        self.beginning: list[str] = []  # names of the runs whose processes begin; "": not known yet

    def create(
        self, configuration: Configuration, name: str | None, stem: str | None, film: bool
    ) -> Training:
        """Train a new run; with `film`, keep its parameters after every epoch.

        Raises: UsageError, MissingError, CorruptError, StorageError.
        """
        check_new_name(self.cache, name)
        check_size(self.cache, configuration)
        job = {"configuration": configuration.to_dict(), "name": name, "stem": stem}
        return self.start({**job, "film": film})

    def resume(self, run: Run, first_command: str) -> Training:
        """Resume a run that is not in training now.

        Raises: UsageError, MissingError, CorruptError; StorageError when another process has it.
        """
        before = self.all.get(run.name)
        if before is None or before.is_over:
            require_free_run(run)
        return self.start({"run": run.name, "first": first_command}, before)

    def start(self, job: Mapping[str, Any], before: Training | None = None) -> Training:
        """Start a process for a job; `before` is the training that it resumes.

        Raises: BusyError where as many as there may be are at work or begin; UsageError.
        """
        with self.taking_a_place(job.get("run") or ""):
            if before is not None:
                before.listener.join(BEGIN)  # it marks the log as over, which goes on after that
            training = Training(self.cache, job, before.log if before else None)
            self.all[training.name] = training
        return training

    @contextmanager
    def taking_a_place(self, name: str) -> Iterator[None]:
        """Be one of the trainings that begin; whoever comes too late hears it at once.

        Raises: BusyError, UsageError when the run is in training.
        """
        with self.lock:
            at_work = [run for run, one in list(self.all.items()) if not one.is_over]
            if name and name in (*at_work, *self.beginning):
                raise UsageError(f"run {name} is in training already")
            if len(at_work) + len(self.beginning) >= MAX_TRAININGS:
                raise BusyError(
                    f"{MAX_TRAININGS} runs are in training, as many as the lab trains at once",
                    "Stop one of them first",
                )
            self.beginning.append(name)
        try:
            yield
        finally:
            with self.lock:
                self.beginning.remove(name)

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


def check_size(cache: Cache, configuration: Configuration) -> None:
    """Check that a model is small enough to be trained from a page, and has enough examples.

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
            f"the model has {count:,} parameters, the lab trains up to {MAX_PARAMS:,}",
            "`network train` takes any",
        )
    data = find_training_data(cache, configuration.dataset)
    if configuration.start is None and data.count is not None:
        check_examples(configuration, model, data.count)


def count_model_params(model: Model) -> int:
    """Count the parameters of a model without making them."""
    count, shape = 0, tuple(IMAGE_SHAPE)
    for layer in model.layers:
        params, shape = layer.shapes(shape)
        count += sum(math.prod(sizes) for sizes in params.values())
    return count
