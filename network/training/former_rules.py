"""Former rules of training, by which runs that began with them are resumed and replayed.

A configuration counts the rules that it is trained by (`rules`). What changed with which number is
written beside `RULES` in configuration.py. To change a rule, count up, and put the old one here.
"""

from dataclasses import dataclass

from network.core.params import Params
from network.core.schedules import WARM_UP, Schedule, cosine
from network.training.weight_averaging import WeightAveraging, move_towards

EVERY = 4  # steps


@dataclass(frozen=True)
class WeightAveragingByFours(WeightAveraging):
    """The weight average until rules 2: it moves after every fourth step, by decay_t^4.

    So a training of fewer steps ends with its initial weights, and up to three steps at the end
    of any other are not in the average.
    """

    def move_average(self, average: Params, params: Params, step: int) -> None:
        if step % EVERY == 0:
            move_towards(average, params, 1 - self.decay_at(step) ** EVERY)


def warm_cosine_from_zero(progress: float) -> float:
    """Rise from 0 to 1, then fall: `warm_cosine` until rules 2, whose first step moves nothing."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return cosine((progress - WARM_UP) / (1 - WARM_UP))


SCHEDULES_BEFORE_2: dict[str, Schedule] = {"warm-cosine": warm_cosine_from_zero}
