"""An error about layers that do not fit says what to do."""

import pytest

from network.layers.text import parse_layers
from network.training.build import build_model
from network.training.configuration import Configuration
from pipeline.errors import UsageError


@pytest.mark.parametrize(
    ("layers", "hint"),
    [
        ("Linear(30), Sigmoid", "Put Flatten before it"),
        ("Conv2D(16, 50)", "Its size 50 is more than 28; choose a smaller one"),
        ("MaxPool2D(40), Flatten", "Its size 40 is more than 28; choose a smaller one"),
        ("Flatten, Conv2D(3, 3)", "Put it before Flatten, where inputs have rows and columns"),
    ],
)
def test_layers_that_do_not_fit_come_with_what_to_do(layers, hint):
    with pytest.raises(UsageError, match="cannot take inputs of shape") as caught:
        build_model(Configuration(layers=layers), 10)
    assert caught.value.hint == hint


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("Dense(30)", "Linear"),
        ("relu", "ReLU"),
        ("max_pooling2d(2)", "MaxPool2D"),
        ("BatchNorm2d", "BatchNorm"),
        ("Softmx", "Softmax"),
    ],
)
def test_a_layer_of_another_name_is_recognised(typed, meant):
    with pytest.raises(UsageError) as caught:
        parse_layers(typed)
    assert caught.value.hint == f"Did you mean {meant}?"
