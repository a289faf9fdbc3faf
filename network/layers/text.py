"""Models as data and as text: every layer is written down by its name, and read back."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from network.core.layers import Layer
from network.layers.ensemble import LAYERS
from network.layers.registry import parse_layers_among


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
    return parse_layers_among(LAYERS, text)
