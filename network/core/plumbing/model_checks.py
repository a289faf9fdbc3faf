"""Argument checks of models and training steps: short errors instead of those of NumPy."""

import functools
import math
from collections.abc import Callable, Sequence
from typing import Any, ParamSpec, TypeVar

import numpy as np

from pipeline.errors import UsageError

P = ParamSpec("P")
R = TypeVar("R")


class CheckedLayers:
    """A base of `Model`, whose layers are checked when it is created; a list becomes a tuple."""

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", check_layers(vars(self)["layers"]))


def check_layers(layers: Any) -> tuple[Any, ...]:
    """Return layers as a tuple; each has to be a layer.

    Raises: UsageError.
    """
    if not isinstance(layers, tuple | list):
        example = "a tuple of layers, such as (Flatten(), Linear(10))"
        raise UsageError(f"layers is {layers!r:.100}; expected {example}")
    for layer in layers:
        has_methods = callable(getattr(layer, "forward", None)) and not isinstance(layer, type)
        if not has_methods:
            raise UsageError(f"a layer is {layer!r:.100}; expected one such as Linear(10)")
    return tuple(layers)


def check_init(layers: Sequence[Any], rng: Any, in_shape: Any) -> None:
    """Require what is needed to draw parameters: a generator, and a shape that suits the layers.

    Raises: UsageError.
    """
    if not isinstance(rng, np.random.Generator):
        raise UsageError(f"rng is {rng!r:.100}; expected np.random.default_rng(0)")
    check_shapes(layers, in_shape)


def check_shapes(layers: Sequence[Any], in_shape: Any) -> None:
    """Require layers that accept the outputs of the layers before them.

    A layer of the user's own that does not tell its shapes ends the check.

    Raises: UsageError.
    """
    shape = in_shape
    for layer in layers:
        if not hasattr(layer, "shapes"):
            return
        out_shape = find_shape(layer, shape)
        if out_shape is None:
            what = f"layer {layer!r} cannot take inputs of shape {shape}"
            raise UsageError(what, find_remedy(layer, shape))
        shape = out_shape


def find_remedy(layer: Any, shape: Any) -> str:
    """Return what to do about a layer that cannot take inputs of a shape."""
    if not isinstance(shape, tuple) or not shape:
        return ""
    if len(shape) == 1:
        return "Put it before Flatten, where inputs have rows and columns"
    size = getattr(layer, "size", 0)
    if size > min(shape[:2]):
        return f"Its size {size} is more than {min(shape[:2])}; choose a smaller one"
    suits_flat = find_shape(layer, (math.prod(shape),)) is not None
    return "Put Flatten before it" if suits_flat else ""


def find_shape(layer: Any, in_shape: tuple[int, ...]) -> tuple[int, ...] | None:
    """Return the shape of the outputs; None if the layer does not accept these inputs."""
    try:
        params, out_shape = layer.shapes(in_shape)
        sizes = [*out_shape, *(size for array in params.values() for size in array)]
    except (ValueError, TypeError, IndexError):
        return None
    return out_shape if sizes and min(sizes) >= 1 else None


def explain_errors(function: Callable[P, R]) -> Callable[P, R]:
    """Return a function that explains arguments which do not belong together.

    They are only checked after an error, so that a training step takes no longer.

    Raises: UsageError.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except AttributeError as error:
            if not isinstance(error.obj, list | tuple):
                raise
            what = f"the images are a {type(error.obj).__name__}; expected an array"
            raise UsageError(what, "Convert them: np.array(images, np.float32)") from None
        except KeyError as error:
            what = f'"{error.args[0]}" is missing in params or state'
            hint = "They come from model.init(rng, in_shape) and optimizer.init(params)"
            raise UsageError(what, hint) from None

    return call
