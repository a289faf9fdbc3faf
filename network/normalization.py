"""Keep the numbers between layers near mean 0 and variance 1: BatchNorm."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from network.layers import Backward, Shape
from network.params import Array, LayerParams


@dataclass(frozen=True)
class BatchNorm:
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift, channel by channel.

    While training, mean and variance are the batch's own:

        d_x = scale / std * (d_y - mean(d_y) - x_hat * mean(d_y * x_hat))

    Outside training they are those in the parameters. Nothing is remembered on the way:
    `Model.calibrate` measures them on training images when they are needed.

    Shapes: x (N, ..., C) -> y the same; mean, variance, scale, shift (C,).
    Source: Ioffe and Szegedy, Batch normalization (2015), algorithm 1 and section 3.1; measured
    afterwards as in its algorithm 2, lines 8 to 12.
    """

    epsilon: float = 1e-5

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        return dict.fromkeys(("scale", "shift", "mean", "variance"), in_shape[-1:]), in_shape

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        first = {"scale": 1, "shift": 0, "mean": 0, "variance": 1}
        return {name: np.full(in_shape[-1:], n, dtype) for name, n in first.items()}, in_shape

    @np.errstate(over="ignore")  # a variance of infinity makes everything 0, which is finite
    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        is_training = rng is not None
        mean, variance = moments(x) if is_training else (params["mean"], params["variance"])
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))  # (C,)
        x_hat = x - mean
        x_hat *= inverse

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_shift, d_scale = column_sums(d_y), column_sums(d_y * x_hat)
            factor = params["scale"] * inverse
            grads = {"scale": d_scale, "shift": d_shift}
            if is_training:
                count = x.size // x.shape[-1]
                d_x = x_hat * (-d_scale / count)
                d_x += d_y
                d_x -= d_shift / count
                d_x *= factor
                nothing = np.zeros_like(d_shift)  # the outputs do not depend on them
                return d_x, grads | {"mean": nothing, "variance": nothing.copy()}
            d_variance = -0.5 * params["scale"] * d_scale * inverse**2
            return d_y * factor, grads | {"mean": -d_shift * factor, "variance": d_variance}

        y = x_hat * params["scale"]
        y += params["shift"]
        return y, backward


def moments(x: Array) -> tuple[Array, Array]:
    """Return mean and variance of each channel.

    Shapes: x (N, ..., C) -> (C,), (C,).
    """
    count = x.size // x.shape[-1]
    mean = column_sums(x) / count
    centred = x - mean
    centred *= centred
    return mean, column_sums(centred) / count


def column_sums(x: Array) -> Array:
    """Add up each channel, by a matrix product, which is several times as fast as a sum.

    Shapes: x (N, ..., C) -> (C,).
    """
    order = sorted(range(x.ndim - 1), key=lambda axis: -x.strides[axis])  # as it lies in memory
    columns = x.transpose(*order, x.ndim - 1).reshape(-1, x.shape[-1])
    return np.ones(len(columns), x.dtype) @ columns
