"""Statistics of a network during training: gradients, dead units, first-layer weights."""

import math
from typing import Any, NamedTuple

import numpy as np

from network.core.data import Examples
from network.core.layers import Layer
from network.core.model import Model, without_output_activation
from network.core.params import Array, LayerParams, Params
from network.interpret.units import first_layer_weights
from network.lab.model_json import array_to_json
from network.training.recipe import Recipe

COUNT = 128  # images per measurement
DEAD = 0.005  # of the steepest slope of an activation: below this, a unit is dead
MAX_PICTURES = 64  # units of the first layer whose weights are shown
CLEAR = 0.995  # share of the weights within the colour scale; the others have full colour


class LayerStats(NamedTuple):
    """Statistics of a layer with weights and of the activation after it."""

    name: str  # layer 2 (Linear)
    gradient: float | None  # norm of the gradient of all parameters; None if it is not finite
    dead: float | None  # share of dead units; None if units of this layer cannot be dead


@np.errstate(over="ignore", invalid="ignore")  # overflows are reported as None
def gradient_stats(recipe: Recipe, params: Params, examples: Examples) -> list[LayerStats]:
    """Compute the statistics of every layer with weights, always on the same images.

    The gradient is that of the mean loss over these images without augmentation. Dropout and
    batch normalisation work as in training, with the same random numbers each time.

    A unit is dead if the slope of its activation is less than DEAD times the steepest slope of
    that activation on every image. A dead ReLU outputs 0 for every image; a dead sigmoid or tanh
    is saturated on every image, within 0.002 of 0 or 1 (of -1 or 1). A unit of a convolution is a
    channel, which is dead if it is dead at every position.

    Shapes: images (N, H, W), labels (N,).
    """
    model, rng = without_output_activation(recipe.model, recipe.loss), np.random.default_rng(0)
    inputs, backwards, x = [], [], examples.images
    for layer, layer_params in zip(model.layers, params, strict=True):
        inputs.append(x)
        x, backward = layer.forward(layer_params, x, rng)
        backwards.append(backward)
    _, d_y = recipe.loss(x, examples.labels)
    grads: Params = [{} for _ in params]
    for index in range(len(params) - 1, -1, -1):
        d_y, grads[index] = backwards[index](d_y)
    return [
        LayerStats(
            name_layer(index, layer),
            gradient_norm(grads[index]),
            dead_fraction(model, index, inputs),
        )
        for index, layer in learning_layers(model).items()
    ]


def learning_layers(model: Model) -> dict[int, Layer]:
    """Return the layers with weights by their indices."""
    return {index: layer for index, layer in enumerate(model.layers) if layer.makes_units}


def name_layer(index: int, layer: Layer) -> str:
    """Return the name of a layer for people, who count layers from 1: layer 2 (Linear)."""
    return f"layer {index + 1} ({type(layer).__name__})"


def gradient_norm(grads: LayerParams) -> float | None:
    """Return the Euclidean norm of gradients as one vector; None if it is not finite."""
    found = math.sqrt(sum(float(np.vdot(grad, grad)) for grad in grads.values()))
    return found if math.isfinite(found) else None


def dead_fraction(model: Model, index: int, inputs: list[Array]) -> float | None:
    """Return the share of dead units in the activation after a layer with weights.

    Shapes: inputs of each layer (N, ..., C).
    """
    for place in range(index + 1, len(model.layers)):
        layer = model.layers[place]
        if layer.makes_units:
            return None
        if layer.steepest_slope is not None:
            _, backward = layer.forward({}, inputs[place])
            slopes, _ = backward(np.ones_like(inputs[place]))
            steepest = np.abs(slopes).reshape(-1, slopes.shape[-1]).max(axis=0)  # (C,)
            return float(np.mean(steepest < DEAD * layer.steepest_slope))
    return None


def pack_first_layer_weights(params: Params) -> dict[str, Any]:
    """Return the first-layer weights as bytes from -127 to 127, and the value of 127.

    Only a few weights exceed that value, so that they do not hide the others.

    Shapes: pictures (units, H, W).
    """
    pictures = first_layer_weights(params)[:MAX_PICTURES]
    limit = float(np.quantile(np.abs(pictures), CLEAR)) or 1.0
    steps = (pictures / limit).clip(-1, 1) * 127
    return {**array_to_json(steps.round(), "int8"), "limit": limit}
