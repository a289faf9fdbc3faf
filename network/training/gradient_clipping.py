"""Gradient clipping: an optimizer that wraps another one."""

from dataclasses import dataclass
from math import sqrt

import numpy as np

from network.core.optimizers import Optimizer, State
from network.core.params import Params, named_arrays


def global_norm(tree: Params) -> float:
    """Return the norm of all arrays together, as one vector."""
    return sqrt(sum(float(np.vdot(array, array)) for _, array in named_arrays(tree)))


@dataclass(frozen=True)
class GradientClipping:
    """An optimizer whose gradients are clipped to `limit`: grad * min(1, limit / norm).

    The norm is that of all gradients together, so their direction does not change.

    Source: Pascanu, Mikolov, Bengio, On the difficulty of training recurrent neural networks
    (2013), algorithm 1.
    """

    optimizer: Optimizer
    limit: float

    def init(self, params: Params) -> State:
        return self.optimizer.init(params)

    def update(self, params: Params, grads: Params, state: State, learning_rate: float) -> None:
        if (length := global_norm(grads)) > self.limit:
            for _, grad in named_arrays(grads):
                grad *= grad.dtype.type(self.limit / length)
        self.optimizer.update(params, grads, state, learning_rate)
