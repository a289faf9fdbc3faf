"""State of a training, and the events that it yields.

The state is everything that must be saved so that training can resume exactly where it stopped.
"""

from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeAlias

from network.core.optimizers import State
from network.core.params import Params


class StepDone(NamedTuple):
    """Event: one update has been made.

    Example:
        >>> next(iter(create_training("mnist-sample", epochs=1)))
        StepDone(step=1, loss=1.1..., examples=32)
    """

    step: int  # 1, 2, ... over the whole run
    loss: float  # of this batch, before the update
    examples: int  # in this batch


class EpochDone(NamedTuple):
    """Event: an epoch is complete.

    Example:
        >>> [event.epoch for event in train("mnist-sample", epochs=2).history]
        [1, 2]
    """

    epoch: int  # 1, 2, ...
    step: int  # updates so far
    loss: float  # mean over the epoch's examples, each before its update
    validation_loss: float | None  # None without validation images
    validation_accuracy: float | None
    learning_rate: float  # of the last step
    seconds: float  # the updates alone, without the validation


Event: TypeAlias = StepDone | EpochDone


@dataclass(eq=False)
class TrainingState:
    """State of a training; its arrays change in place."""

    params: Params  # the parameters that updates change
    optimizer_state: State  # of the optimizer
    step: int = 0  # updates so far
    history: list[EpochDone] = field(default_factory=list)
    loss_sum: float = 0.0  # of the epoch that has begun: over its examples so far
    seconds: float = 0.0  # the same
    origin: dict[str, Any] = field(default_factory=dict)  # hash of its data, changes of settings
    best: Params | None = None  # of the best epoch, if wanted

    @property
    def latest(self) -> Params:
        """The current parameters: the weight average, if there is one."""
        return self.optimizer_state.get("average", self.params)

    @property
    def answering(self) -> Params:
        """The parameters for prediction: the best ones, if wanted, or the latest."""
        return self.best or self.latest
