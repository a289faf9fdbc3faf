"""Layers by their names, and layers parsed from text; `text.py` adds Ensemble."""

import ast
import difflib
import inspect
import re
from collections.abc import Callable, Collection, Mapping

from network.core.activations import ReLU, Sigmoid, Softmax, Tanh
from network.core.layers import Flatten, Identity, Layer, Linear
from network.layers.activations import GELU, LeakyReLU, LogSoftmax
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout, Dropout2D
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from pipeline.errors import UsageError

SINGLE_LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        *(Linear, Flatten, Identity),
        *(Sigmoid, Tanh, ReLU, LeakyReLU, GELU, Softmax, LogSoftmax),
        *(Conv2D, MaxPool2D, AveragePool2D, BatchNorm, Dropout, Dropout2D),
    )
}


NAMES_ELSEWHERE = {  # of layers in other libraries, in lower case
    **dict.fromkeys(("dense", "fc", "fullyconnected", "affine"), "Linear"),
    **dict.fromkeys(("conv", "convolution", "convolution2d"), "Conv2D"),
    **dict.fromkeys(("pool", "pooling", "maxpool", "maxpooling", "maxpooling2d"), "MaxPool2D"),
    **dict.fromkeys(("avgpool", "avgpool2d", "averagepooling2d"), "AveragePool2D"),
    **dict.fromkeys(("batchnorm1d", "batchnorm2d", "batchnormalization"), "BatchNorm"),
    **dict.fromkeys(("spatialdropout2d",), "Dropout2D"),
}


def parse_layers_among(known: Mapping[str, type[Layer]], text: str) -> tuple[Layer, ...]:
    """Parse layers from text; each must have one of the known names.

    Raises: UsageError.
    """
    try:
        parsed = ast.parse(f"[{text}]", mode="eval").body
        if not isinstance(parsed, ast.List):  # the text closes the list, as `] + [` does
            raise ValueError("not a list of layers")
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise UsageError(
            f'"{text[:100]}" is not a list of layers; '
            "expected one such as Conv2D(16, 5), ReLU, Flatten"
        ) from error
    return tuple(parse_layer(known, item) for item in parsed.elts)


def suggest_layer(name: str, known: Collection[str]) -> str:
    """Return a suggestion for an unknown layer: the same one elsewhere, or the nearest name."""
    lower = {one.lower(): one for one in known}
    plain = re.sub(r"[^a-z0-9]", "", name.lower())
    near = difflib.get_close_matches(plain, lower, n=1, cutoff=0.6)
    found = NAMES_ELSEWHERE.get(plain) or (lower[near[0]] if near else "")
    return f"Did you mean {found}?" if found in known else ""


def parse_layer(known: Mapping[str, type[Layer]], item: ast.expr) -> Layer:
    """Parse one layer: its name, with or without arguments that are plain data.

    Raises: UsageError.
    """
    call = item if isinstance(item, ast.Call) else ast.Call(item, [], [])
    if not isinstance(call.func, ast.Name) or call.func.id not in known:
        name = ast.unparse(call.func)[:50]
        hint = suggest_layer(name, known)
        raise UsageError(f'layer "{name}" not found; the layers are {", ".join(known)}', hint)
    build: Callable[..., Layer] = known[call.func.id]
    try:
        values = [ast.literal_eval(value) for value in call.args]
        named = {str(given.arg): ast.literal_eval(given.value) for given in call.keywords}
        if len(named) < len(call.keywords):
            raise ValueError("an argument is given twice")
        arguments = inspect.signature(build).bind(*values, **named)
    except (TypeError, ValueError) as error:
        fields = ", ".join(inspect.signature(build).parameters)
        raise UsageError(
            f'"{ast.unparse(item)[:100]}" is not valid; expected the form {call.func.id}({fields})',
            "Values are numbers, or text in quotes",
        ) from error
    return build(*arguments.args, **arguments.kwargs)
