"""Sample sizes of the gradient check: as many parameters as a given time allows."""

from collections.abc import Sequence
from time import perf_counter

import numpy as np

from network.core.model import Model
from network.core.params import Array, Params, map_params


def affordable_sample(model: Model, params: Params, images: Array, seconds: float) -> int | None:
    """Return the number of parameters to check per array, at least 1; None for all.

    A number takes two passes through its layer and those after it. One pass is timed here.

    Shapes: images (N, H, W).
    """
    costs = [2 * rest for rest in time_of_the_rest(model, params, images)]
    arrays = [
        (array.size, cost)
        for layer, cost in zip(params, costs, strict=True)
        for array in layer.values()
    ]
    return largest_sample(arrays, seconds)


def largest_sample(arrays: Sequence[tuple[int, float]], seconds: float) -> int | None:
    """Return the largest sample per array that the time allows, at least 1; None for all.

    For each array, the size and the seconds per number are given.
    """
    largest = max((size for size, _ in arrays), default=0)

    def takes(sample: int) -> float:
        return sum(min(sample, size) * cost for size, cost in arrays)

    if takes(largest) <= seconds:
        return None
    low, high = 1, largest  # there may be no time for `low`, and there is none for `high`
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if takes(middle) <= seconds else (low, middle)
    return low


def time_of_the_rest(model: Model, params: Params, images: Array) -> list[float]:
    """Return the seconds of a forward pass in float64 through each layer and all after it.

    Shapes: images (N, H, W).
    """
    wide, x, seconds = map_params(widen, params), widen(images), []
    for layer, layer_params in zip(model.layers, wide, strict=True):
        times = []
        for _ in range(2):  # the first pass may have to wait for memory
            begun = perf_counter()
            y, _ = layer.forward(layer_params, x)
            times.append(perf_counter() - begun)
        seconds.append(min(times))
        x = y
    return [sum(seconds[index:]) for index in range(len(seconds))]


def widen(array: Array) -> Array:
    """Return an array in float64.  Shapes: any, the same out."""
    return array.astype(np.float64)
