"""Layers in a row."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from network.core.activations import ACTIVATIONS
from network.core.layers import Flatten, Identity, Layer, Linear, Shape
from network.core.losses import Loss
from network.core.params import Array, Params
from network.layers.normalization import BatchNorm, moments

ModelBackward: TypeAlias = Callable[[Array], Params]  # d_outputs -> grads


@dataclass(frozen=True)
class Model:
    """Layers in a row: the outputs of each are the inputs of the next."""

    layers: tuple[Layer, ...]

    def init(
        self,
        rng: np.random.Generator,
        in_shape: Shape,
        dtype: type[np.floating[Any]] = np.float32,
    ) -> Params:
        """Draw the first parameters of every layer, passing the shape of one example along."""
        params = []
        shape = in_shape
        for layer in self.layers:
            layer_params, shape = layer.init(rng, shape, dtype)
            params.append(layer_params)
        return params

    def check_params(self, params: Params, in_shape: Shape) -> None:
        """Refuse parameters that are not of the names and shapes that the layers need.

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
        """Apply every layer, and return the outputs with their own backward pass.

        Shapes: x (N, H, W) -> outputs (N, K).
        """
        backwards = []
        for layer, layer_params in zip(self.layers, params, strict=True):
            x, backward_layer = layer.forward(layer_params, x, rng)
            backwards.append(backward_layer)

        def backward(d_outputs: Array) -> Params:
            grads: Params = [{} for _ in params]
            first = 0  # layer that learns: below it nobody wants a gradient
            while first < len(params) and not params[first]:
                first += 1
            d_y = d_outputs
            for index in range(len(params) - 1, first - 1, -1):
                d_y, grads[index] = backwards[index](d_y, index > first)
            return grads

        return x, backward

    def calibrate(self, params: Params, images: Array) -> None:
        """Measure, on images to train on, what the layers that normalise use outside training.

        Shapes: images (N, H, W); a thousand are enough.
        """
        if not any(isinstance(layer, BatchNorm) for layer in self.layers):
            return
        x = images
        for layer, layer_params in zip(self.layers, params, strict=True):
            if isinstance(layer, BatchNorm):
                layer_params["mean"][...], layer_params["variance"][...] = moments(x)
            x, _ = layer.forward(layer_params, x)


def fully_connected(
    hidden: tuple[int, ...], n_classes: int, activation: str, initializer: str, loss: type[Loss]
) -> Model:
    """Describe a fully connected network: 784-30-10 with hidden=(30,).

    The activation follows every hidden layer; the outputs get the one that suits the loss.
    """
    layers: list[Layer] = [Flatten()]
    for n_out in hidden:
        layers += [Linear(n_out, initializer), ACTIVATIONS[activation]()]
    layers += [Linear(n_classes, initializer), loss.output_activation()]
    return Model(tuple(layers))


def without_output_activation(model: Model, loss: Loss) -> Model:
    """Put the identity in the place of the output activation if the loss contains it.

    Raises: ValueError when the loss contains an activation that the model does not end with.
    """
    if not loss.contains_activation:
        return model
    if not isinstance(model.layers[-1], loss.output_activation):
        expected = loss.output_activation.__name__
        raise ValueError(f"{type(loss).__name__} needs a model that ends with {expected}")
    return Model((*model.layers[:-1], Identity()))


class Trainable(Protocol):
    """What can be trained: a model, or one whose batches are changed or shared on the way."""

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Params]]:
        """Return the outputs, and the function from d_outputs to the gradients."""
