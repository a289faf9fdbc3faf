"""What makes a network more than one linear map: functions of each number, or of each row.

An activation has a kink or a bend; without one, layers in a row would be one layer. Each is a
layer without parameters, so its backward pass is checked like any other.
"""

from dataclasses import dataclass
from math import pi, sqrt

import numpy as np

from network.core.layers import Backward, Layer, WithoutParams
from network.core.params import Array, LayerParams, scalar_array

ROOT, CUBIC = sqrt(2 / pi), 0.044715  # of the GELU
BEND = 10.0  # beyond it a GELU is straight, to the last bit


@dataclass(frozen=True)
class Sigmoid(WithoutParams):
    """y = 1 / (1 + exp(-x)), computed as (1 + tanh(x / 2)) / 2, which cannot overflow.

    d_x = d_y * y * (1 - y)

    Shapes: any.
    Source: Rumelhart, Hinton, Williams (1986), equations 2 and 5; the tanh form is the
    identity of the DLMF, section 4.28 and 4.35 (hyperbolic functions of half arguments).
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        one, half = scalar_array(1, x.dtype), scalar_array(0.5, x.dtype)
        y = x * half
        np.tanh(y, out=y)
        y *= half
        y += half

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_x = one - y
            d_x *= y
            d_x *= d_y
            return d_x, {}

        return y, backward


@dataclass(frozen=True)
class Tanh(WithoutParams):
    """y = tanh(x).

    d_x = d_y * (1 - y^2)

    Shapes: any.
    Source: LeCun, Bottou, Orr, Muller, Efficient BackProp (1998), section 4.4.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        y = np.tanh(x)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y * (1 - y * y), {}

        return y, backward


@dataclass(frozen=True)
class ReLU(WithoutParams):
    """y = max(x, 0).

    d_x = d_y where x > 0, else 0

    Shapes: any.
    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines
    (2010), section 2.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        y = np.clip(x, 0, np.inf)  # several times as fast as np.maximum(x, 0)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y * (y > 0), {}

        return y, backward


@dataclass(frozen=True)
class LeakyReLU(WithoutParams):
    """y = x where x > 0, else slope * x: no unit is ever quite dead.

    d_x = d_y where x > 0, else slope * d_y

    Shapes: any.
    Source: Maas, Hannun, Ng, Rectifier nonlinearities improve neural network acoustic models
    (2013), section 2.
    """

    slope: float = 0.01

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        y = np.maximum(x, self.slope * x)  # the slope is less than 1

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y * np.where(x > 0, x.dtype.type(1), x.dtype.type(self.slope)), {}

        return y, backward


@dataclass(frozen=True)
class GELU(WithoutParams):
    """y = x * (1 + tanh(u)) / 2 with u = sqrt(2 / pi) * (x + 0.044715 x^3).

    d_x = d_y * ((1 + tanh(u)) / 2 + x * (1 - tanh(u)^2) / 2 * u'),
    u' = sqrt(2 / pi) * (1 + 3 * 0.044715 x^2)

    Shapes: any.
    Source: Hendrycks and Gimpel, Gaussian error linear units (2016), section 2, the
    approximation by tanh.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        near = np.clip(x, -BEND, BEND)  # beyond, tanh is 1 and the cube could overflow
        square = near * near
        t = np.tanh(ROOT * near * (1 + CUBIC * square))

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            slope = 0.5 * near * (1 - t * t) * (ROOT * (1 + 3 * CUBIC * square))
            return d_y * (0.5 * (1 + t) + slope), {}

        return x * (0.5 * (1 + t)), backward


@dataclass(frozen=True)
class Softmax(WithoutParams):
    """y_k = exp(x_k) / sum_j exp(x_j): scores that add up to 1.

    d_x = y * (d_y - sum_k d_y_k * y_k); the largest x is subtracted first, so exp cannot
    overflow and the result is the same.

    Shapes: (N, K).
    Source: Bridle, Probabilistic interpretation of feedforward classification network
    outputs (1990), equation 10.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        y = np.exp(x - x.max(axis=1, keepdims=True))
        y /= y.sum(axis=1, keepdims=True)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return y * (d_y - (d_y * y).sum(axis=1, keepdims=True)), {}

        return y, backward


@dataclass(frozen=True)
class LogSoftmax(WithoutParams):
    """y_k = x_k - log sum_j exp(x_j): the logarithms of softmax, exact where those are tiny.

    d_x = d_y - exp(y) * sum_k d_y_k

    Shapes: (N, K).
    Source: Bishop, Pattern Recognition and Machine Learning (2006), equation 4.104.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        z = x - x.max(axis=1, keepdims=True)
        y = z - np.log(np.exp(z).sum(axis=1, keepdims=True))

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y - np.exp(y) * d_y.sum(axis=1, keepdims=True), {}

        return y, backward


ACTIVATIONS: dict[str, type[Layer]] = {
    "sigmoid": Sigmoid,
    "tanh": Tanh,
    "relu": ReLU,
    "leaky-relu": LeakyReLU,
    "gelu": GELU,
}
