"""Dropout of units or whole channels while training, so that none depends on another."""

from dataclasses import dataclass, replace
from typing import Annotated, Self

import numpy as np

from network.core.layers import Backward, Layer, Shape
from network.core.params import Array, LayerParams
from network.core.plumbing.arguments import at_least, below


@dataclass(frozen=True)
class Dropout(Layer):
    """y = x * mask / (1 - rate) while training, with a mask of 0 at a share `rate` of the units.

    d_x = d_y * mask / (1 - rate). Outside training y = x, the mean over all masks.

    Shapes: any.
    Source: Srivastava, Hinton, Krizhevsky, Sutskever, Salakhutdinov, Dropout (2014), section 4;
    divided while training, as in its section 10.

    Example:
        >>> Dropout(0.5).forward({}, np.ones((1, 4)))[0]  # outside training
        array([[1., 1., 1., 1.]])
    """

    rate: Annotated[float, at_least(0), below(1)] = 0.5

    draws_random = True
    is_identity = True

    @property
    def dropout_rate(self) -> float:
        return self.rate

    def with_dropout_rate(self, rate: float) -> Self:
        return replace(self, rate=rate)

    def mask_shape(self, x: Array) -> Shape:
        """Return the shape of the mask: each number of x is switched off independently."""
        return x.shape

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        if rng is None:
            return x, lambda d_y, need_d_x=True: (d_y, {})
        shape = self.mask_shape(x)
        kept = np.empty_like(x, shape=shape)  # in the order that x has in memory
        np.greater_equal(rng.random(shape, np.float32), self.rate, out=kept, casting="unsafe")
        kept *= x.dtype.type(1 / (1 - self.rate))

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            return d_y * kept, {}

        return x * kept, backward


@dataclass(frozen=True)
class Dropout2D(Dropout):
    """Dropout of whole channels: y = x * mask / (1 - rate), one mask for all pixels.

    Neighbouring pixels of a channel are similar, so that one could replace another that is switched
    off.

    Shapes: x (N, H, W, C) -> y the same; mask (N, 1, 1, C).
    Source: Tompson, Goroshin, Jain, LeCun, Bregler, Efficient object localization using
    convolutional networks (2015), section 3.2 (SpatialDropout).
    """

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        height, width, channels = in_shape
        return {}, (height, width, channels)

    def mask_shape(self, x: Array) -> Shape:
        return len(x), 1, 1, x.shape[-1]
