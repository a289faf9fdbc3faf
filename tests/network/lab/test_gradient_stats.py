"""Probes measure what they say: gradients, dead units, first weights."""

import base64

import numpy as np
import pytest

from network.core.data import Examples
from network.core.model import without_output_activation
from network.interpret.units import first_layer_weights
from network.lab.gradient_stats import (
    MAX_PICTURES,
    dead_fraction,
    gradient_norm,
    gradient_stats,
    pack_first_layer_weights,
)
from network.training.build import build_model, build_recipe, init_params
from network.training.configuration import Configuration

rng = np.random.default_rng(0)
EXAMPLES = Examples(rng.random((20, 28, 28), np.float32), rng.integers(0, 10, 20))
NETS = {
    "sigmoid": {"hidden": (5, 4)},
    "relu": {"hidden": (5,), "activation": "relu", "loss": "cross-entropy"},
    "leaky": {"hidden": (5,), "activation": "leaky-relu"},
    "gelu": {"hidden": (5,), "activation": "gelu"},
    "dropout": {"layers": "Flatten, Linear(6), Dropout(0.5), ReLU"},
    "convolution": {"layers": "Conv2D(4, 5), BatchNorm, ReLU, MaxPool2D, Flatten, Linear(3), Tanh"},
}


def make(**choices):
    """Make the recipe of some choices, and its first parameters."""
    configuration = Configuration(**choices)
    model = build_model(configuration, 10)
    return build_recipe(configuration, model), init_params(model, configuration)


@pytest.mark.parametrize("net", NETS)
def test_the_gradient_is_that_of_a_training_step(net):
    recipe, params = make(**NETS[net])
    model = without_output_activation(recipe.model, recipe.loss)
    outputs, backward = model.forward(params, EXAMPLES.images, np.random.default_rng(0))
    grads = backward(recipe.loss(outputs, EXAMPLES.labels)[1])
    learning = [layer for layer in grads if "weight" in layer]
    found = gradient_stats(recipe, params, EXAMPLES)
    assert [one.gradient for one in found] == pytest.approx(
        list(map(gradient_norm, learning)), rel=1e-5
    )
    assert gradient_stats(recipe, params, EXAMPLES) == found  # the same each time
    assert all(one.dead is None or 0 <= one.dead <= 1 for one in found)


@pytest.mark.parametrize(
    ("net", "weights", "bias", "dead"),
    [
        ("relu", 1, -1e3, 1.0),  # no image brings one above 0
        ("relu", 1, 1e3, 0.0),
        ("leaky", 1, -1e3, 0.0),  # its slope is never less than 0.01
        ("gelu", 1, -1e3, 1.0),
        ("sigmoid", 0, 7.0, 1.0),  # 0.9991: flat
        ("sigmoid", 0, 6.0, 0.0),  # 0.9975: not yet
        ("convolution", 0, 0.0, 1.0),  # BatchNorm makes 0 of a constant, where ReLU is flat
    ],
)
def test_units_whose_slope_is_next_to_nothing_on_every_image_are_dead(net, weights, bias, dead):
    recipe, params = make(**NETS[net])
    first = next(layer for layer in params if "weight" in layer)
    first["weight"] *= weights
    first["bias"] += bias
    assert gradient_stats(recipe, params, EXAMPLES)[0].dead == dead


def test_one_unit_of_five_that_is_dead_is_a_fifth():
    recipe, params = make(**NETS["relu"])
    params[1]["bias"][:] = 10, 10, 10, -1e3, 10
    before = dead_fraction(recipe.model, 1, inputs_of(recipe, params))
    assert before == pytest.approx(0.2)


def inputs_of(recipe, params):
    """Return the inputs of every layer."""
    inputs, x = [], EXAMPLES.images
    for layer, own in zip(recipe.model.layers, params, strict=True):
        inputs.append(x)
        x, _ = layer.forward(own, x)
    return inputs


def test_a_layer_without_an_activation_behind_it_has_no_dead_units():
    recipe, params = make(**NETS["relu"])
    assert gradient_stats(recipe, params, EXAMPLES)[-1].dead is None  # softmax is part of the loss


@pytest.mark.parametrize(
    ("choices", "shape"),
    [
        ({"hidden": (100,)}, (MAX_PICTURES, 28, 28)),
        (NETS["convolution"], (4, 5, 5)),
        ({"layers": "MaxPool2D, Flatten, Linear(3)"}, (3, 14, 14)),
    ],
)
def test_first_weights_are_packed_as_pictures_of_units_or_kernels(choices, shape):
    _, params = make(**choices)
    packed = pack_first_layer_weights(params)
    steps = np.frombuffer(base64.b64decode(packed["data"]), np.int8).reshape(packed["shape"])
    assert steps.shape == shape
    limit = packed["limit"]
    shown = first_layer_weights(params)[: len(steps)].clip(-limit, limit)
    assert np.abs(shown - steps * limit / 127).max() < 0.51 * limit / 127
