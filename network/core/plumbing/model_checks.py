"""Argument checks of models and training steps: short errors instead of those of NumPy."""

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from network.core.params import named_arrays
from pipeline.errors import UsageError

ORIGIN = "They come from model.init(rng, in_shape) and optimizer.init(params)"

P = ParamSpec("P")
R = TypeVar("R")
L = TypeVar("L")  # a layer


class CheckedLayers(Generic[L]):
    """A base of `Model`, whose layers are checked when it is created; a list becomes a tuple."""

    def __init__(self, layers: Sequence[L]) -> None:
        object.__setattr__(self, "layers", check_layers(layers))


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
    is_shape = isinstance(in_shape, tuple | list)
    if not is_shape or not all(isinstance(size, Integral) for size in in_shape):
        raise UsageError(f"in_shape is {in_shape!r:.100}; expected a tuple such as (28, 28)")
    check_shapes(layers, in_shape)


def check_shapes(layers: Sequence[Any], in_shape: Any) -> None:
    """Require layers that accept the outputs of the layers before them.

    The check stops at a layer without the method `shapes`, such as one of your own.

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
        except KeyError as error:
            what = f'"{error.args[0]}" is missing in params or state'
            raise UsageError(what, ORIGIN) from None
        except (AttributeError, ValueError, IndexError, TypeError):
            given = inspect.signature(function).bind(*args, **kwargs).arguments
            model = given.get("self") or given["model"]
            if problem := find_misfit(model, given["params"], given.get("images", given.get("x"))):
                raise problem from None
            if "labels" in given and (problem := check_step(given)):
                raise problem from None
            raise

    return call


def find_misfit(model: Any, params: Any, images: Any) -> UsageError | None:
    """Return the error for images and parameters that do not fit each other or the model."""
    if not isinstance(images, np.ndarray):
        what = f"the images are {images!r:.30}; expected an array"
        return UsageError(what, "Convert them: np.array(images, np.float32)")
    layers, shape = getattr(model, "layers", ()), images.shape[1:]
    if not isinstance(params, list) or len(params) != len(layers):
        found = f"has {len(params)} entries" if isinstance(params, list) else f"is {params!r:.30}"
        return UsageError(f"params {found}; expected one for each of {len(layers)} layers", ORIGIN)
    for layer, layer_params in zip(layers, params, strict=True):
        if not hasattr(layer, "shapes"):
            return None
        out_shape = find_shape(layer, shape)
        shapes = {name: array.shape for name, array in layer_params.items()}
        if out_shape is None or layer.shapes(shape)[0] != shapes:
            what = f"the images have the shape {images.shape}, which does not fit {layer!r:.100}"
            what += "; expected (N, *in_shape), with the in_shape of model.init"
            return UsageError(what, "Of a single image, make a batch: image[np.newaxis]")
        shape = out_shape
    return None


def check_step(given: dict[str, Any]) -> UsageError | None:
    """Return the error for arguments of a training step that it cannot use."""
    if not all(array.flags.writeable for _, array in named_arrays(given["params"])):
        what = "the parameters are read-only, as those of a run are; a step changes them"
        return UsageError(what, "Train a copy: params = copy.deepcopy(params)")
    return check_labels(given["images"], given["labels"])


def check_labels(images: Any, labels: Any) -> UsageError | None:
    """Return the error for labels that are not one whole number per image."""
    found = np.asarray(labels)
    if found.shape != images.shape[:1] or found.dtype.kind not in "iu":
        what = f"the labels have the shape {found.shape} and the type {found.dtype}"
        return UsageError(f"{what}; expected ({len(images)},) and whole numbers")
    return None
