"""Runs and images as the lab has loaded them: by name from the list, kept while wanted."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from network.core.data import Examples, load_examples, split_validation
from network.core.params import count_params
from network.runs.evaluate import LoadedRun
from network.runs.folder import Run, load_run, read_saved_history
from network.runs.held_out import split_examples
from network.runs.names import describe_sizes, find_run, list_runs, order_by_change
from network.training.configuration import Configuration
from network.training.loop import best_epoch
from pipeline.datasets.registry import find_dataset
from pipeline.errors import MissingError, ProjectError
from pipeline.storage.cache import Cache

RUNS, SPLITS = 4, 2  # that are kept; a split of MNIST has 188 MB
DAMAGED = 2  # sets of damaged images that are kept, of 31 MB each
NUMBERED = 100_000  # runs whose looks at test images are remembered while the lab runs

Value = TypeVar("Value")


class LruCache:
    """The last few things that were made, each by its key: the least wanted goes first."""

    def __init__(self, most: int) -> None:
        self.most, self.values, self.lock = most, OrderedDict[Hashable, Any](), Lock()

    def find(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return what is kept by this key, or make it; two that ask at once wait for one making."""
        with self.lock:
            if key not in self.values:
                self.values[key] = make()
                while len(self.values) > self.most:
                    self.values.popitem(last=False)
            self.values.move_to_end(key)
            value: Value = self.values[key]
            return value


class RunCache:
    """What the lab has read from its cache."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.runs, self.splits, self.summaries = LruCache(RUNS), LruCache(SPLITS), LruCache(10_000)
        self.held_outs, self.validations = LruCache(RUNS), LruCache(RUNS)
        self.damaged = LruCache(DAMAGED)
        self.surveys, self.answers, self.looks = LruCache(RUNS), LruCache(RUNS), LruCache(NUMBERED)

    def names(self) -> list[str]:
        """Name the runs, the latest first; a link is no run, for it may lead anywhere."""
        runs = [run for run in list_runs(self.cache) if not run.folder.is_symlink()]
        return [run.name for run in reversed(order_by_change(runs))]

    def find(self, name: str) -> Run:
        """Find a run that is on the list.

        Raises: MissingError.
        """
        run = find_run(self.cache, name)
        if run.folder.is_symlink():
            raise MissingError(f"run {name} is a link, and the lab follows none")
        return run

    def run(self, name: str) -> LoadedRun:
        """Load a run, as its checkpoint is now.

        Raises: MissingError, CorruptError.
        """
        run = self.find(name)
        return self.runs.find((name, file_version(run)), lambda: LoadedRun(run, *load_run(run)))

    def summary(self, name: str) -> dict[str, Any]:
        """Say in plain data what a run is.

        Raises: MissingError, CorruptError.
        """
        run = self.find(name)
        known = self.summaries.find((name, file_version(run)), lambda: summarise(run))
        return {**known, "has_film": run.film.is_dir()}

    def summary_of_all(self) -> list[dict[str, Any]]:
        """Say in plain data what each run is, the latest first; one that is damaged says so."""
        rows = []
        for name in self.names():
            try:
                rows.append(self.summary(name))
            except (ProjectError, OSError) as error:  # one that is removed just now is an OSError
                rows.append({"name": name, "problem": str(error)})
        return rows

    def examples(self, dataset: str, split: str) -> Examples:
        """Load the images of a split ("train" or "test").

        Raises: UsageError, MissingError, CorruptError.
        """
        found = find_dataset(self.cache, dataset)
        return self.splits.find((dataset, split), lambda: load_examples(self.cache, found, split))

    def held_out(self, run: LoadedRun) -> Examples:
        """Return the images that nothing in a run was trained on.

        Raises: UsageError when nobody knows which; MissingError, CorruptError.
        """
        key = run.name, file_version(run.run)
        return self.held_outs.find(
            key,
            lambda: split_examples(self.cache, run.run, run.checkpoint, run.configuration).examples,
        )

    def validation(self, configuration: Configuration) -> Examples:
        """Return the images that a configuration chooses by, which its films show.

        Raises: UsageError, MissingError, CorruptError.
        """
        chosen = configuration
        key = chosen.dataset, chosen.limit, chosen.validation, chosen.seed
        return self.validations.find(key, lambda: self.split(chosen)[1])

    def split(self, configuration: Configuration) -> tuple[Examples, Examples]:
        """Return the images that a configuration trains on, and those that it chooses by.

        Raises: UsageError, MissingError, CorruptError.
        """
        examples = self.examples(configuration.dataset, "train").take(slice(configuration.limit))
        return split_validation(examples, configuration.validation, configuration.seed)


def file_version(run: Run) -> tuple[int, int]:
    """Tell the versions of a run's checkpoint apart: it is written anew as a whole."""
    told = run.checkpoint.stat()
    return told.st_mtime_ns, told.st_size


def summarise(run: Run) -> dict[str, Any]:
    """Say in plain data what a run is and how far it has come."""
    checkpoint, configuration = load_run(run)
    history = read_saved_history(run, checkpoint)
    best = best_epoch(history) if history and history[-1].validation_accuracy is not None else None
    answering = best if checkpoint.meta.get("answering") == "best" else history[-1:] and history[-1]
    return {
        "name": run.name,
        "dataset": configuration.dataset,
        "sizes": describe_sizes(checkpoint.model),
        "params": count_params(checkpoint.params),
        "members": checkpoint.meta.get("members", []),
        "epochs": checkpoint.meta.get("epoch", 0),
        "planned": configuration.epochs,
        "validation_accuracy": answering.validation_accuracy if answering else None,
        "changed": min(time.time(), run.checkpoint.stat().st_mtime),
    }
