"""Activations: nonlinear functions between the linear layers of a network.

Two Linear layers in a row are one Linear layer: (x @ A) @ B = x @ (A @ B), and the biases add up,
too. So an *activation* is placed between them: a fixed function whose graph is not a straight
line, applied to each number by itself. Layers in a row can then represent almost any function.

An activation is a layer without parameters. Its forward pass is y = f(x), its backward pass the
chain rule for a function of one variable: d_x = d_y * f'(x). Where f is flat, f'(x) is almost 0,
and so is the gradient for all layers before it. A *unit* (or *neuron*: one output of a layer)
whose x is there is *saturated*, and hardly learns.

The last layer of a network is an *output activation*: Sigmoid or Softmax. It turns the last
weighted sums, the *logits*, which may be any numbers, into scores from 0 to 1.
"""

from abc import abstractmethod
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from network.core.layers import Backward, Layer
from network.core.params import Array, LayerParams
from network.core.plumbing.layer_traits import log_sigmoid, log_softmax
from network.core.plumbing.speed import sigmoid, sigmoid_backward


class Activation(Layer):
    """A layer that applies one function f to each number by itself.

    Shapes: any; y, d_y and d_x have the shape of x.
    """

    # For other code, see plumbing/layer_traits.py.
    is_activation = True
    steepest_slope: float = 1.0  # the largest f'(x), about
    input_for_zero: float = 0.0  # f(0) = 0

    @abstractmethod
    def curve(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        """Return y = f(x), and the function from d_y to d_x = d_y * f'(x)."""

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        y, chain_rule = self.curve(x)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return chain_rule(d_y), {}  # backpropagation: dL/dx = dL/dy * dy/dx, number by number

        return y, backward


@dataclass(frozen=True)
class Sigmoid(Activation):
    """y = 1 / (1 + exp(-x)): from 0 to 1, saturated at both ends.

        dy/dx = exp(-x) / (1 + exp(-x))^2 = y * exp(-x) / (1 + exp(-x)) = y * (1 - y)

    The derivative needs y alone. It is 1/4 at most, so each Sigmoid weakens the gradient.

    Source: Rumelhart, Hinton, Williams (1986), equations 2 and 5.

    Example:
        >>> y, backward = Sigmoid().forward({}, np.array([0.0]))
        >>> y, backward(np.array([1.0]))[0]
        (array([0.5]), array([0.25]))
    """

    # For other code:
    gives_scores = True
    steepest_slope = 0.25
    input_for_zero = -1000.0  # y is exactly 0
    log_scores = log_sigmoid

    def curve(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        y = sigmoid(x)  # 1 / (1 + exp(-x))
        return y, lambda d_y: sigmoid_backward(y, d_y)  # d_y * y * (1 - y)


@dataclass(frozen=True)
class Tanh(Activation):
    """y = tanh(x): from -1 to 1, a Sigmoid stretched to have its centre at 0.

        dy/dx = 1 - y^2

    Source: LeCun, Bottou, Orr, Muller, Efficient BackProp (1998), section 4.4.
    """

    def curve(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        y = np.tanh(x)
        return y, lambda d_y: d_y * (1 - y * y)


@dataclass(frozen=True)
class ReLU(Activation):
    """y = max(x, 0), the rectified linear unit: never saturated where x > 0.

        dy/dx = 1 where x > 0, else 0

    A unit whose x is negative for every image gets no gradient and never changes: it is *dead*.

    Source: Nair and Hinton, Rectified linear units improve restricted Boltzmann machines
    (2010), section 2.

    Example:
        >>> ReLU().forward({}, np.array([-2.0, 3.0]))[0]
        array([0., 3.])
    """

    def curve(self, x: Array) -> tuple[Array, Callable[[Array], Array]]:
        y = np.clip(x, 0, np.inf)  # max(x, 0); several times as fast as np.maximum
        return y, lambda d_y: d_y * (y > 0)  # True counts as 1, False as 0


@dataclass(frozen=True)
class Softmax(Layer):
    """y_k = exp(x_k) / sum_j exp(x_j): scores of K classes, positive, that add up to 1.

    The logits x of one image compete: when one score rises, the others fall. So every y_k depends
    on every x_j. With [j = k], which is 1 for j = k and else 0:

        dy_k/dx_j = y_k * ([j = k] - y_j)
        d_x_j = sum_k d_y_k * dy_k/dx_j = y_j * (d_y_j - sum_k d_y_k * y_k)

    Shapes: (N, K).
    Source: Bridle, Probabilistic interpretation of feedforward classification network
    outputs (1990), equation 10.

    Example:
        >>> Softmax().forward({}, np.array([[0.0, 0.0, np.log(2)]]))[0]
        array([[0.25, 0.25, 0.5 ]])
    """

    # For other code:
    is_activation = True
    gives_scores = True
    sums_to_one = True
    log_scores = log_softmax

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        # Subtracting a number from all logits of an image changes no score. With the largest one
        # subtracted, exp is at most 1 and cannot overflow. (axis=1: over the K classes.)
        y = np.exp(x - x.max(axis=1, keepdims=True))  # (N, K) minus (N, 1)
        y /= y.sum(axis=1, keepdims=True)  # each row adds up to 1

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return y * (d_y - (d_y * y).sum(axis=1, keepdims=True)), {}  # (N, K)

        return y, backward
