"""Pooling: smaller images, with one number for each square of pixels and channel.

Pixels at the right and lower edge that do not fill a square are left out.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated

import numpy as np

from network.core.layers import Backward, Layer, Shape
from network.core.params import Array, LayerParams
from network.core.plumbing.arguments import at_least


@dataclass(frozen=True)
class Pooling(Layer):
    """Base of both pooling layers: the squares."""

    size: Annotated[int, at_least(1)] = 2

    keeps_constants = True

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        height, width, *channels = in_shape
        return {}, (height // self.size, width // self.size, *channels)

    def corners(self, x: Array) -> Iterator[Array]:
        """Yield the pixels at each position in the squares: all upper left ones first.

        Shapes: x (N, H, W, C) -> size * size views (N, H // size, W // size, C).
        """
        height, width = (side // self.size * self.size for side in x.shape[1:3])
        for row in range(self.size):
            for column in range(self.size):
                yield x[:, row : height : self.size, column : width : self.size]


@dataclass(frozen=True)
class MaxPool2D(Pooling):
    """y = the largest number of each square.

    d_x = d_y where that number was (the first, of equal ones), else 0

    Shapes: x (N, H, W, C) -> y (N, H // size, W // size, C).
    Source: Ranzato, Huang, Boureau, LeCun, Unsupervised learning of invariant feature
    hierarchies with applications to object recognition (2007), section 2.

    Example:
        >>> MaxPool2D(2).forward({}, np.arange(16.0).reshape(1, 4, 4, 1))[0].reshape(2, 2)
        array([[ 5.,  7.],
               [13., 15.]])
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        first, *others = self.corners(x)
        y = first.copy(order="K")
        for corner in others:
            np.maximum(y, corner, out=y)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_x, is_left = np.zeros_like(x), np.ones(y.shape, np.bool_)
            for corner, d_corner in zip(self.corners(x), self.corners(d_x), strict=True):
                is_largest = corner == y
                is_largest &= is_left
                np.multiply(d_y, is_largest, out=d_corner)
                is_left ^= is_largest  # later ones get nothing: it is used
            return d_x, {}

        return y, backward


@dataclass(frozen=True)
class AveragePool2D(Pooling):
    """y = the mean of each square.

    d_x = d_y / size^2 for every pixel of the square

    Shapes: x (N, H, W, C) -> y (N, H // size, W // size, C).
    Source: LeCun, Bottou, Bengio, Haffner (1998), section II.A, without its trainable scale.
    """

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        share = x.dtype.type(1 / self.size**2)
        first, *others = self.corners(x)
        y = first * share
        for corner in others:
            y += corner * share

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_x = np.zeros_like(x)
            for d_corner in self.corners(d_x):
                np.multiply(d_y, share, out=d_corner)
            return d_x, {}

        return y, backward
