"""Objectives of a sweep: measures of a trial on validation images."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal, TypeAlias

from network.training.state import EpochDone
from pipeline.errors import UsageError

# History of the epochs so far, accuracy to reach -> value of the objective
Measure: TypeAlias = Callable[[Sequence[EpochDone], float], float]


@dataclass(frozen=True)
class Objective:
    """A measure, its better direction, and its value if training diverges."""

    measure: Measure
    direction: Literal["maximize", "minimize"]  # in the words of Optuna
    worst: float


def accuracy(history: Sequence[EpochDone], target: float) -> float:
    """Return the validation accuracy after the last epoch, from 0 to 1."""
    return measured(history[-1].validation_accuracy)


def loss(history: Sequence[EpochDone], target: float) -> float:
    """Return the validation loss after the last epoch, by the loss of the trial."""
    return measured(history[-1].validation_loss)


def time(history: Sequence[EpochDone], target: float) -> float:
    """Return the seconds of training until an epoch ended with the target accuracy."""
    seconds = 0.0
    for epoch in history:
        seconds += epoch.seconds
        if measured(epoch.validation_accuracy) >= target:
            return seconds
    return math.inf


def measured(number: float | None) -> float:
    """Return a measure on validation images.

    Raises: UsageError if there are no validation images.
    """
    if number is None:
        raise UsageError("a trial has no validation images to compare it by")
    return float(number)


OBJECTIVES: dict[str, Objective] = {
    "accuracy": Objective(accuracy, "maximize", 0.0),
    "loss": Objective(loss, "minimize", math.inf),
    "time": Objective(time, "minimize", math.inf),
}
