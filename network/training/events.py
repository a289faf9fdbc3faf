"""What a training tells while it goes on."""

from typing import NamedTuple, TypeAlias


class StepDone(NamedTuple):
    """One update has been made."""

    step: int  # 1, 2, ... over the whole run
    loss: float  # of this batch, before the update
    examples: int  # in this batch


class EpochDone(NamedTuple):
    """Every training example has been used once more."""

    epoch: int  # 1, 2, ...
    step: int  # updates so far
    loss: float  # mean over the epoch's examples, each before its update
    validation_loss: float | None  # None when nothing is held out
    validation_accuracy: float | None
    learning_rate: float  # of the last step
    seconds: float  # the updates alone, without the validation


Event: TypeAlias = StepDone | EpochDone
