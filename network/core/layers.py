"""Layers: functions with parameters, which also compute their derivatives.

A layer turns its inputs x into its outputs y, for a *batch* of N images at once, one per row.
That is the *forward pass*. The layers here are those of a fully connected network, in which every
output depends on every input: Linear, with Flatten before it.

Training needs the gradient. `d_name` is the derivative of the loss with respect to `name`: one
number for each number of `name`, so it has the same shape. In the *backward pass* a layer is given
d_y and applies the chain rule once. It returns d_x, which is the d_y of the layer before it, and
the gradients of its parameters. Done from the last layer to the first, this is *backpropagation*
(model.py).

A layer stores no results: it is an immutable description. `forward` returns the outputs *and* the
backward pass of exactly this call, as a function. So two forward passes never interfere.
"""

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Protocol, TypeAlias

import numpy as np

from network.core.initializers import INITIALIZERS
from network.core.params import Array, LayerParams
from network.core.plumbing.arguments import at_least, at_most, check_arguments, one_of
from network.core.plumbing.layer_traits import LayerTraits
from network.core.plumbing.speed import convert_weight, product_like_weight, sum_over_batch

Shape: TypeAlias = tuple[int, ...]  # of one image, without N: (784,) or (28, 28)

MAX_UNITS = 1_000_000  # of one layer


class Backward(Protocol):
    """Backward pass of one call of a layer: from d_y to d_x and the gradients."""

    def __call__(self, d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
        """Return d_x and the gradients of the layer's parameters, by their names.

        The first layer with parameters does not need d_x: if `need_d_x` is false, a layer may
        return any array instead, and save the work.
        """


@dataclass(frozen=True)
class Layer(LayerTraits, ABC):
    """A function with its initial parameters, its forward and its backward pass.

    The defaults are those of a layer without parameters, whose outputs have the shape of its
    inputs. `LayerTraits` has the properties for other code; skip it on a first reading.
    """

    def __post_init__(self) -> None:
        check_arguments(self)

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        """Return the shapes of the parameters, and the shape of the outputs for one image.

        Raises: ValueError, TypeError or IndexError for inputs of an unsuitable shape.
        """
        return {}, in_shape

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        """Draw the initial parameters, and return the shape of the outputs for one image."""
        return {}, self.shapes(in_shape)[1]

    @abstractmethod
    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        """Return y and the backward pass; `rng` is None outside training."""


@dataclass(frozen=True)
class Linear(Layer):
    """y = x @ weight + bias: every output is a weighted sum of all inputs, plus a number.

    For image n and output j that is y[n, j] = sum_i x[n, i] * weight[i, j] + bias[j], so
    dy[n, j]/dweight[i, j] = x[n, i] and dy[n, j]/dx[n, i] = weight[i, j]. Every image uses the
    same weight, and every output the same input, so the chain rule adds up over n or j:

        d_weight[i, j] = sum_n x[n, i] * d_y[n, j]          d_weight = x.T @ d_y
        d_bias[j]      = sum_n d_y[n, j]                    d_bias   = d_y.sum(axis=0)
        d_x[n, i]      = sum_j d_y[n, j] * weight[i, j]     d_x      = d_y @ weight.T

    `@` is the matrix product. The code calls the method `dot`, which is faster for small arrays.

    Shapes: x (N, n_in) -> y (N, n_out); weight (n_in, n_out), bias (n_out,).
    Source: Rumelhart, Hinton, Williams, Learning representations by back-propagating errors
    (1986), equations 1, 6 and 7, for a batch at a time.

    Example:
        >>> layer = Linear(3)
        >>> params, _ = layer.init(np.random.default_rng(0), (2,), np.float64)
        >>> y, backward = layer.forward(params, np.array([[1.0, 2.0]]))
        >>> d_x, grads = backward(np.ones((1, 3)))
        >>> y.shape, d_x.shape, grads["weight"].shape, grads["bias"].tolist()
        ((1, 3), (1, 2), (2, 3), [1.0, 1.0, 1.0])
    """

    # Annotated: the values that are accepted, checked when the layer is created.
    n_out: Annotated[int, at_least(1), at_most(MAX_UNITS)]
    initializer: Annotated[str, one_of(INITIALIZERS)] = "uniform"

    # For other code, see plumbing/layer_traits.py.
    makes_units = True
    unit_params = ("weight", "bias")

    @property
    def size_name(self) -> str:
        return str(self.n_out)

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        (n_in,) = in_shape
        return {"weight": (n_in, self.n_out), "bias": (self.n_out,)}, (self.n_out,)

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        (n_in,) = in_shape
        weight = INITIALIZERS[self.initializer](rng, n_in, self.n_out)  # (n_in, n_out)
        bias = np.zeros(self.n_out, dtype)
        return {"weight": convert_weight(weight, dtype), "bias": bias}, (self.n_out,)

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        weight, bias = params["weight"], params["bias"]

        # Backpropagation through this layer: the three formulas above.
        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_x = d_y.dot(weight.T) if need_d_x else d_y  # (N, n_out) @ (n_out, n_in) -> (N, n_in)
            d_weight = product_like_weight(x, d_y)  # (n_in, N) @ (N, n_out) -> (n_in, n_out)
            d_bias = sum_over_batch(d_y)  # (N, n_out) -> (n_out,)
            return d_x, {"weight": d_weight, "bias": d_bias}

        y = x.dot(weight)  # (N, n_in) @ (n_in, n_out) -> (N, n_out)
        y += bias  # (n_out,), the same for every image
        return y, backward


@dataclass(frozen=True)
class Flatten(Layer):
    """Reshape: the pixels of each image in one row, as a Linear layer needs them.

    No number changes, so the gradient is d_y in the shape of x.

    Shapes: x (N, H, W) -> y (N, H * W).

    Example:
        >>> Flatten().forward({}, np.zeros((5, 28, 28)))[0].shape
        (5, 784)
    """

    ends_block = True  # for other code

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        return {}, (math.prod(in_shape),)

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y.reshape(x.shape), {}

        return x.reshape(len(x), -1), backward


@dataclass(frozen=True)
class Identity(Layer):
    """y = x, d_x = d_y: replaces an output activation that the loss contains.

    Shapes: any.
    """

    is_identity = True  # for other code

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y, {}

        return x, backward
