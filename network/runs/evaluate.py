"""Evaluation of runs on images that they were not trained on; each one is logged."""

from collections.abc import Sequence
from dataclasses import dataclass

from network.core.data import Examples
from network.core.params import Array
from network.metrics.accuracy import ClassificationResult, confusion_matrix, predict_classes
from network.runs.evaluation_log import (
    count_evaluations,
    evaluation_now,
    read_evaluations,
    save_evaluations,
)
from network.runs.folder import LoadedRun, load_run
from network.runs.names import find_runs
from network.runs.own_dataset import check_classes, check_own_dataset, find_classes
from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import find_dataset
from pipeline.errors import StorageError, UsageError
from pipeline.storage.cache import Cache
from pipeline.storage.locks import file_lock


@dataclass(frozen=True, eq=False)
class EvaluationResult:
    """Predictions of a run on labelled images."""

    name: str
    answers: Array  # (N,)
    result: ClassificationResult
    looks: int  # evaluations on these images so far, this one included
    unsaved: StorageError | None = None  # why it is not logged


def load_runs(cache: Cache, names: Sequence[str | None]) -> list[LoadedRun]:
    """Load runs by their names; None is the most recently trained one.

    Raises: UsageError if a run is named twice; MissingError, CorruptError.
    """
    return [LoadedRun(run, *load_run(run)) for run in find_runs(cache, names)]


def common_dataset(
    cache: Cache, runs: Sequence[LoadedRun], name: str | None = None, hint: str = ""
) -> Dataset:
    """Find the dataset that all runs use, or the one of this name if it has their classes.

    The hint is for runs of different datasets.

    Raises: UsageError, CorruptError.
    """
    first = runs[0]
    for other in runs:
        if name is None and other.configuration.dataset != first.configuration.dataset:
            raise UsageError(
                f"run {first.name} uses {first.configuration.dataset} and run {other.name} "
                f"uses {other.configuration.dataset}; expected the same dataset",
                hint,
            )
    dataset = find_dataset(cache, name or first.configuration.dataset)
    for run in runs:
        if run.configuration.dataset == dataset.name:
            check_own_dataset(cache, run, dataset)
        else:
            check_classes(run, find_classes(cache, run), dataset)
    return dataset


def evaluate_run(
    loaded: LoadedRun, dataset: Dataset, split: str, examples: Examples, must_save: bool = True
) -> EvaluationResult:
    """Predict every example of a split, and log this evaluation.

    Without `must_save`, the result has the error if the log cannot be written.

    Raises: CorruptError, StorageError.
    """
    answers = predict_classes(loaded.model, loaded.params, examples.images)
    return log_evaluation(loaded, dataset, split, examples.labels, answers, must_save)


def log_evaluation(
    loaded: LoadedRun,
    dataset: Dataset,
    split: str,
    labels: Array,
    answers: Array,
    must_save: bool = True,
) -> EvaluationResult:
    """Log an evaluation of a run on a split; `must_save` as in `evaluate_run`.

    Shapes: labels (N,), answers (N,).
    Raises: CorruptError, StorageError.
    """
    path = loaded.run.result
    result = ClassificationResult(confusion_matrix(labels, answers, len(dataset.classes)))
    sha256 = loaded.checkpoint.meta["sha256"]
    evaluation = evaluation_now(dataset.name, split, result, sha256)
    with file_lock(path):  # another process may add one
        evaluations = [*read_evaluations(path, loaded.configuration.dataset), evaluation]
        unsaved = None
        try:
            save_evaluations(path, evaluations)
        except StorageError as error:
            if must_save:
                raise
            unsaved = error
    looks = count_evaluations(evaluations, dataset.name, split)
    return EvaluationResult(loaded.name, answers, result, looks, unsaved)
