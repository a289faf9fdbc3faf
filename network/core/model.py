"""Models: layers in a row, and backpropagation through them.

The forward pass goes through the layers from the first to the last, the backward pass from the
last to the first. Here is also the default network, fully connected, and the change that a loss
with an output activation of its own needs.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from network.core.activations import ACTIVATIONS
from network.core.layers import Flatten, Identity, Layer, Linear, Shape
from network.core.losses import Loss
from network.core.params import Array, Params

ModelBackward: TypeAlias = Callable[[Array], Params]  # d_outputs -> grads


@dataclass(frozen=True)
class Model:
    """Layers in a row: the outputs of each are the inputs of the next.

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
        params = []
        shape = in_shape  # of one image as it enters the next layer
        for layer in self.layers:
            layer_params, shape = layer.init(rng, shape, dtype)
            params.append(layer_params)
        return params

    def check_params(self, params: Params, in_shape: Shape) -> None:
        """Require parameters of the names and shapes that the layers need.

        Raises: ValueError.
        """
        shape = in_shape
        for index, (layer, layer_params) in enumerate(zip(self.layers, params, strict=True)):
            expected, shape = layer.shapes(shape)
            found = {name: array.shape for name, array in layer_params.items()}
            if found != expected:
                raise ValueError(f"layer {index} has params {found}, expected {expected}")

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, ModelBackward]:
        """Compute the outputs, and return with them the backward pass: backpropagation.

        The network is a chain of functions, so the chain rule gives its derivatives layer by
        layer, from the last to the first. Each layer turns d_y, the gradient with respect to its
        outputs, into the gradients of its parameters and into d_x, which is the d_y of the layer
        before it. One pass backwards costs about twice as much as one forwards, however many
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
            first = 0  # layer that learns: a gradient with respect to its inputs has no use
            while first < len(params) and not params[first]:
                first += 1
            d_y = d_outputs  # (N, K)
            for index in range(len(params) - 1, first - 1, -1):  # from the last layer to the first
                d_x, grads[index] = backwards[index](d_y, index > first)
                d_y = d_x  # the inputs of a layer are the outputs of the layer before it
            return grads

        return x, backward

    def least_batch(self, in_shape: Shape) -> int:
        """Return how many images a training step needs at once; `in_shape` is that of one."""
        least, shape = 1, in_shape
        for layer in self.layers:
            least = max(least, layer.least_batch(shape))
            shape = layer.shapes(shape)[1]
        return least

    def calibrate(self, params: Params, images: Array) -> None:
        """Measure on training images what layers use in place of a batch outside training.

        Batch normalisation needs it: the mean and the variance of each unit. Writes to `params`.

        Shapes: images (N, H, W); a thousand are enough.
        """
        if not any(layer.needs_batch for layer in self.layers):
            return
        x = images
        for layer, layer_params in zip(self.layers, params, strict=True):
            layer.calibrate(layer_params, x)
            x, _ = layer.forward(layer_params, x)


def fully_connected(
    hidden: tuple[int, ...], n_classes: int, activation: str, initializer: str, loss: type[Loss]
) -> Model:
    """Describe a fully connected network: 784-30-10 with hidden=(30,).

    A *hidden* layer is one between the pixels and the scores. The activation follows each of
    them; the output activation is the one that suits the loss.
    """
    layers: list[Layer] = [Flatten()]
    for n_out in hidden:
        layers += [Linear(n_out, initializer), ACTIVATIONS[activation]()]
    layers += [Linear(n_classes, initializer), loss.output_activation()]
    return Model(tuple(layers))


def without_output_activation(model: Model, loss: Loss) -> Model:
    """Replace the output activation by the identity if the loss contains it.

    Raises: ValueError when the loss contains an activation that the model does not end with.
    """
    if not loss.contains_activation:
        return model
    if not isinstance(model.layers[-1], loss.output_activation):
        expected = loss.output_activation.__name__
        raise ValueError(f"{type(loss).__name__} needs a model that ends with {expected}")
    return Model((*model.layers[:-1], Identity()))


class Trainable(Protocol):
    """What can be trained: a model, or one whose batches are augmented or shared on the way."""

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Params]]:
        """Return the outputs, and the function from d_outputs to the gradients."""
