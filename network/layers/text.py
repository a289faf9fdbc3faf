"""Every layer by its name: how a model is written down, as data or as text, and read back."""

import ast
import difflib
import inspect
from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from network.core.activations import GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from network.core.layers import Flatten, Identity, Layer, Linear
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout
from network.layers.ensemble import Ensemble
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from pipeline.errors import UsageError

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        *(Linear, Flatten, Identity),
        *(Sigmoid, Tanh, ReLU, LeakyReLU, GELU, Softmax, LogSoftmax),
        *(Conv2D, MaxPool2D, AveragePool2D, BatchNorm, Dropout, Ensemble),
    )
}


def describe_layer(layer: Layer) -> dict[str, Any]:
    """Turn a layer into plain data, as in `{"layer": "Linear", "n_out": 30, ...}`."""
    return {"layer": type(layer).__name__, **asdict(layer)}


def build_layer(description: dict[str, Any]) -> Layer:
    """Turn the plain data of `describe_layer` back into the layer.

    Raises: KeyError for an unknown layer, TypeError for unknown fields, UsageError for values
    that a field cannot have.
    """
    fields = dict(description)
    build: Callable[..., Layer] = LAYERS[fields.pop("layer")]
    return build(**fields)


def parse_layers(text: str) -> tuple[Layer, ...]:
    """Read layers as Python would write them: `Conv2D(16, 5), ReLU, Dropout(rate=0.2)`.

    The text is parsed and never run. What `repr` makes of a layer is read back as that layer.

    Raises: UsageError.
    """
    unreadable = UsageError(
        f"layers are {text[:100]!r}, expected some like Conv2D(16, 5), ReLU, Flatten"
    )
    try:
        parsed = ast.parse(f"[{text}]", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise unreadable from error
    if not isinstance(parsed, ast.List):  # as of "ReLU] + [ReLU"
        raise unreadable
    return tuple(parse_layer(item) for item in parsed.elts)


def parse_layer(item: ast.expr) -> Layer:
    """Read one layer: its name, with or without arguments that are plain data.

    Raises: UsageError.
    """
    call = item if isinstance(item, ast.Call) else ast.Call(item, [], [])
    if not isinstance(call.func, ast.Name) or call.func.id not in LAYERS:
        name = ast.unparse(call.func)[:50]
        near = difflib.get_close_matches(name, LAYERS, n=1, cutoff=0.4)
        hint = f"Did you mean {near[0]}?" if near else ""
        raise UsageError(f"layer {name!r} is unknown, we know {', '.join(LAYERS)}", hint)
    build: Callable[..., Layer] = LAYERS[call.func.id]
    try:
        values = [ast.literal_eval(value) for value in call.args]
        named = {str(given.arg): ast.literal_eval(given.value) for given in call.keywords}
        arguments = inspect.signature(build).bind(*values, **named)
    except (TypeError, ValueError) as error:
        fields = ", ".join(inspect.signature(build).parameters)
        raise UsageError(
            f"layer {ast.unparse(item)[:100]}: expected the form {call.func.id}({fields})",
            "A value is a number, or a text in quotes",
        ) from error
    return build(*arguments.args, **arguments.kwargs)
