"""Weight average (EMA): an optimizer that wraps another one and stores the average."""

from dataclasses import dataclass

import numpy as np

from network.core.optimizers import Optimizer, State
from network.core.params import Params, copy_params, zip_arrays


@dataclass(frozen=True)
class WeightAveraging:
    """An optimizer that also keeps a moving average of the parameters, for prediction.

        average <- average + (1 - decay_t) * (param - average)

    with decay_t = min(decay, (1 + t) / (10 + t)) at step t = 1, 2, ..., so that the first
    parameters soon lose their weight. A decay of 0.999 averages about 1,000 steps. The updates do
    not use the average.

    Source: Polyak and Juditsky, Acceleration of stochastic approximation by averaging (1992),
    equation 2, with a moving mean; the warm-up is that of TensorFlow's ExponentialMovingAverage.
    """

    optimizer: Optimizer
    decay: float

    def init(self, params: Params) -> State:
        counter: Params = [{"steps": np.zeros((), np.int64)}]
        return self.optimizer.init(params) | {"average": copy_params(params), "averaged": counter}

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        self.optimizer.update(params, grads, state, learning_rate)
        state["averaged"][0]["steps"] += 1
        self.move_average(state["average"], params, int(state["averaged"][0]["steps"]))

    def move_average(self, average: Params, params: Params, step: int) -> None:
        """Move the average towards the parameters after a step, counted from 1."""
        move_towards(average, params, 1 - self.decay_at(step))

    def decay_at(self, step: int) -> float:
        """Return decay_t."""
        return min(self.decay, (1 + step) / (10 + step))


def move_towards(average: Params, params: Params, share: float) -> None:
    """Move a tree by a share of the way to another one, in place."""
    for _, (mean, param) in zip_arrays(average, params):
        difference = param - mean
        difference *= mean.dtype.type(share)
        mean += difference
