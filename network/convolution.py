"""Slide small windows of weights over images: Conv2D.

Images are (N, H, W, C), channels last. In memory their rows come first, as (H, N, W, C): then a
window of `size` columns is a run of `size * C` neighbouring numbers, all windows of one row of
every image are one matrix, and a row of outputs is a sum of `size` matrix products. Only the
width is unfolded, so a patch is copied `size` times and not `size * size` times. The other
layers keep the memory as they find it; nobody but this file has to know.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import as_strided

from network.initializers import INITIALIZERS
from network.layers import Backward, Shape
from network.params import Array, LayerParams


@dataclass(frozen=True)
class Conv2D:
    """y[n, h, w] = sum over i, j of x[n, h + i, w + j] @ weight[i, j] + bias.

    d_weight[i, j] = the sum of x[n, h + i, w + j].T @ d_y[n, h, w] over n, h, w;
    d_x[n, h, w] = the sum of d_y[n, h - i, w - j] @ weight[i, j].T over i, j.

    Shapes: x (N, H, W, C), or (N, H, W) with C = 1 -> y (N, H - size + 1, W - size + 1, n_out);
    weight (size, size, C, n_out), bias (n_out,).
    Source: LeCun, Bottou, Bengio, Haffner, Gradient-based learning applied to document
    recognition (1998), section II.A; unfolding is from Chellapilla, Puri, Simard, High
    performance convolutional neural networks for document processing (2006), section 3.1.
    """

    n_out: int
    size: int = 3
    initializer: str = "he"

    def shapes(self, in_shape: Shape) -> tuple[dict[str, Shape], Shape]:
        height, width, channels = (*in_shape, 1)[:3]
        shapes = {"weight": (self.size, self.size, channels, self.n_out), "bias": (self.n_out,)}
        return shapes, (height - self.size + 1, width - self.size + 1, self.n_out)

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
        n, height, width = x.shape[:3]
        h_out, w_out = height - self.size + 1, width - self.size + 1
        rows = unfold_rows(rows_first(x), self.size)  # (H, N * W_out, size * C)
        weight = params["weight"].reshape(self.size, -1, self.n_out)  # a matrix for each row
        y = np.empty((h_out, n * w_out, self.n_out), x.dtype)
        part = np.empty_like(y[0])
        for h in range(h_out):
            np.matmul(rows[h], weight[0], out=y[h])
            for i in range(1, self.size):
                y[h] += np.matmul(rows[h + i], weight[i], out=part)
        y += params["bias"]

        def backward(d_y: Array, need_d_x: bool = True) -> tuple[Array, LayerParams]:
            d_rows = np.ascontiguousarray(rows_first(d_y)).reshape(y.shape)
            columns = d_rows.reshape(-1, self.n_out)
            d_weight = np.empty_like(weight)
            for i in range(self.size):
                unfolded = rows[i : i + h_out].reshape(-1, weight.shape[1])
                np.matmul(unfolded.T, columns, out=d_weight[i])
            grads = {
                "weight": d_weight.reshape(params["weight"].shape),
                "bias": np.ones(len(columns), x.dtype) @ columns,
            }
            return (fold_rows(d_rows, weight, x.shape) if need_d_x else d_y), grads

        return y.reshape(h_out, n, w_out, self.n_out).transpose(1, 0, 2, 3), backward


def rows_first(x: Array) -> Array:
    """Look at images row by row, without copying; grey ones get one channel.

    Shapes: (N, H, W, C) or (N, H, W) -> (H, N, W, C).
    """
    return x.reshape(*x.shape, *(1,) * (4 - x.ndim)).transpose(1, 0, 2, 3)


def unfold_rows(x: Array, size: int) -> Array:
    """Lay `size` neighbouring pixels of a row side by side, for every place in it.

    Shapes: x (H, N, W, C) -> (H, N * (W - size + 1), size * C).
    """
    height, n, width, channels = x.shape
    if x.strides[2:] != (channels * x.itemsize, x.itemsize):
        x = np.ascontiguousarray(x)  # a pixel's channels, then the next pixel's
    shape = height, n, width - size + 1, size * channels
    windows = as_strided(x, shape, (*x.strides[:3], x.itemsize), writeable=False)
    return np.ascontiguousarray(windows).reshape(height, -1, size * channels)


def fold_rows(d_rows: Array, weight: Array, x_shape: Shape) -> Array:
    """Add up what every output says about the pixels it has seen.

    Shapes: d_rows (H_out, N * W_out, n_out), weight (size, size * C, n_out) -> d_x (N, H, W, C).
    """
    n, height, width, channels = (*x_shape, 1)[:4]
    size, h_out = len(weight), len(d_rows)
    w_out = width - size + 1
    transposed = [np.ascontiguousarray(matrix.T) for matrix in weight]
    d_x = np.zeros((height, n, width, channels), d_rows.dtype)
    total, part = np.empty((2, n * w_out, size * channels), d_rows.dtype)
    for h in range(height):
        seen_by = [(h - i, transposed[i]) for i in range(size) if 0 <= h - i < h_out]
        np.matmul(d_rows[seen_by[0][0]], seen_by[0][1], out=total)
        for h_y, matrix in seen_by[1:]:
            np.add(total, np.matmul(d_rows[h_y], matrix, out=part), out=total)
        windows = total.reshape(n, w_out, size, channels)
        for j in range(size):
            d_x[h, :, j : j + w_out] += windows[:, :, j]
    return d_x.transpose(1, 0, 2, 3).reshape(x_shape)
