"""Data of a plot: a run, and its predictions on images it was not trained on."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from network.core.data import Examples, load_examples
from network.core.model import Model
from network.core.params import Array, Params
from network.metrics.accuracy import ClassificationResult, confusion_matrix
from network.metrics.calibration import probabilities
from network.runs.evaluate import common_dataset, load_runs, log_evaluation
from network.runs.folder import LoadedRun, read_saved_history
from network.runs.held_out import require_steps, split_examples
from network.training.state import EpochDone
from pipeline.errors import UsageError
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache

HELD_OUT = "validation"


@dataclass(frozen=True, eq=False)
class Subject:
    """A run, and examples with its predictions."""

    loaded: LoadedRun
    history: list[EpochDone]
    classes: tuple[str, ...]
    examples: Examples
    shown: str  # description of the examples

    @property
    def name(self) -> str:
        return self.loaded.name

    @property
    def model(self) -> Model:
        return self.loaded.model

    @property
    def params(self) -> Params:
        return self.loaded.params

    @cached_property
    def probabilities(self) -> Array:
        """The probability of each class.  Shapes: (N, K)."""
        return probabilities(self.model, self.params, self.examples.images)

    @property
    def answers(self) -> Array:
        """The predicted class of each example.  Shapes: (N,)."""
        answers: Array = self.probabilities.argmax(axis=1)
        return answers

    @cached_property
    def result(self) -> ClassificationResult:
        """The result on the examples, with the confusion matrix."""
        labels = self.examples.labels
        return ClassificationResult(confusion_matrix(labels, self.answers, len(self.classes)))


def load_subjects(cache: Cache, names: Sequence[str | None], split: str) -> list[Subject]:
    """Load runs with the examples to draw: the validation examples of each, or a split.

    An evaluation on a split is logged, as `network test` does.

    Raises: UsageError if the runs use different datasets, or one has no validation examples;
    MissingError, CorruptError, StorageError.
    """
    runs = load_runs(cache, names)
    dataset = common_dataset(cache, runs)
    if split not in (*dataset.splits, HELD_OUT):
        known = ", ".join((*dataset.splits, HELD_OUT))
        raise UsageError(
            f"{dataset.name} has no split {show_value(split)}; expected one of {known}"
        )
    common = None if split == HELD_OUT else load_examples(cache, dataset, split)
    subjects = []
    for run in runs:
        examples = held_out(cache, run) if common is None else common
        shown = f"{len(examples):,} {'validation' if common is None else split} images"
        subject = Subject(
            run,
            read_saved_history(run.run, run.checkpoint),
            dataset.classes,
            examples,
            f"{shown} of {dataset.name}",
        )
        if common is not None:
            log_evaluation(run, dataset, split, common.labels, subject.answers)
        subjects.append(subject)
    return subjects


def held_out(cache: Cache, run: LoadedRun) -> Examples:
    """Load the validation examples of a run.

    Raises: UsageError if there are none, if they are not known, or if the run is untrained;
    MissingError, CorruptError.
    """
    require_steps(run.name, run.checkpoint, run.configuration)
    other = "Choose --split test"
    try:
        examples = split_examples(cache, run.run, run.checkpoint, run.configuration).examples
    except UsageError as error:
        raise UsageError(error.message, other) from error
    if len(examples) == 0:
        raise UsageError(f"run {run.name} has no validation images", other)
    return examples


def describe_shown(subjects: Sequence[Subject]) -> str:
    """Describe the examples of several runs, whose validation images may differ."""
    shown = {subject.shown for subject in subjects}
    return shown.pop() if len(shown) == 1 else "the validation images of each run"


def most_confident_mistakes(subject: Subject, count: int) -> Array:
    """Find the misclassified examples with the highest confidence.

    Shapes: (count,) indices at most.
    """
    mistakes = np.flatnonzero(subject.answers != subject.examples.labels)
    sureness = subject.probabilities[mistakes].max(axis=1)
    return mistakes[np.argsort(-sureness, kind="stable")][:count]
