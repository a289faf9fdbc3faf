"""What a layer is; the layers of fully connected networks: Linear, Flatten, Identity.

A layer is a frozen description: it makes its parameters and applies them, and remembers
nothing. `forward` returns the outputs *and* the function that carries a gradient back through
exactly this application, so two forward passes can never disturb each other.
"""

import math
from dataclasses import dataclass
from functools import cache
from typing import Any, Protocol, TypeAlias

import numpy as np

from network.core.initializers import INITIALIZERS
from network.core.params import Array, LayerParams

Shape: TypeAlias = tuple[int, ...]  # of one example: (784,) or (28, 28), without N

NARROW = 100  # outputs; in a wider layer the products are faster in NumPy's usual order


class Backward(Protocol):
    """Carry the gradient from a layer's outputs to its inputs and parameters."""

    def __call__(self, d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
        """Return `d_x` and the gradients of the layer's parameters.

        Below the first layer that learns nobody wants `d_x`: with `need_d_x` false a layer
        may return anything in its place, and save the work.
        """


class Layer(Protocol):
    """Something that can make its parameters and apply them. Immutable; remembers nothing."""

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        """Tell the shapes of the parameters, and the shape that one example leaves with."""

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        """Draw the first parameters, and tell the shape that one example leaves with."""

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        """Apply the layer; `rng` is None outside training."""


@dataclass(frozen=True)
class Linear:
    """y = x @ weight + bias.

    d_weight = x.T @ d_y, d_bias = the sum of d_y over the batch, d_x = d_y @ weight.T

    In a narrow layer the weights of each output lie together in memory (Fortran order): a small
    batch's products are half again as fast. Gradients lie as the weights do, so that an update
    goes through both in step.

    Shapes: x (N, n_in) -> y (N, n_out); weight (n_in, n_out), bias (n_out,).
    Source: Rumelhart, Hinton, Williams, Learning representations by back-propagating errors
    (1986), equations 1, 6 and 7, for a batch at a time.
    """

    n_out: int
    initializer: str = "uniform"

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        (n_in,) = in_shape
        return {"weight": (n_in, self.n_out), "bias": (self.n_out,)}, (self.n_out,)

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        (n_in,) = in_shape
        weight = INITIALIZERS[self.initializer](rng, n_in, self.n_out)
        weight = weight.astype(dtype, order="F" if self.n_out < NARROW else "C")
        return {"weight": weight, "bias": np.zeros(self.n_out, dtype)}, (self.n_out,)

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        weight, bias = params["weight"], params["bias"]

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_x = d_y.dot(weight.T) if need_d_x else d_y  # (N, n_in)
            d_weight = d_y.T.dot(x).T if self.n_out < NARROW else x.T.dot(d_y)
            return d_x, {"weight": d_weight, "bias": ones_vector(len(d_y), d_y.dtype).dot(d_y)}

        y = x.dot(weight)  # (N, n_in) @ (n_in, n_out) -> (N, n_out)
        y += bias
        return y, backward


@cache
def ones_vector(n: int, dtype: np.dtype[Any]) -> Array:
    """Return ones, whose product with a matrix is the sum of its rows, at half the cost.

    Shapes: (n,), never to be written to.
    """
    array = np.ones(n, dtype)
    array.flags.writeable = False
    return array


class WithoutParams:
    """What the layers that learn nothing have in common: no parameters, the same shape out."""

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        return {}, in_shape

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        return {}, self.shapes(in_shape)[1]


@dataclass(frozen=True)
class Flatten(WithoutParams):
    """Lay the pixels of each image in one row.

    Shapes: x (N, H, W) -> y (N, H * W).
    """

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        return {}, (math.prod(in_shape),)

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y.reshape(x.shape), {}

        return x.reshape(len(x), -1), backward


@dataclass(frozen=True)
class Identity(WithoutParams):
    """y = x: keeps the place of an output activation that the loss contains.

    Shapes: any.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y, {}

        return x, backward
