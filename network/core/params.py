"""Parameters: the numbers that a network learns.

A neural network is a function. Its input is an image; its output is one *score* for each class,
here for each of the ten digits, and the class with the highest score is its *prediction*. The
function is a chain of *layers*: the outputs of a layer are the inputs of the next one. It
contains numbers that are not chosen but learnt, its *parameters*:

    weight    how strongly one input of a layer counts towards one of its outputs
    bias      a number that is added to an output, the same for all inputs

*Training* changes the parameters until the scores of known images are correct. It uses the *loss*,
one number that measures the error of the scores, and its *gradient*: the derivative of the loss
with respect to every parameter, which is how fast the loss grows when that parameter grows.

The parameters are a list with one dictionary per layer. In the default network, 784-30-10, an
image of 28 * 28 = 784 pixels becomes 30 numbers, and these become 10 scores. With the shape of
each array and the name of each layer, its parameters are

    [{},                                       Flatten: the pixels in one row
     {"weight": (784, 30), "bias": (30,)},     Linear(30)
     {},                                       Sigmoid
     {"weight": (30, 10), "bias": (10,)},      Linear(10)
     {}]                                       Sigmoid

The gradient has the same form, and so has the state of an *optimizer*, the rule that changes the
parameters. Such a list is called a *tree* here; the functions below work on all trees.
"""

from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
LayerParams: TypeAlias = dict[str, Array]  # of one layer: {} if it learns nothing
Params: TypeAlias = list[LayerParams]  # of a network; also its gradients: a tree


def map_params(function: Callable[[Array], Array], params: Params) -> Params:
    """Return the tree of `function(array)` for every array."""
    return [{name: function(array) for name, array in layer.items()} for layer in params]


def named_arrays(params: Params) -> Iterator[tuple[str, Array]]:
    """Return every array of a tree in order, with its name `layer/name`, such as `1/weight`."""
    for index, layer in enumerate(params):
        for name, array in layer.items():
            yield f"{index}/{name}", array


def zip_arrays(*trees: Params) -> Iterator[tuple[str, tuple[Array, ...]]]:
    """Return the name of each array, and the arrays at its position in every tree."""
    for layers in zip(*trees, strict=True):
        for name in layers[0]:
            yield name, tuple([layer[name] for layer in layers])  # a list: faster than a generator


def zeros_like(params: Params) -> Params:
    """Return a tree of the same form, filled with zeros."""
    return map_params(np.zeros_like, params)


def copy_params(params: Params) -> Params:
    """Return a copy that shares no memory with the original."""
    return map_params(np.copy, params)


def count_params(params: Params) -> int:
    """Return the number of parameters: 23,860 in 784-30-10."""
    return sum(array.size for _, array in named_arrays(params))


def is_finite(params: Params) -> bool:
    """Return whether all numbers are finite, neither NaN nor infinite."""
    return all(np.isfinite(array).all() for _, array in named_arrays(params))
