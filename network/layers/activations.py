"""Further activations, and the registry of all activations by name.

`core/activations.py` has Sigmoid, Tanh, ReLU and Softmax, and explains what an activation is.
"""

from collections.abc import Callable
from dataclasses import dataclass
from math import pi, sqrt
from typing import Annotated

import numpy as np

from network.core.activations import Activation, ReLU, Sigmoid, Tanh
from network.core.layers import Backward, Layer
from network.core.params import Array, LayerParams
from network.core.plumbing.arguments import at_least, at_most


@dataclass(frozen=True)
class LeakyReLU(Activation):
    """y = x where x > 0, else slope * x: a ReLU whose units do not become dead.

        dy/dx = 1 where x > 0, else slope

    Source: Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models
    (2013), section 2.
    """

    slope: Annotated[float, at_least(0), at_most(1)] = 0.01

    def curve(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        y = np.maximum(x, self.slope * x)  # the slope is at most 1
        one, slope = x.dtype.type(1), x.dtype.type(self.slope)
        return y, lambda d_y: d_y * np.where(x > 0, one, slope)


ROOT, CUBIC = sqrt(2 / pi), 0.044715  # of the GELU
BEND = 10.0  # beyond it a GELU is linear, to the last bit


@dataclass(frozen=True)
class GELU(Activation):
    """y = x * (1 + tanh(u)) / 2 with u = sqrt(2 / pi) * (x + 0.044715 x^3): a smooth ReLU.

    By the product rule, with du/dx = sqrt(2 / pi) * (1 + 3 * 0.044715 x^2),

        dy/dx = (1 + tanh(u)) / 2 + x * (1 - tanh(u)^2) / 2 * du/dx

    Source: Hendrycks and Gimpel, Gaussian error linear units (2016), section 2, the
    approximation by tanh.
    """

    def curve(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        near = np.clip(x, -BEND, BEND)  # beyond, tanh(u) is 1 or -1, and x^3 could overflow
        square = near * near
        t = np.tanh(ROOT * near * (1 + CUBIC * square))  # tanh(u)

        def chain_rule(d_y: Array) -> Array:
            second = 0.5 * near * (1 - t * t) * (ROOT * (1 + 3 * CUBIC * square))
            d_x: Array = d_y * (0.5 * (1 + t) + second)
            return d_x

        return x * (0.5 * (1 + t)), chain_rule


@dataclass(frozen=True)
class LogSoftmax(Layer):
    """y_k = x_k - log sum_j exp(x_j): the logarithm of Softmax, exact for tiny scores.

    With dy_k/dx_j = [j = k] - exp(y_j):

        d_x_j = d_y_j - exp(y_j) * sum_k d_y_k

    Shapes: (N, K).
    Source: Bishop, Pattern Recognition and Machine Learning (2006), equation 4.104.
    """

    is_activation = True

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        z = x - x.max(axis=1, keepdims=True)  # as in Softmax
        y = z - np.log(np.exp(z).sum(axis=1, keepdims=True))  # (N, K) minus (N, 1)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y - np.exp(y) * d_y.sum(axis=1, keepdims=True), {}  # (N, K)

        return y, backward


ACTIVATIONS: dict[str, type[Layer]] = {  # those that are allowed between two layers
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky-relu": LeakyReLU,
    "gelu": GELU,
}
