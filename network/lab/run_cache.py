"""Cache of the runs and images that the lab has loaded."""

import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any, TypeVar

from network.core.data import Examples, load_examples, split_validation
from network.core.params import count_params
from network.runs.folder import LoadedRun, Run, load_run, read_saved_history
from network.runs.held_out import split_examples
from network.runs.names import describe_sizes, find_run, list_runs, order_by_change
from network.runs.own_dataset import find_own_dataset
from network.training.loop import best_epoch
from pipeline.errors import MissingError, ProjectError
from pipeline.pickles.manifest import split_hash
from pipeline.storage.cache import Cache

RUNS, SPLITS = 4, 2  # cached; a split of MNIST has 188 MB
CORRUPTED = 2  # cached sets of corrupted images, 31 MB per set
LOGGED = 100_000  # runs whose number of test evaluations is cached

Value = TypeVar("Value")


class LruCache:
    """A cache that drops the least recently used value first."""

    def __init__(self, most: int) -> None:
        self.most, self.values, self.lock = most, OrderedDict[Hashable, Any](), Lock()

    def find(self, key: Hashable, make: Callable[[], Value]) -> Value:
        """Return the value of a key; compute it once if it is not cached, in one thread."""
        with self.lock:
            if key not in self.values:
                self.values[key] = make()
                while len(self.values) > self.most:
                    self.values.popitem(last=False)
            self.values.move_to_end(key)
            value: Value = self.values[key]
            return value


class RunCache:
    """Runs, images and predictions, loaded from the cache folder."""

    def __init__(self, cache: Cache) -> None:
        self.cache = cache
        self.runs, self.splits, self.summaries = LruCache(RUNS), LruCache(SPLITS), LruCache(10_000)
        self.held_outs, self.validations = LruCache(RUNS), LruCache(RUNS)
        self.corrupted = LruCache(CORRUPTED)
        self.surveys, self.predictions = LruCache(RUNS), LruCache(RUNS)
        self.evaluations = LruCache(LOGGED)

    def names(self) -> list[str]:
        """Return the names of the runs, latest first, without links, which may lead anywhere."""
        runs = [run for run in list_runs(self.cache) if not run.folder.is_symlink()]
        return [run.name for run in reversed(order_by_change(runs))]

    def find(self, name: str) -> Run:
        """Find a run by its name.

        Raises: MissingError.
        """
        run = find_run(self.cache, name)
        if run.folder.is_symlink():
            raise MissingError(f"run {name} is a link, which the lab does not follow")
        return run

    def run(self, name: str) -> LoadedRun:
        """Load a run with its current checkpoint.

        Raises: MissingError, CorruptError.
        """
        run = self.find(name)
        return self.runs.find((name, file_version(run)), lambda: LoadedRun(run, *load_run(run)))

    def summary(self, name: str) -> dict[str, Any]:
        """Return the summary of a run as plain data.

        Raises: MissingError, CorruptError.
        """
        run = self.find(name)
        known = self.summaries.find((name, file_version(run)), lambda: summarise(run))
        return {**known, "has_film": run.film.is_dir()}

    def summary_of_all(self) -> list[dict[str, Any]]:
        """Return the summaries of all runs, latest first; a damaged run has a `problem`."""
        rows = []
        for name in self.names():
            try:
                rows.append(self.summary(name))
            except (ProjectError, OSError) as error:  # OSError: the run is being removed
                rows.append({"name": name, "problem": str(error)})
        return rows

    def examples(self, run: LoadedRun, split: str) -> Examples:
        """Load the images of a split ("train" or "test") of the dataset of a run.

        Raises: UsageError if it has other data now; MissingError, CorruptError.
        """
        dataset = find_own_dataset(self.cache, run)
        key = dataset.name, split, split_hash(self.cache, dataset, split)
        return self.splits.find(key, lambda: load_examples(self.cache, dataset, split))

    def held_out(self, run: LoadedRun) -> Examples:
        """Return the images that no part of a run was trained on.

        Raises: UsageError when they are unknown; MissingError, CorruptError.
        """
        key = run.name, file_version(run.run)
        return self.held_outs.find(
            key,
            lambda: split_examples(self.cache, run.run, run.checkpoint, run.configuration).examples,
        )

    def validation(self, run: LoadedRun) -> Examples:
        """Return the validation images of a run's configuration, as in its films.

        Raises: UsageError, MissingError, CorruptError.
        """
        key = run.name, file_version(run.run)
        return self.validations.find(key, lambda: self.split(run)[1])

    def split(self, run: LoadedRun) -> tuple[Examples, Examples]:
        """Return the training and the validation images of a run's configuration.

        Raises: UsageError, MissingError, CorruptError.
        """
        chosen = run.configuration
        examples = self.examples(run, "train").take(slice(chosen.limit))
        return split_validation(examples, chosen.validation, chosen.seed)


def file_version(run: Run) -> tuple[int, int]:
    """Return a version of the checkpoint, which changes whenever the file is written."""
    info = run.checkpoint.stat()
    return info.st_mtime_ns, info.st_size


def summarise(run: Run) -> dict[str, Any]:
    """Return a run and its progress as plain data."""
    checkpoint, configuration = load_run(run)
    history = read_saved_history(run, checkpoint)
    best = best_epoch(history) if history and history[-1].validation_accuracy is not None else None
    used = best if checkpoint.meta.get("answering") == "best" else history[-1:] and history[-1]
    return {
        "name": run.name,
        "dataset": configuration.dataset,
        "sizes": describe_sizes(checkpoint.model),
        "params": count_params(checkpoint.params),
        "members": checkpoint.meta.get("members", []),
        "epochs": checkpoint.meta.get("epoch", 0),
        "planned": configuration.epochs,
        "validation_accuracy": used.validation_accuracy if used else None,
        "changed": min(time.time(), run.checkpoint.stat().st_mtime),
    }
