"""Parameters are a list of dictionaries of arrays; functions that map over them.

One dictionary per layer, `{}` where a layer learns nothing; two levels, never more. Gradients
and the optimizers' memories are trees of the same form, so one function serves them all.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
LayerParams: TypeAlias = dict[str, Array]
Params: TypeAlias = list[LayerParams]


@cache
def scalar_array(number: float, dtype: np.dtype[Any]) -> Array:
    """Make a number an array without axes, never to be written to.

    On small arrays an operation takes twice as long with a Python number, which NumPy has to
    convert every time.  Shapes: ().
    """
    array = np.array(number, dtype)
    array.flags.writeable = False
    return array


def map_params(function: Callable[[Array], Array], params: Params) -> Params:
    """Apply a function to every array and keep the tree."""
    return [{name: function(array) for name, array in layer.items()} for layer in params]


def named_arrays(params: Params) -> Iterator[tuple[str, Array]]:
    """Walk the tree in order, naming each array `layer/name`, as in `1/weight`."""
    for index, layer in enumerate(params):
        for name, array in layer.items():
            yield f"{index}/{name}", array


def zip_arrays(*trees: Params) -> Iterator[tuple[str, tuple[Array, ...]]]:
    """Walk trees of one form together: the array's own name, then one array of each tree."""
    for layers in zip(*trees, strict=True):
        for name in layers[0]:
            yield name, tuple([layer[name] for layer in layers])  # a list is the faster way


def matrices(params: Params) -> Params:
    """Keep of a tree what connects units with units: weights, and kernels of convolutions."""
    return [{n: array for n, array in layer.items() if array.ndim > 1} for layer in params]


def vectors(params: Params) -> Params:
    """Keep of a tree what belongs to single units or channels: biases, scales."""
    return [{n: array for n, array in layer.items() if array.ndim <= 1} for layer in params]


def zeros_like(params: Params) -> Params:
    """Make a tree of zeros of the same form."""
    return map_params(np.zeros_like, params)


def copy_params(params: Params) -> Params:
    """Copy every array, so that the copy and the original share no memory."""
    return map_params(np.copy, params)


def params_dtype(params: Params) -> np.dtype[Any]:
    """Tell the dtype, which all arrays of a tree share; that of a tree without any is float32."""
    for layer in params:
        for array in layer.values():
            return array.dtype
    return np.dtype(np.float32)


def is_finite(params: Params) -> bool:
    """Is every number one still, neither NaN nor infinite?"""
    return all(np.isfinite(array).all() for _, array in named_arrays(params))


def count_params(params: Params) -> int:
    """Count the numbers that are learnt."""
    return sum(array.size for _, array in named_arrays(params))
