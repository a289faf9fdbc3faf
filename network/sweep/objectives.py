"""What a sweep is after: a number of a training's history, and which way is better.

All are measured on the held-out examples, or on the clock; never on the test set.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Literal

from network.training.events import EpochDone

# History of the epochs so far, accuracy to be reached -> what the training has come to
Measure = Callable[[Sequence[EpochDone], float], float]


@dataclass(frozen=True)
class Objective:
    """A measure, its better direction, and what a training that diverged has come to."""

    measure: Measure
    direction: Literal["maximize", "minimize"]  # as Optuna says it
    worst: float


def accuracy(history: Sequence[EpochDone], target: float) -> float:
    """Return the accuracy on validation after the last epoch, from 0 to 1."""
    return float(history[-1].validation_accuracy or 0.0)


def loss(history: Sequence[EpochDone], target: float) -> float:
    """Return the loss on validation after the last epoch."""
    found = history[-1].validation_loss
    return math.inf if found is None else found


def time(history: Sequence[EpochDone], target: float) -> float:
    """Return the seconds of training until an epoch ended with the target accuracy."""
    seconds = 0.0
    for epoch in history:
        seconds += epoch.seconds
        if (epoch.validation_accuracy or 0.0) >= target:
            return seconds
    return math.inf


OBJECTIVES: dict[str, Objective] = {
    "accuracy": Objective(accuracy, "maximize", 0.0),
    "loss": Objective(loss, "minimize", math.inf),
    "time": Objective(time, "minimize", math.inf),
}
