"""Gradient check along random directions, in which all parameters change at once.

`core/gradient_check.py` changes one parameter at a time, which takes two forward passes for each
of them: minutes for a convolutional network. Here all change together. Along a direction v, a
number for each parameter, the loss has one derivative, and the gradient must give the same:

    sum over all parameters of dL/dp * v = limit of (L(p + e v) - L(p - e v)) / 2e as e goes to 0

One incorrect number in the gradient changes the sum, unless v is 0 there. The directions are
random, so it never is; but the sum does not show which number is incorrect.

The parameters are moved a little beforehand. Where a unit's sum is exactly 0, as in networks whose
biases are 0, the loss can have a kink (of ReLU, say), and no derivative.

Source: Goodfellow, Bengio, Courville, Deep Learning (2016), section 11.5 (random projections).
"""

from math import sqrt
from typing import NamedTuple

import numpy as np

from network.core.gradient_check import EPSILON, TOLERANCE
from network.core.losses import Loss
from network.core.model import Model, without_output_activation
from network.core.params import (
    Array,
    Params,
    count_params,
    map_params,
    named_arrays,
    zip_arrays,
)
from network.core.plumbing.differences import avoid_steep, rounding_of_differences

NUDGE = 1e-3  # of the size of an array's numbers: how far they are moved beforehand
SHORTER = (1, 0.1, 0.01)  # times the step; where a long one crosses a kink, a short one may not


class DirectionCheck(NamedTuple):
    """Result for one direction, or the worst of several."""

    directions: int
    parameters: int
    relative_error: float  # difference / usual size of a derivative along a direction
    rounding: float  # the part that rounding of the loss can cause

    @property
    def is_right(self) -> bool:
        return self.relative_error <= TOLERANCE + self.rounding


def check_directions(
    model: Model, loss: Loss, params: Params, images: Array, labels: Array, directions: int = 3
) -> DirectionCheck:
    """Check the whole gradient along random directions, always the same, in float64.

    Shapes: images (N, H, W), labels (N,).
    """
    model, rng = without_output_activation(model, loss), np.random.default_rng(0)
    images = images.astype(np.float64)
    params = map_params(lambda array: nudge(array, rng), params)
    avoid_steep(model.layers, params)
    outputs, backward = model.forward(params, images)
    loss_value, d_outputs = loss(outputs, labels)
    grads = backward(d_outputs)
    count = count_params(params)
    usual = sqrt(tree_product(grads, grads) / max(1, count))  # of a direction of length 1

    def loss_at(v: Params, step: float) -> float:
        moved = [
            {name: array + step * v_layer[name] for name, array in layer.items()}
            for layer, v_layer in zip(params, v, strict=True)
        ]
        return loss(model.forward(moved, images)[0], labels)[0]

    def check(v: Params, epsilon: float) -> DirectionCheck:
        numeric = (loss_at(v, epsilon) - loss_at(v, -epsilon)) / (2 * epsilon)
        error = abs(numeric - tree_product(grads, v))
        unsure = rounding_of_differences(loss_value, outputs, epsilon)
        scale = max(usual, abs(numeric) / sqrt(max(1, count))) or 1.0
        return DirectionCheck(directions, count, error / scale, unsure / scale)

    found = []
    for _ in range(directions):
        v = random_direction(params, rng)
        tries = []
        for shorter in SHORTER:
            tries.append(check(v, EPSILON * shorter))
            if tries[-1].is_right:
                break
        found.append(min(tries, key=excess))
    return max(found, key=excess)


def excess(check: DirectionCheck) -> float:
    """Return by how much an error exceeds the tolerance."""
    return check.relative_error - check.rounding


def nudge(array: Array, rng: np.random.Generator) -> Array:
    """Return a copy in float64, with all numbers moved by about a thousandth.

    Shapes: any, the same out.
    """
    wide = array.astype(np.float64)
    size = sqrt(np.mean(wide**2)) if wide.any() else 1.0
    return wide + NUDGE * size * rng.normal(size=array.shape)


def random_direction(params: Params, rng: np.random.Generator) -> Params:
    """Return random numbers for all parameters, whose squares add up to 1."""
    v = map_params(lambda array: rng.normal(size=array.shape), params)
    length = sqrt(tree_product(v, v)) or 1.0
    for _, array in named_arrays(v):
        array /= length
    return v


def tree_product(one: Params, other: Params) -> float:
    """Return the sum of the products of the numbers at the same positions of two trees."""
    return float(sum(np.vdot(a, b) for _, (a, b) in zip_arrays(one, other)))
