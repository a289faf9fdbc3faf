"""Where a training stands: all that has to be kept so that it can go on exactly there."""

from dataclasses import dataclass, field
from typing import Any

from network.core.optimizers import State
from network.core.params import Params
from network.training.events import EpochDone


@dataclass
class TrainingState:
    """What a training changes as it goes; its arrays change in place."""

    params: Params  # those that the updates are made to
    memory: State  # of the optimizer
    step: int = 0  # updates so far
    history: list[EpochDone] = field(default_factory=list)
    loss_sum: float = 0.0  # of the epoch that has begun: over its examples so far
    seconds: float = 0.0  # the same
    origin: dict[str, Any] = field(default_factory=dict)  # the hash of its data, changes on the way
    best: Params | None = None  # of the epoch that did best on validation, when that is wanted

    @property
    def latest(self) -> Params:
        """The parameters that the updates so far have led to: their average, where there is one."""
        return self.memory.get("average", self.params)

    @property
    def answering(self) -> Params:
        """The parameters to answer with: the best ones, where they are wanted, or the latest."""
        return self.best or self.latest
