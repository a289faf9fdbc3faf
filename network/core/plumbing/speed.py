"""Faster arithmetic for the textbook, each function with its plain formula.

Small networks are the slow case: with 30 neurons, a step has so little to compute that preparing
each operation takes as long as the operation. So these functions reuse arrays, multiply where the
formula divides, and lay numbers in memory in the order in which they are read.
"""

from collections.abc import Iterator
from functools import cache
from typing import Any

import numpy as np

from network.core.params import Array, Params
from network.core.plumbing.model_checks import find_label_problem

NARROW = 100  # outputs; in a wider layer the products are faster in NumPy's usual order
GATHERED = 100  # examples copied at once: as many as stay in the cache of a processor core


# --- Numbers and vectors that are created once ----------------------------------------------------


@cache
def scalar_array(number: float, dtype: np.dtype[Any]) -> Array:
    """Return a number as a read-only array without axes.

    NumPy has to convert a Python number in every operation: on small arrays that doubles the time.

    Shapes: ().
    """
    array = np.array(number, dtype)
    array.flags.writeable = False
    return array


@cache
def ones_vector(n: int, dtype: np.dtype[Any]) -> Array:
    """Return ones: their product with a matrix is the sum of its rows, at half the cost.

    Shapes: (n,), never to be written to.
    """
    array = np.ones(n, dtype)
    array.flags.writeable = False
    return array


def params_dtype(params: Params) -> np.dtype[Any]:
    """Return the type of the numbers; float32 (32 bits, 7 digits) for a tree without arrays."""
    for layer in params:
        for array in layer.values():
            return array.dtype
    return np.dtype(np.float32)


# --- Linear ---------------------------------------------------------------------------------------
#
# In a narrow layer the weights of each output lie together (Fortran order): the products of a
# small batch are 1.5 times as fast. Gradients have the memory order of the weights, so that an
# update reads both in one sequence. This changes only the last bits of results.


def convert_weight(weight: Array, dtype: type[np.floating[Any]]) -> Array:
    """Return a weight in another number type, in the memory order that suits its outputs.

    Shapes: (n_in, n_out), the same out.
    """
    return weight.astype(dtype, order="F" if weight.shape[1] < NARROW else "C")


def product_like_weight(x: Array, d_y: Array) -> Array:
    """Return x.T @ d_y, in the memory order of the weights.

    Shapes: x (N, n_in), d_y (N, n_out) -> (n_in, n_out).
    """
    product: Array = d_y.T.dot(x).T if d_y.shape[1] < NARROW else x.T.dot(d_y)
    return product


def sum_over_batch(d_y: Array) -> Array:
    """Return d_y.sum(axis=0).

    Shapes: (N, n_out) -> (n_out,).
    """
    total: Array = ones_vector(len(d_y), d_y.dtype).dot(d_y)
    return total


# --- Sigmoid --------------------------------------------------------------------------------------


def sigmoid(x: Array) -> Array:
    """Return 1 / (1 + exp(-x)), computed as 0.5 * tanh(0.5 * x) + 0.5 in one array.

    That is the same function. exp(-x) is too large for float32 if x < -88; tanh never is.

    Shapes: any.
    Source: DLMF, sections 4.28 and 4.35 (hyperbolic functions of half arguments).
    """
    half = scalar_array(0.5, x.dtype)
    y = x * half
    np.tanh(y, out=y)
    y *= half
    y += half
    return y


def sigmoid_backward(y: Array, d_y: Array) -> Array:
    """Return d_y * y * (1 - y), computed in one array.

    Shapes: any.
    """
    d_x = scalar_array(1, y.dtype) - y
    d_x *= y
    d_x *= d_y
    return d_x


# --- Losses ---------------------------------------------------------------------------------------


def one_hot(labels: Array, outputs: Array, smoothing: float = 0.0) -> Array:
    """Return the targets of a batch, of the shape and number type of its outputs.

    Picking rows of a matrix that is made once takes half the time of writing ones into zeros.

    Shapes: labels (N,), outputs (N, K) -> (N, K).
    Raises: UsageError for labels that are not N whole numbers up to K - 1.
    """
    rows = target_rows(outputs.shape[1], outputs.dtype, smoothing)
    try:
        if labels.dtype.kind in "iu" and len(labels) == len(outputs):
            return rows.take(labels, axis=0)
    except (AttributeError, TypeError, IndexError):
        pass  # a list, a type that is too wide, or a label above K - 1
    if problem := find_label_problem(labels, *outputs.shape[:2]):
        raise problem
    return rows.take(np.asarray(labels, np.intp), axis=0)


@cache
def target_rows(n_classes: int, dtype: np.dtype[Any], smoothing: float) -> Array:
    """Return the read-only matrix whose row k is the target of class k.

    Shapes: (K, K).
    """
    rows = np.eye(n_classes, dtype=dtype) * (1 - smoothing) + smoothing / n_classes
    rows.flags.writeable = False
    return rows


def divide_by_n(error: Array) -> Array:
    """Divide by N in place, by a product with 1 / N.

    Shapes: (N, K).
    """
    error *= scalar_array(1 / len(error), error.dtype)
    return error


# --- Batches --------------------------------------------------------------------------------------


def take_batches(
    images: Array, labels: Array, order: Array, batch_size: int
) -> Iterator[tuple[Array, Array]]:
    """Return the examples in the given order, batch by batch, as copies.

    Copying scattered images has a fixed cost; small batches share it, several are copied at once.

    Shapes: order (M,) -> images (batch_size, H, W), labels (batch_size,).
    """
    together = batch_size * max(1, GATHERED // batch_size)
    for first in range(0, len(order), together):
        some_images, some_labels = take_examples(images, labels, order[first : first + together])
        for start in range(0, len(some_labels), batch_size):
            batch = slice(start, start + batch_size)
            yield some_images[batch], some_labels[batch]


def take_examples(images: Array, labels: Array, indices: Array) -> tuple[Array, Array]:
    """Return images[indices] and labels[indices], in half the time.

    Shapes: indices (M,) -> images (M, H, W), labels (M,).
    """
    return images.take(indices, axis=0), labels.take(indices)
