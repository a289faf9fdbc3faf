"""Convolution: small windows of weights that slide over images (Conv2D).

Only the width is unfolded: `size` neighbouring pixels of a row, with all their channels, become a
row of a matrix, and the outputs are a sum of `size` matrix products, one for each row of the
window. So a pixel is copied `size` times and not `size * size` times. As many images are unfolded
at once as fit into the cache of one core. The unfolded copy stays in that cache, and is not kept
for the backward pass, which unfolds again.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from network.core.initializers import INITIALIZERS
from network.core.layers import MAX_UNITS, Backward, Layer, Shape
from network.core.params import Array, LayerParams
from network.core.plumbing.arguments import at_least, at_most, one_of, require

CACHE = 2**19  # bytes; half of a core's cache today, so that products also fit
SMALL = 10**6  # multiplications; OpenBLAS computes smaller products without copying
MAX_SIZE = 1_000  # pixels of a side of the window
FEWEST = 64  # rows; sums over fewer are faster as one sum over all images, though that copies them


@dataclass(frozen=True)
class Conv2D(Layer):
    """y[n, h, w] = sum over i, j of x[n, h + i - p, w + j - p] @ weight[i, j] + bias.

    p = padding: the number of zeros around each image, on each side.

    d_weight[i, j] = the sum of x[n, h + i - p, w + j - p].T @ d_y[n, h, w] over n, h, w;
    d_x[n, h, w] = the sum of d_y[n, h - i + p, w - j + p] @ weight[i, j].T over i, j, which is a
    convolution again: with the window turned by 180 degrees, and size - 1 - p zeros around.

    Shapes: x (N, H, W, C), or (N, H, W) with C = 1
    -> y (N, H + 2 p - size + 1, W + 2 p - size + 1, n_out);
    weight (size, size, C, n_out), bias (n_out,).
    Raises: UsageError if an output would depend on padding alone.
    Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document
    recognition (1998), section II.A; unfolding is from Chellapilla, Puri, Simard, High
    performance convolutional neural networks for document processing (2006), section 3.1.

    Example:
        >>> layer = Conv2D(16, 5)
        >>> params, shape = layer.init(np.random.default_rng(0), (28, 28), np.float32)
        >>> shape
        (24, 24, 16)
    """

    n_out: Annotated[int, at_least(1), at_most(MAX_UNITS)]
    size: Annotated[int, at_least(1), at_most(MAX_SIZE)] = 3
    initializer: Annotated[str, one_of(INITIALIZERS)] = "he"
    padding: Annotated[int, at_least(0)] = 0

    makes_units = True
    unit_params = ("weight", "bias")

    def __post_init__(self) -> None:
        super().__post_init__()
        require(self, "padding", self.padding < self.size, f"below the size, {self.size}")

    @property
    def size_name(self) -> str:
        return f"c{self.n_out}"

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        height, width, channels = (*in_shape, 1)[:3]
        shapes = {"weight": (self.size, self.size, channels, self.n_out), "bias": (self.n_out,)}
        return shapes, (*places(height, width, self.size, self.padding), self.n_out)

    def init(
        self, rng: np.random.Generator, in_shape: Shape, dtype: type[np.floating[Any]]
    ) -> tuple[LayerParams, Shape]:
        shapes, out_shape = self.shapes(in_shape)
        area, channels = self.size**2, shapes["weight"][2]
        weight = INITIALIZERS[self.initializer](rng, area * channels, self.n_out)
        params = {"weight": weight.astype(dtype).reshape(shapes["weight"])}
        return params | {"bias": np.zeros(self.n_out, dtype)}, out_shape

    def forward(
        self, params: LayerParams, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Backward]:
        images = x.reshape(*x.shape, *(1,) * (4 - x.ndim))  # grey ones get one channel
        weight, bias = params["weight"], params["bias"]

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            columns = d_y.reshape(-1, self.n_out)
            grads = {
                "weight": correlate(images, d_y, self.size, self.padding),
                "bias": np.ones(len(columns), x.dtype) @ columns,
            }
            if not need_d_x:
                return d_y, grads
            turned, nothing = weight[::-1, ::-1].swapaxes(2, 3), np.zeros(images.shape[-1], x.dtype)
            d_x = slide(d_y, turned, nothing, self.size - 1 - self.padding)
            return d_x.reshape(x.shape), grads

        return slide(images, weight, bias, self.padding), backward


def places(height: int, width: int, size: int, padding: int) -> tuple[int, int]:
    """Return the number of positions of a window, vertically and horizontally."""
    less = size - 1 - 2 * padding
    return height - less, width - less


def slide(x: Array, weight: Array, bias: Array, padding: int) -> Array:
    """Return y[n, h, w] = sum over i, j of x[n, h + i - padding, w + j - padding] @ weight[i, j].

    Shapes: x (N, H, W, C), weight (size, size, C, n_out) -> y (N, H_out, W_out, n_out).
    """
    n, height, width = x.shape[:3]
    size, n_out = len(weight), weight.shape[-1]
    h_out, w_out = places(height, width, size, padding)
    matrices = weight.reshape(size, -1, n_out)  # one for each row of the window
    ground = np.tile(bias, (h_out * w_out, 1))
    y = np.empty((n, h_out * w_out, n_out), x.dtype)
    for few, unfolded in unfold(x, size, padding, n_out):
        y_few = y[few]
        y_few[...] = ground
        for matrix, (seen, seeing) in zip(matrices, overlaps(x, size, padding), strict=True):
            y_few[:, seeing] += multiply(unfolded[:, seen], matrix, w_out)
    return y.reshape(n, h_out, w_out, n_out)


def correlate(x: Array, d_y: Array, size: int, padding: int) -> Array:
    """Return d_weight[i, j] = sum of x[n, h + i - padding, w + j - padding].T @ d_y[n, h, w].

    Shapes: x (N, H, W, C), d_y (N, H_out, W_out, n_out) -> d_weight (size, size, C, n_out).
    """
    n_out, channels = d_y.shape[-1], x.shape[-1]
    d_matrices = np.zeros((size, size * channels, n_out), x.dtype)
    columns = d_y.reshape(len(d_y), -1, n_out)
    for few, unfolded in unfold(x, size, padding, n_out):
        for d_matrix, (seen, seeing) in zip(d_matrices, overlaps(x, size, padding), strict=True):
            d_matrix += multiply_and_sum(unfolded[:, seen], columns[few, seeing], d_y.shape[2])
    return d_matrices.reshape(size, size, channels, n_out)


def multiply(rows: Array, matrix: Array, line: int) -> Array:
    """Return `rows @ matrix`, computed strip by strip.

    Shapes: rows (N, M, K), of which a line of the image has `line`, matrix (K, n_out)
    -> (N, M, n_out).
    """
    n, length, k = rows.shape
    strip = strip_length(length, line, matrix.size)
    return (rows.reshape(n, length // strip, strip, k) @ matrix).reshape(n, length, matrix.shape[1])


def multiply_and_sum(rows: Array, columns: Array, line: int) -> Array:
    """Return the sum of `rows.T @ columns` over all images, computed strip by strip.

    Shapes: rows (N, M, K), columns (N, M, n_out) -> (K, n_out).
    """
    n, length, k = rows.shape
    n_out = columns.shape[2]
    strip = strip_length(length, line, k * n_out)
    if strip < FEWEST:
        merged: Array = rows.reshape(-1, k).T @ columns.reshape(-1, n_out)
        return merged
    strips = rows.reshape(n, -1, strip, k).swapaxes(2, 3)
    sums: Array = np.add.reduce(strips @ columns.reshape(n, -1, strip, n_out), axis=(0, 1))
    return sums


def strip_length(length: int, line: int, weights: int) -> int:
    """Return the number of rows to multiply at once: whole lines, a divisor of all lines.

    All rows, if even one line is too large for a small product.
    """
    for strips in range(1, length // line + 1):
        strip = length // strips
        if length % (strips * line) == 0 and strip * weights <= SMALL:
            return strip
    return max(1, length)  # no lines if a window covers padding alone


def unfold(x: Array, size: int, padding: int, n_out: int) -> Iterator[tuple[slice, Array]]:
    """Unfold the rows of images: `size` neighbouring pixels for every position.

    Yield a slice of a few images, and their rows in a buffer that the next ones overwrite.

    Shapes: x (N, H, W, C) -> (few, H * W_out, size * C).
    """
    n, height, width, channels = x.shape
    _, w_out = places(height, width, size, padding)
    image_bytes = height * w_out * max(size * channels, n_out) * x.itemsize
    few = max(1, min(n, CACHE // image_bytes))
    padded = np.zeros((few, height, width + 2 * padding, channels), x.dtype)
    windows = as_strided(padded, (few, height, w_out, size * channels), padded.strides)
    buffer = np.empty(windows.shape, x.dtype)
    for start in range(0, n, few):
        part = x[start : start + few]
        padded[: len(part), :, padding : padding + width] = part
        buffer[: len(part)] = windows[: len(part)]
        yield slice(start, start + few), buffer[: len(part)].reshape(len(part), -1, size * channels)


def overlaps(x: Array, size: int, padding: int) -> Iterator[tuple[slice, slice]]:
    """Yield, for each row of the window, slices of unfolded x and of the outputs it affects.

    The rows above and below an image are zeros and left out.
    """
    height, width = x.shape[1:3]
    h_out, w_out = places(height, width, size, padding)
    for shift in range(-padding, size - padding):
        first = max(0, -shift)
        last = max(first, min(h_out, height - shift))
        yield (
            slice((first + shift) * w_out, (last + shift) * w_out),
            slice(first * w_out, last * w_out),
        )
