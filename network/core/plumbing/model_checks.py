"""Argument checks of models and training steps: short errors instead of those of NumPy."""

import functools
import inspect
import math
from collections.abc import Callable, Sequence
from numbers import Integral
from typing import Any, Generic, ParamSpec, TypeVar

import numpy as np

from network.core.params import named_arrays
from pipeline.errors import CallError, UsageError

ORIGIN = "They come from model.init(rng, in_shape) and optimizer.init(params)"

P = ParamSpec("P")
R = TypeVar("R")
L = TypeVar("L")  # a layer


def takes_one_tuple(function: Callable[P, R]) -> Callable[P, R]:
    """Return the `__init__` of a model that explains layers which are not given as one tuple.

    Raises: CallError.
    """

    @functools.wraps(function)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        name, *given = type(args[0]).__name__, *args[1:]
        if len(given) + len(kwargs) != 1 or (kwargs and "layers" not in kwargs):
            what = f"{name}() takes one tuple of layers; found {len(given) + len(kwargs)} arguments"
            raise CallError(what, f"Put the layers in brackets: {name}((Flatten(), Linear(10)))")
        return function(*args, **kwargs)

    return call


class CheckedLayers(Generic[L]):
    """A base of `Model`, whose layers are checked when it is created; a list becomes a tuple."""

    @takes_one_tuple
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
        if isinstance(layer, type):
            what = f"a layer is the class {layer.__name__}; expected one such as Linear(10)"
            raise UsageError(what, f"Create it: {layer.__name__}(...)")
        if not callable(getattr(layer, "forward", None)):
            raise UsageError(f"a layer is {layer!r:.100}; expected one such as Linear(10)")
    return tuple(layers)


def check_init(layers: Sequence[Any], rng: Any, in_shape: Any, dtype: Any) -> None:
    """Require what is needed to draw parameters: a generator, a type, a shape for the layers.

    Raises: UsageError.
    """
    if not isinstance(rng, np.random.Generator):
        raise UsageError(f"rng is {rng!r:.100}; expected np.random.default_rng(0)")
    if not is_floating(dtype):
        found = getattr(dtype, "__name__", repr(dtype))
        raise UsageError(f"dtype is {found:.100}; expected np.float32 or np.float64")
    is_shape = isinstance(in_shape, tuple | list)
    if not is_shape or not all(isinstance(size, Integral) and int(size) > 0 for size in in_shape):
        raise UsageError(f"in_shape is {in_shape!r:.100}; expected a tuple such as (28, 28)")
    check_shapes(layers, in_shape)


def is_floating(dtype: Any) -> bool:
    """Return whether arrays of a type hold floating-point numbers."""
    try:
        return dtype is not None and np.issubdtype(np.dtype(dtype), np.floating)
    except TypeError:
        return False


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
        except UsageError:
            raise
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
    return find_label_problem(given["labels"], len(given["images"]))


def find_label_problem(labels: Any, count: int, n_classes: int | None = None) -> UsageError | None:
    """Return the error for labels that are not one whole number from 0 to K - 1 per image."""
    found = np.asarray(labels)
    if found.shape != (count,) or found.dtype.kind not in "iu":
        what = f"the labels have the shape {found.shape} and the type {found.dtype}"
        return UsageError(f"{what}; expected ({count},) and whole numbers")
    low, high = int(found.min(initial=0)), int(found.max(initial=0))
    if low < 0 or (n_classes is not None and high >= n_classes):
        end = "K - 1" if n_classes is None else n_classes - 1
        return UsageError(f"the labels are from {low} to {high}; expected 0 to {end}")
    return None
