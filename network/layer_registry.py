"""Every layer by its name: how a model is written down as plain data, and read back."""

from dataclasses import asdict
from typing import Any

from network.activations import GELU, LeakyReLU, LogSoftmax, ReLU, Sigmoid, Softmax, Tanh
from network.convolution import Conv2D
from network.dropout import Dropout
from network.layers import Flatten, Identity, Layer, Linear
from network.normalization import BatchNorm
from network.pooling import AveragePool2D, MaxPool2D

LAYERS: dict[str, type[Layer]] = {
    layer.__name__: layer
    for layer in (
        *(Linear, Flatten, Identity),
        *(Sigmoid, Tanh, ReLU, LeakyReLU, GELU, Softmax, LogSoftmax),
        *(Conv2D, MaxPool2D, AveragePool2D, BatchNorm, Dropout),
    )
}


def describe_layer(layer: Layer) -> dict[str, Any]:
    """Turn a layer into plain data, as in `{"layer": "Linear", "n_out": 30, ...}`."""
    return {"layer": type(layer).__name__, **asdict(layer)}  # type: ignore[call-overload]


def layer_from_description(description: dict[str, Any]) -> Layer:
    """Turn the plain data of `describe_layer` back into the layer.

    Raises: KeyError for a layer we do not know, TypeError for fields that it does not have.
    """
    fields = dict(description)
    return LAYERS[fields.pop("layer")](**fields)
