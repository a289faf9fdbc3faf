"""Prove a model's backward pass against finite differences.

The derivative by one number is the limit of (L(p + e) - L(p - e)) / 2e. Computing that for every
parameter takes two forward passes each and no calculus at all, so it agrees with the backward
pass only if the backward pass is right. Whoever doubts a gradient, or writes a new layer, asks
here first.

Source: Bishop, Pattern Recognition and Machine Learning (2006), section 5.3.3, equation 5.69.
"""

from collections.abc import Callable, Iterator
from typing import NamedTuple

import numpy as np

from network.core.losses import Loss
from network.core.model import Model, without_output_activation
from network.core.params import Array, Params, map_params

EPSILON = 1e-5  # the error falls with its square, the rounding grows with its inverse
TOLERANCE = 1e-6
ROUNDING = 4 * float(np.finfo(np.float64).eps)  # of a loss, as a share of what it is made from


class ArrayCheck(NamedTuple):
    """How far the gradient by one array is from the finite differences."""

    layer: int
    layer_name: str
    array_name: str
    checked: int  # numbers of the array that were disturbed
    relative_error: float
    rounding: float = 0.0  # the share of it that the rounding of the loss alone can explain

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
    """Check the gradient by every parameter, or by `sample` random ones of each array.

    All is computed in float64. `advance` is told how many parameters are done.

    Shapes: images (N, H, W), labels (N,); a few examples are enough.
    """
    model = without_output_activation(model, loss)
    params = map_params(lambda array: np.array(array, np.float64, order="C"), params)
    images = images.astype(np.float64)
    outputs, backward = model.forward(params, images)
    loss_value, d_outputs = loss(outputs, labels)
    grads = backward(d_outputs)
    rounding = ROUNDING * max(1.0, abs(loss_value), float(np.abs(outputs).max())) / EPSILON
    x = images
    for index, layer in enumerate(model.layers):
        rest = Model(model.layers[index:])  # what comes before does not depend on these params

        def compute_loss(rest: Model = rest, x: Array = x, index: int = index) -> float:
            return loss(rest.forward(params[index:], x)[0], labels)[0]

        for name, array in params[index].items():
            which = choose_indices(array.size, sample)
            expected = np.ascontiguousarray(grads[index][name]).reshape(-1)[which]
            numeric = finite_differences(compute_loss, array, which, expected, advance)
            difference = float(np.abs(expected - numeric).max(initial=0))
            yield ArrayCheck(
                layer=index,
                layer_name=type(layer).__name__,
                array_name=name,
                checked=len(which),
                relative_error=relative_error(difference, expected, numeric),
                rounding=relative_error(rounding, expected, numeric),
            )
        x, _ = layer.forward(params[index], x)


def choose_indices(size: int, sample: int | None) -> Array:
    """Choose which numbers of an array to disturb: all, or a random sample, always the same."""
    if sample is None or sample >= size:
        return np.arange(size)
    return np.sort(np.random.default_rng(0).choice(size, sample, replace=False))


def finite_differences(
    compute_loss: Callable[[], float],
    array: Array,
    which: Array,
    expected: Array,
    advance: Callable[[int], None],
) -> Array:
    """Return dL/d(array[i]) for every i in `which`.

    At a kink (of ReLU, say) there is a slope to the left and another to the right, and every
    number between them is a derivative in Clarke's sense (Optimization and Nonsmooth Analysis,
    1983, section 2.1). So where the central difference is far from what is expected, the number
    between the two slopes that is nearest to it counts, if it is nearer; without a kink they are
    the same slope.

    Shapes: which (M,), expected (M,) -> (M,).
    """
    flat = array.reshape(-1)  # a view: the array is contiguous
    scale = float(np.abs(expected).max(initial=0)) or 1.0
    numeric = np.empty(len(which))
    for position, i in enumerate(which):
        middle = directional_derivative(compute_loss, flat, i, -EPSILON, EPSILON)
        if not abs(middle - expected[position]) <= TOLERANCE * scale:
            left = directional_derivative(compute_loss, flat, i, -EPSILON / 100, 0)
            right = directional_derivative(compute_loss, flat, i, 0, EPSILON / 100)
            between = float(np.clip(expected[position], min(left, right), max(left, right)))
            # without a kink the wide difference, which rounding disturbs less, may be nearer
            middle = min(middle, between, key=lambda found: abs(found - expected[position]))
        numeric[position] = middle
        advance(1)
    return numeric


def directional_derivative(
    compute_loss: Callable[[], float], flat: Array, i: int, low: float, high: float
) -> float:
    """Return (L(p + high) - L(p + low)) / (high - low) for p = flat[i], and restore it."""
    kept = flat[i]
    flat[i] = kept + high
    above = compute_loss()
    flat[i] = kept + low
    below = compute_loss()
    flat[i] = kept
    return (above - below) / (high - low)


def relative_error(amount: float, found: Array, expected: Array) -> float:
    """Return an amount as a share of the largest number of two arrays; 0 when that is 0."""
    scale = max(np.abs(found).max(initial=0), np.abs(expected).max(initial=0))
    return float(amount / scale) if scale else 0.0
