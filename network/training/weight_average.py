"""Average the parameters over the steps: the mean of many answers better than the last."""

from dataclasses import dataclass

import numpy as np

from network.core.optimizers import Optimizer, State
from network.core.params import Params, copy_params, zip_arrays

EVERY = 4  # steps; a moving average that looks at every fourth place is as good, and cheaper


@dataclass(frozen=True)
class Averaged:
    """An optimizer that also keeps a moving average of the parameters, to answer with.

        average <- average + (1 - decay_t) * (param - average)

    with decay_t = min(decay, (1 + t) / (10 + t)) at step t, so that the first places are soon
    forgotten. A decay of 0.999 remembers about 1,000 steps. The updates do not see the average.

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
        step = int(state["averaged"][0]["steps"])
        if step % EVERY:
            return
        share = 1 - min(self.decay, (1 + step) / (10 + step)) ** EVERY
        for _, (average, param) in zip_arrays(state["average"], params):
            difference = param - average
            difference *= average.dtype.type(share)
            average += difference
