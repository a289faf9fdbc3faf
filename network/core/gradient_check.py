"""Gradient check: backpropagation against finite differences.

A bug in a backward pass causes no error: the network still learns, only worse. So this file
computes the gradients a second time, straight from the definition of the derivative,

    dL/dp = limit of (L(p + e) - L(p - e)) / 2e as e goes to 0,  here with e = 1e-5

This *central difference* takes two forward passes for each parameter, thousands of times the work
of backpropagation, and no calculus. The two methods share only the forward pass, so they agree
only if the backward pass is correct. Check every new layer like this.

The choice of e is a compromise. The difference has an error of the order of e^2, since e is not 0.
It has another from rounding: float64, a number of 64 bits, holds 16 digits of L, and dividing by
2e makes the error in the last one larger. With 1e-5, about 9 digits of the derivative are correct.
`plumbing/differences.py` has a bound for that error, and the derivative at a kink.

Source: Bishop, Pattern Recognition and Machine Learning (2006), section 5.3.3, equation 5.69.
"""

from collections.abc import Callable, Iterator
from functools import partial
from typing import NamedTuple

import numpy as np

from network.core.losses import Loss
from network.core.model import Model, without_output_activation
from network.core.params import Array, Params, map_params
from network.core.plumbing.differences import allow_for_kink, avoid_steep, rounding_of_differences

EPSILON = 1e-5  # e
TOLERANCE = 1e-6  # relative error of a correct gradient, apart from rounding


class ArrayCheck(NamedTuple):
    """Result for one array of parameters."""

    layer: int
    layer_name: str
    array_name: str
    checked: int  # numbers of the array that were checked
    relative_error: float  # largest difference / largest derivative
    rounding: float = 0.0  # the part that rounding of the loss can cause

    @property
    def is_right(self) -> bool:
        return self.relative_error <= TOLERANCE + self.rounding


def check_gradients(
    model: Model,
    loss: Loss,
    params: Params,
    images: Array,
    labels: Array,
    sample: int | None = None,
    advance: Callable[[int], None] = lambda more: None,
) -> Iterator[ArrayCheck]:
    """Check the derivative for every parameter, or for `sample` random ones per array.

    Everything is computed in float64. `advance` is called with the number of parameters checked.

    Shapes: images (N, H, W), labels (N,); a few images are enough.

    Example:
        >>> model = Model((Flatten(), Linear(2), Sigmoid()))
        >>> params = model.init(np.random.default_rng(0), (2, 2))
        >>> images, labels = np.ones((1, 2, 2)), np.array([1])
        >>> checks = check_gradients(model, SquaredError(), params, images, labels)
        >>> [(check.array_name, check.is_right) for check in checks]
        [('weight', True), ('bias', True)]
    """
    model = without_output_activation(model, loss)
    params = map_params(lambda array: np.array(array, np.float64, order="C"), params)  # a copy
    avoid_steep(model.layers, params)
    images = images.astype(np.float64)
    # The gradients from backpropagation, which are checked:
    outputs, backward = model.forward(params, images)
    loss_value, d_outputs = loss(outputs, labels)
    grads = backward(d_outputs)

    rounding = rounding_of_differences(loss_value, outputs, EPSILON)
    x = images  # inputs of the layer whose parameters are checked
    for index, layer in enumerate(model.layers):
        rest = Model(model.layers[index:])  # layers before it do not depend on its parameters
        loss_now = partial(compute_loss, rest, loss, params[index:], x, labels)
        for name, array in params[index].items():
            which = choose_indices(array.size, sample)
            grad = np.ascontiguousarray(grads[index][name]).reshape(-1)[which]
            numeric = finite_differences(loss_now, array, which, grad, advance)
            difference = float(np.abs(grad - numeric).max(initial=0))
            yield ArrayCheck(
                layer=index,
                layer_name=type(layer).__name__,
                array_name=name,
                checked=len(which),
                relative_error=relative_error(difference, grad, numeric),
                rounding=relative_error(rounding, grad, numeric),
            )
        x, _ = layer.forward(params[index], x)  # inputs of the next layer


def choose_indices(size: int, sample: int | None) -> Array:
    """Return the indices of the numbers to check: all, or a random sample, always the same.

    Shapes: (size,) or (sample,).
    """
    if sample is None or sample >= size:
        return np.arange(size)
    return np.sort(np.random.default_rng(0).choice(size, sample, replace=False))


def compute_loss(model: Model, loss: Loss, params: Params, x: Array, labels: Array) -> float:
    """Return the loss for the current parameters.

    Shapes: x (N, ...), labels (N,).
    """
    outputs, _ = model.forward(params, x)
    return loss(outputs, labels)[0]


def finite_differences(
    loss_now: Callable[[], float],
    array: Array,
    which: Array,
    grad: Array,
    advance: Callable[[int], None],
) -> Array:
    """Return dL/d(array[i]) for every i in `which`, by central differences of the loss.

    `grad` holds the derivatives to be checked. They are used only at *kinks*, where the loss has
    one slope on the left and another on the right, as ReLU has at 0.

    Shapes: which (M,), grad (M,) -> (M,).
    """
    flat = array.reshape(-1)  # a view of the same memory: a change in it changes the parameters
    scale = float(np.abs(grad).max(initial=0)) or 1.0
    numeric = np.empty(len(which))  # (M,)
    for position, i in enumerate(which):
        slope = partial(difference_quotient, loss_now, flat, i)
        found = slope(-EPSILON, EPSILON)  # the central difference
        if not abs(found - grad[position]) <= TOLERANCE * scale:
            found = allow_for_kink(slope, EPSILON, found, grad[position])
        numeric[position] = found
        advance(1)
    return numeric


def difference_quotient(
    loss_now: Callable[[], float], flat: Array, i: int, low: float, high: float
) -> float:
    """Return (L(p + high) - L(p + low)) / (high - low) for p = flat[i], and restore p."""
    kept = flat[i]
    flat[i] = kept + high
    above = loss_now()
    flat[i] = kept + low
    below = loss_now()
    flat[i] = kept
    return (above - below) / (high - low)


def relative_error(amount: float, grad: Array, numeric: Array) -> float:
    """Return an amount divided by the largest number of two arrays; 0 if that is 0."""
    scale = max(np.abs(grad).max(initial=0), np.abs(numeric).max(initial=0))
    return float(amount / scale) if scale else 0.0
