"""Former rules of training, for runs that began with them and are resumed or replayed.

A configuration has the version of its rules (`rules`). The changes are listed next to `RULES` in
configuration.py. To change a rule, increase the version, and keep the old rule here.
"""

from dataclasses import dataclass

from network.core.params import Params
from network.core.schedules import Schedule, cosine
from network.training.schedules import WARM_UP
from network.training.weight_averaging import WeightAveraging, move_towards

EVERY = 4  # steps


@dataclass(frozen=True)
class WeightAveragingByFours(WeightAveraging):
    """Weight average before rules 2: it moves after every fourth step, by decay_t^4.

    So a training of fewer steps ends with its initial weights, and up to three steps at the end
    of any other are not in the average.
    """

    def move_average(self, average: Params, params: Params, step: int) -> None:
        if step % EVERY == 0:
            move_towards(average, params, 1 - self.decay_at(step) ** EVERY)


def warm_cosine_from_zero(progress: float) -> float:
    """Return `warm_cosine` before rules 2: it rises from 0, so its first step has no effect."""
    if progress < WARM_UP:
        return progress / WARM_UP
    return cosine((progress - WARM_UP) / (1 - WARM_UP))


SCHEDULES_BEFORE_2: dict[str, Schedule] = {"warm-cosine": warm_cosine_from_zero}
