"""ONNX operators of every layer; a second one where the order of axes differs.

Here the channels of an image come last, in ONNX they come first: the shape (H, W, C) becomes
(C, H, W) in the graph. All other arrays keep their order. Flatten moves the channels last again
before it reshapes, so that the weights after it fit.

Source: ONNX, Operator Schemas of opset 20, the operator that each function names.
"""

from collections.abc import Callable
from typing import Any, TypeAlias

import numpy as np
from onnx import NodeProto, TensorProto, helper, numpy_helper

from network.core.layers import Layer, Shape
from network.core.params import Array, LayerParams, Params
from network.layers.activations import LeakyReLU
from network.layers.convolution import Conv2D
from network.layers.ensemble import Ensemble
from network.layers.normalization import BatchNorm
from network.layers.pooling import Pooling

TO_CHANNELS_FIRST, TO_CHANNELS_LAST = [0, 3, 1, 2], [0, 2, 3, 1]


class Graph:
    """The operators and the constants of a model, in order."""

    def __init__(self) -> None:
        self.nodes: list[NodeProto] = []
        self.constants: list[TensorProto] = []

    def add(self, operator: str, *inputs: str, **attributes: Any) -> str:
        """Add an operator, and return the name of its output."""
        name = f"{operator}_{len(self.nodes)}"
        self.nodes.append(helper.make_node(operator, inputs, [name], name=name, **attributes))
        return name

    def constant(self, name: str, array: Array) -> str:
        """Add a constant, and return its name."""
        self.constants.append(numpy_helper.from_array(np.ascontiguousarray(array), name))
        return name

    def params(self, prefix: str, params: LayerParams) -> dict[str, str]:
        """Add the parameters of a layer, and return the name of each in the graph."""
        return {
            name: self.constant(f"{prefix}{name}", array.astype(np.float32))
            for name, array in params.items()
        }

    def axis(self, operator: str, x: str) -> str:
        """Add or remove the axis of the channels (Unsqueeze, Squeeze)."""
        if not any(constant.name == "channels" for constant in self.constants):
            self.constant("channels", np.array([1], np.int64))
        return self.add(operator, x, "channels")


# graph, layer, its params, the beginning of their names, the name of x, the shape of x -> that of y
Translation: TypeAlias = Callable[[Graph, Any, LayerParams, str, str, Shape], str]


def add_layers(
    graph: Graph, layers: tuple[Layer, ...], params: Params, prefix: str, x: str, shape: Shape
) -> str:
    """Add layers in a row to a graph, and return the name of the outputs of the last."""
    for index, (layer, layer_params) in enumerate(zip(layers, params, strict=True)):
        if not layer.is_identity:
            translate = TRANSLATIONS[type(layer).__name__]
            x = translate(graph, layer, layer_params, f"{prefix}{index}.", x, shape)
        _, shape = layer.shapes(shape)
    return x


def operator(name: str, **attributes: Any) -> Translation:
    """Translate a layer into one operator for arrays of any shape."""
    return lambda graph, layer, params, prefix, x, shape: graph.add(name, x, **attributes)


def linear(
    graph: Graph, layer: Layer, params: LayerParams, prefix: str, x: str, shape: Shape
) -> str:
    """Gemm: x @ weight + bias."""
    names = graph.params(prefix, params)
    return graph.add("Gemm", x, names["weight"], names["bias"])


def flatten(
    graph: Graph, layer: Layer, params: LayerParams, prefix: str, x: str, shape: Shape
) -> str:
    """Flatten, with channels last."""
    if len(shape) == 3:
        x = graph.add("Transpose", x, perm=TO_CHANNELS_LAST)
    return graph.add("Flatten", x, axis=1)


def leaky_relu(
    graph: Graph, layer: LeakyReLU, params: LayerParams, prefix: str, x: str, shape: Shape
) -> str:
    """LeakyRelu."""
    return graph.add("LeakyRelu", x, alpha=layer.slope)


def over_classes(name: str) -> Translation:
    """Translate a layer that works along the axis that our arrays have behind N."""

    def translate(
        graph: Graph, layer: Layer, params: LayerParams, prefix: str, x: str, shape: Shape
    ) -> str:
        return graph.add(name, x, axis=2 if len(shape) == 3 else 1)

    return translate


def conv2d(
    graph: Graph, layer: Conv2D, params: LayerParams, prefix: str, x: str, shape: Shape
) -> str:
    """Conv, whose weight is (n_out, C, size, size)."""
    names = graph.params(prefix, params | {"weight": params["weight"].transpose(3, 2, 0, 1)})
    if len(shape) == 2:
        x = graph.axis("Unsqueeze", x)
    return graph.add("Conv", x, names["weight"], names["bias"], pads=[layer.padding] * 4)


def pool(name: str) -> Translation:
    """Translate a pooling layer: squares of pixels side by side."""

    def translate(
        graph: Graph, layer: Pooling, params: LayerParams, prefix: str, x: str, shape: Shape
    ) -> str:
        square = [layer.size] * 2
        if len(shape) == 3:
            return graph.add(name, x, kernel_shape=square, strides=square)
        x = graph.add(name, graph.axis("Unsqueeze", x), kernel_shape=square, strides=square)
        return graph.axis("Squeeze", x)

    return translate


def batch_norm(
    graph: Graph, layer: BatchNorm, params: LayerParams, prefix: str, x: str, shape: Shape
) -> str:
    """BatchNormalization by the mean and variance that were measured, channels behind N."""
    names = graph.params(prefix, params)
    values = [names[name] for name in ("scale", "shift", "mean", "variance")]
    if len(shape) != 2:
        return graph.add("BatchNormalization", x, *values, epsilon=layer.epsilon)
    x = graph.add("Transpose", x, perm=[0, 2, 1])  # a grey image: its columns are normalised
    x = graph.add("BatchNormalization", x, *values, epsilon=layer.epsilon)
    return graph.add("Transpose", x, perm=[0, 2, 1])


def ensemble(
    graph: Graph, layer: Ensemble, params: LayerParams, prefix: str, x: str, shape: Shape
) -> str:
    """Mean of the members, each with its own parameters."""
    scores = []
    for place, (layers, member_params) in enumerate(layer.inner_networks(params)):
        scores.append(add_layers(graph, layers, member_params, f"{prefix}{place}.", x, shape))
    return graph.add("Mean", *scores)


TRANSLATIONS: dict[str, Translation] = {
    "Linear": linear,
    "Flatten": flatten,
    "Sigmoid": operator("Sigmoid"),
    "Tanh": operator("Tanh"),
    "ReLU": operator("Relu"),
    "LeakyReLU": leaky_relu,
    "GELU": operator("Gelu", approximate="tanh"),
    "Softmax": over_classes("Softmax"),
    "LogSoftmax": over_classes("LogSoftmax"),
    "Conv2D": conv2d,
    "MaxPool2D": pool("MaxPool"),
    "AveragePool2D": pool("AveragePool"),
    "BatchNorm": batch_norm,
    "Ensemble": ensemble,
}
