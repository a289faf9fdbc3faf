"""Models as data and as text: every layer is written and read by its name."""

from collections.abc import Callable
from dataclasses import asdict
from typing import Any

from network.core.layers import Layer
from network.layers.ensemble import LAYERS
from network.layers.registry import parse_layers_among


def describe_layer(layer: Layer) -> dict[str, Any]:
    """Return a layer as plain data, such as `{"layer": "Linear", "n_out": 30, ...}`."""
    return {"layer": type(layer).__name__, **asdict(layer)}


def build_layer(description: dict[str, Any]) -> Layer:
    """Build a layer from the plain data of `describe_layer`.

    Raises: KeyError for an unknown layer, TypeError for unknown fields, UsageError for values
    that a field cannot have.
    """
    fields = dict(description)
    build: Callable[..., Layer] = LAYERS[fields.pop("layer")]
    return build(**fields)


def parse_layers(text: str) -> tuple[Layer, ...]:
    """Parse layers in Python's syntax: `Conv2D(16, 5), ReLU, Dropout(rate=0.2)`.

    The text is parsed and never run. The `repr` of a layer is parsed as that layer.

    Raises: UsageError.
    """
    return parse_layers_among(LAYERS, text)
