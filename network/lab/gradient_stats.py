"""Look into a network as it is trained: its gradients, its dead units, its first weights."""

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

COUNT = 128  # images of a probe
DEAD = 0.005  # of an activation's steepest slope: less than this counts as none
MAX_PICTURES = 64  # units of the first layer whose weights are shown
CLEAR = 0.995  # of the weights, shown as they are; the others in full colour


class LayerStats(NamedTuple):
    """What a probe found in a layer that learns, and in the activation behind it."""

    name: str  # Linear 30
    # the length of the gradient of all its parameters, as one vector; None when it is no number
    gradient: float | None
    dead: float | None  # the share of its units that are dead; None where nothing can be


@np.errstate(over="ignore", invalid="ignore")  # what runs away is told as None
def gradient_stats(recipe: Recipe, params: Params, examples: Examples) -> list[LayerStats]:
    """Measure every layer that learns, on the same images each time.

    The gradient is that of the mean loss over these images as they are, without augmentation;
    dropout and batch normalisation work as in training, with the same random numbers each time.

    A unit is dead when its activation passes next to nothing back, whichever of these images is
    shown: when its slope is less than DEAD times the steepest that this activation has. For ReLU
    that is a unit that never gives more than 0; for sigmoid and tanh one that is saturated on
    every image, within 0.002 of 0 or 1 (of -1 or 1). A unit of a convolution is a channel, dead
    when it is so at every place.

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
            describe_stats(layer), gradient_norm(grads[index]), dead_fraction(model, index, inputs)
        )
        for index, layer in learning_layers(model).items()
    ]


def learning_layers(model: Model) -> dict[int, Layer]:
    """Return the layers that have weights, by their places."""
    layers = enumerate(model.layers)
    return {place: layer for place, layer in layers if layer.makes_units}


def describe_stats(layer: Layer) -> str:
    """Name a layer and its size."""
    return f"{type(layer).__name__} {getattr(layer, 'n_out', '')}".strip()


def gradient_norm(grads: LayerParams) -> float | None:
    """Return the Euclidean length of some gradients as one vector, None when it is no number."""
    found = math.sqrt(sum(float(np.vdot(grad, grad)) for grad in grads.values()))
    return found if math.isfinite(found) else None


def dead_fraction(model: Model, index: int, inputs: list[Array]) -> float | None:
    """Return the share of dead units in the first activation behind a layer, before the next.

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
    """Write first weights as the page reads them: bytes from -127 to 127, and what 127 stands for.

    That is a number which but a few of the weights exceed, so that these do not hide the others.

    Shapes: pictures (units, H, W).
    """
    pictures = first_layer_weights(params)[:MAX_PICTURES]
    limit = float(np.quantile(np.abs(pictures), CLEAR)) or 1.0
    steps = (pictures / limit).clip(-1, 1) * 127
    return {**array_to_json(steps.round(), "int8"), "limit": limit}
