"""Every layer's outputs, blocks of layers, and the top images of each unit."""

import numpy as np
import pytest

from network.core.model import Model
from network.interpret.units import block_ends, blocks, layer_outputs, top_images, unit_activations
from network.layers.text import parse_layers

TEXTS = {
    "Flatten, Linear(30), Sigmoid, Linear(10), Sigmoid": [None, 0, 0, 1, 1],
    "Conv2D(4, 5), MaxPool2D, BatchNorm, ReLU, Conv2D(3, 3), ReLU, Flatten, Dropout, Linear(10), "
    "Softmax": [0, 0, 0, 0, 1, 1, None, None, 2, 2],
    "AveragePool2D, Flatten, BatchNorm, Linear(2)": [None, None, None, 0],
    "Ensemble(('Flatten, Linear(10)',))": [None],
}
every_model = pytest.mark.parametrize("text", TEXTS)


def make(text):
    model, rng = Model(parse_layers(text)), np.random.default_rng(0)
    return model, model.init(rng, (28, 28)), rng.random((30, 28, 28), np.float32)


@every_model
def test_a_stage_is_a_layer_that_makes_units_and_what_follows(text):
    assert blocks(parse_layers(text)) == TEXTS[text]


@every_model
def test_each_output_is_what_the_next_layer_makes_the_next_of(text):
    model, params, images = make(text)
    outputs = layer_outputs(model, params, images)
    assert outputs[0] is images
    np.testing.assert_array_equal(outputs[-1], model.forward(params, images)[0])
    for place, layer in enumerate(model.layers):
        y, _ = layer.forward(params[place], outputs[place])
        np.testing.assert_array_equal(y, outputs[place + 1])


@every_model
def test_a_unit_responds_as_strongly_as_it_does_anywhere(text):
    model, params, images = make(text)
    found = unit_activations(model, params, images)
    assert list(found) == block_ends(model)
    outputs = layer_outputs(model, params, images)
    for end, answers in found.items():
        y = outputs[end + 1].reshape(30, -1, answers.shape[1])
        np.testing.assert_allclose(answers, y.max(axis=1), rtol=1e-5)


def test_the_strongest_are_the_strongest_in_their_order():
    answers = np.random.default_rng(0).normal(size=(50, 3))
    places = top_images(answers, 1, 12)
    assert len(set(places)) == 12
    assert (np.diff(answers[places, 1]) <= 0).all()
    assert answers[places[-1], 1] == np.sort(answers[:, 1])[-12]
    assert len(top_images(answers, 1, 100)) == 50
