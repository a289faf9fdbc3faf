"""Batch normalization: mean 0 and variance 1 between layers (BatchNorm)."""

import math
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np

from network.core.layers import Backward, Layer, Shape
from network.core.params import Array, LayerParams
from network.core.plumbing.arguments import above, at_most

LEAST_VARIANCE = 0.05  # of a gradient check: near 0, 1 / sqrt bends too much for differences


@dataclass(frozen=True)
class BatchNorm(Layer):
    """y = scale * (x - mean) / sqrt(variance + epsilon) + shift, channel by channel.

    While training, mean and variance are those of the batch:

        d_x = scale / std * (d_y - mean(d_y) - x_hat * mean(d_y * x_hat))

    Outside training they are those in the parameters. There is no moving average:
    `calibrate` measures them on training images when they are needed, on 1,000 of them in
    one batch. The variance is biased, the mean of m squares, in both cases. That of the paper
    outside training is unbiased, m / (m - 1) times as large, and a mean over many batches;
    PyTorch's moving variance is unbiased, too.

    Shapes: x (N, ..., C) -> y the same; mean, variance, scale, shift (C,).
    Source: Ioffe and Szegedy, Batch normalization (2015), algorithm 1 and section 3.1; measured
    afterwards as in its algorithm 2, lines 8 to 12, with the differences above.

    Example:
        >>> layer = BatchNorm()
        >>> params, _ = layer.init(np.random.default_rng(0), (1,), np.float64)
        >>> y, _ = layer.forward(params, np.array([[1.0], [3.0]]), np.random.default_rng(0))
        >>> y.round(2).tolist()
        [[-1.0], [1.0]]
    """

    epsilon: Annotated[float, above(0), at_most(1)] = 1e-5

    needs_batch = True
    unit_params = ("scale", "shift")

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        return dict.fromkeys(("scale", "shift", "mean", "variance"), in_shape[-1:]), in_shape

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        first = {"scale": 1, "shift": 0, "mean": 0, "variance": 1}
        return {name: np.full(in_shape[-1:], n, dtype) for name, n in first.items()}, in_shape

    def least_batch(self, in_shape: Shape) -> int:
        """Require two values per channel: one value minus its mean is always 0."""
        return 2 if math.prod(in_shape[:-1]) == 1 else 1

    def calibrate(self, params: LayerParams, x: Array) -> None:
        params["mean"][...], params["variance"][...] = moments(x)

    def avoid_steep(self, params: LayerParams) -> None:
        np.maximum(params["variance"], LEAST_VARIANCE, out=params["variance"])

    @np.errstate(over="ignore")  # an infinite variance would make all outputs 0, which is finite
    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        is_training, count = rng is not None, x.size // x.shape[-1]
        mean = channel_sums(x) / count if is_training else params["mean"]
        y = x - spread(mean, x)
        variance = channel_products(y, y) / count if is_training else params["variance"]
        inverse = 1 / np.sqrt(variance + x.dtype.type(self.epsilon))  # (C,)
        factor = params["scale"] * inverse
        y *= spread(factor, x)
        y += spread(params["shift"], x)

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_x = x - spread(mean, x)  # computed again, to save the memory of x_hat
            d_shift, d_scale = channel_sums(d_y), channel_products(d_y, d_x) * inverse
            grads = {"scale": d_scale, "shift": d_shift}
            if is_training:
                d_x *= spread(-inverse * d_scale / count, x)
                d_x += d_y
                d_x -= spread(d_shift / count, x)
                d_x *= spread(factor, x)
                nothing = np.zeros_like(d_shift)  # the outputs do not depend on them
                return d_x, grads | {"mean": nothing, "variance": nothing.copy()}
            d_variance = -0.5 * params["scale"] * d_scale * inverse**2
            return d_y * factor, grads | {"mean": -d_shift * factor, "variance": d_variance}

        return y, backward


def moments(x: Array) -> tuple[Array, Array]:
    """Return mean and variance of each channel.

    Shapes: x (N, ..., C) -> (C,), (C,).
    """
    count = x.size // x.shape[-1]
    mean = channel_sums(x) / count
    centred = x - spread(mean, x)  # first, so that no large numbers cancel
    return mean, channel_products(centred, centred) / count


def spread(values: Array, x: Array) -> Array:
    """Repeat each channel's number for every pixel: NumPy is faster with few long rows.

    Shapes: values (C,), x (N, ..., C) -> (..., C).
    """
    return np.tile(values, math.prod(x.shape[1:-1])).reshape(x.shape[1:])


def channel_sums(x: Array) -> Array:
    """Add up each channel; first over the examples, by a matrix product, for speed.

    Shapes: x (N, ..., C) -> (C,).
    """
    return over_places(np.tensordot(np.ones(len(x), x.dtype), x, axes=1))


def channel_products(x: Array, y: Array) -> Array:
    """Add up the products of two numbers each, channel by channel.

    Shapes: x (N, ..., C), y (N, ..., C) -> (C,).
    """
    return over_places(np.einsum("n...,n...->...", x, y))


def over_places(x: Array) -> Array:
    """Add up each channel over all positions.

    Shapes: (..., C) -> (C,).
    """
    sums: Array = np.add.reduce(x.reshape(-1, x.shape[-1]), axis=0)
    return sums
