"""Differences of correct gradients and finite differences: kinks and rounding."""

from collections.abc import Callable, Sequence

import numpy as np

from network.core.params import Array, Params
from network.core.plumbing.layer_traits import LayerTraits

ROUNDING = 4 * float(np.finfo(np.float64).eps)  # of a loss, relative to its largest ingredient


def avoid_steep(layers: Sequence[object], params: Params) -> None:
    """Move parameters away from values where finite differences fail; writes to `params`.

    It is the code of a gradient that is checked, so other values show its bugs as well.
    """
    for layer, layer_params in zip(layers, params, strict=True):
        if isinstance(layer, LayerTraits):  # a user's own layer need not be one
            layer.avoid_steep(layer_params)


def allow_for_kink(
    slope: Callable[[float, float], float], epsilon: float, central: float, grad: float
) -> float:
    """Return the derivative nearest to `grad` at a kink of the loss, such as ReLU's.

    A kink has one slope on the left and another on the right, and every number between the two
    counts as a derivative. Without a kink they are equal, and the central difference, which
    rounding disturbs less, may be nearer. `slope` returns the difference quotient between two
    distances from the parameter.

    Source: Clarke, Optimization and Nonsmooth Analysis (1983), section 2.1.
    """
    left, right = slope(-epsilon / 100, 0), slope(0, epsilon / 100)
    between = float(np.clip(grad, min(left, right), max(left, right)))
    return min(central, between, key=lambda found: abs(found - grad))


def rounding_of_differences(loss_value: float, outputs: Array, epsilon: float) -> float:
    """Return the largest error that rounding the loss can cause in a central difference.

    Shapes: outputs (N, K).
    """
    return ROUNDING * max(1.0, abs(loss_value), float(np.abs(outputs).max())) / epsilon
