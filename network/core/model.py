"""Models: layers in a row, and backpropagation through them.

The forward pass goes through the layers from the first to the last, the backward pass from the
last to the first. The example below is the default network, 784-30-10; its 30 outputs between
pixels and scores are a *hidden* layer.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np

from network.core.layers import Identity, Layer, Shape
from network.core.losses import Loss
from network.core.params import Array, Params
from network.core.plumbing.model_checks import CheckedLayers, check_init, explain_errors

ModelBackward: TypeAlias = Callable[[Array], Params]  # d_outputs -> grads


@dataclass(frozen=True, init=False)
class Model(CheckedLayers[Layer]):
    """A chain of layers: the outputs of each are the inputs of the next.

    A model holds no parameters. They are given to it, as a list with one dictionary per layer.

    Example:
        >>> model = Model((Flatten(), Linear(30), Sigmoid(), Linear(10), Sigmoid()))
        >>> params = model.init(np.random.default_rng(0), in_shape=(28, 28))
        >>> outputs, backward = model.forward(params, np.zeros((5, 28, 28), np.float32))
        >>> outputs.shape, len(backward(outputs))
        ((5, 10), 5)
    """

    layers: tuple[Layer, ...]

    def init(
        self,
        rng: np.random.Generator,
        in_shape: Shape,
        dtype: type[np.floating[Any]] = np.float32,
    ) -> Params:
        """Draw the initial parameters of every layer; `in_shape` is that of one image."""
        check_init(self.layers, rng, in_shape, dtype)
        params = []
        shape = in_shape  # of one image as it enters the next layer
        for layer in self.layers:
            layer_params, shape = layer.init(rng, shape, dtype)
            params.append(layer_params)
        return params

    @explain_errors
    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, ModelBackward]:
        """Compute the outputs; return them with the backward pass (backpropagation).

        The network is a chain of functions, so the chain rule gives its derivatives layer by
        layer, from the last to the first. Each layer turns d_y, the gradient with respect to its
        outputs, into the gradients of its parameters and into d_x, which is the d_y of the layer
        before it. A backward pass costs about twice as much as a forward pass, however many
        parameters there are.

        Shapes: x (N, H, W) -> outputs (N, K); d_outputs (N, K) -> gradients, shaped as `params`.
        Source: Rumelhart, Hinton, Williams, Learning representations by back-propagating errors
        (1986).
        """
        backwards = []
        for layer, layer_params in zip(self.layers, params, strict=True):
            x, backward_layer = layer.forward(layer_params, x, rng)
            backwards.append(backward_layer)

        def backward(d_outputs: Array) -> Params:
            grads: Params = [{} for _ in params]
            first = 0  # the first layer with parameters, which does not need d_x
            while first < len(params) and not params[first]:
                first += 1
            d_y = d_outputs  # (N, K)
            for index in range(len(params) - 1, first - 1, -1):  # from the last layer to the first
                d_x, grads[index] = backwards[index](d_y, index > first)
                d_y = d_x  # the inputs of a layer are the outputs of the layer before it
            return grads

        return x, backward


def without_output_activation(model: Model, loss: Loss) -> Model:
    """Replace the output activation by the identity if the loss contains it.

    Raises: ValueError if the loss contains an activation that the model does not end with.
    """
    if not loss.contains_activation:
        return model
    if not isinstance(model.layers[-1], loss.output_activation):
        expected = loss.output_activation.__name__
        raise ValueError(f"{type(loss).__name__} needs a model that ends with {expected}")
    return Model((*model.layers[:-1], Identity()))
