"""Every argument of every layer is checked by the layer: its type, its range, in one line."""

import math
from dataclasses import MISSING, fields

import numpy as np
import pytest

from network.core.layers import Linear
from network.layers.activations import LeakyReLU
from network.layers.dropout import Dropout
from network.layers.normalization import BatchNorm
from network.layers.text import LAYERS, build_layer, describe_layer, parse_layers
from network.training.configuration import Configuration
from pipeline.errors import UsageError
from tests.network.layers.test_every_layer import EXAMPLES

REFUSED = [
    ("Linear(0)", "n_out must be at least 1 and at most 1,000,000"),
    ("Linear(20.5)", "n_out must be a whole number"),
    ("Linear(20.0)", "n_out must be a whole number"),
    ("Linear(True)", "n_out must be a whole number"),
    ("Linear('20')", "n_out must be a whole number"),
    ("Linear(1000000000000)", "n_out must be at least 1 and at most 1,000,000"),
    ("Linear(20, 'foo')", "initializer must be one of uniform, glorot, he"),
    ("Linear(20, 3)", "initializer must be a string"),
    ("Linear", r"expected the form Linear\(n_out, initializer\)"),
    ("Linear(1, 'he', 3)", r"expected the form Linear\(n_out, initializer\)"),
    ("Linear(n_in=3)", r"expected the form Linear\(n_out, initializer\)"),
    ("Linear(3, n_out=4)", r"expected the form Linear\(n_out, initializer\)"),
    ("Linear(n_out=3, n_out=4)", r"expected the form Linear\(n_out, initializer\)"),
    ("Linear(x)", r"expected the form Linear\(n_out, initializer\)"),
    ("Sigmoid(3)", r"expected the form Sigmoid\(\)"),
    ("Conv2D(0)", "n_out must be at least 1"),
    ("Conv2D(8, 0)", "size must be at least 1"),
    ("Conv2D(8, 3, padding=3)", "padding must be below the size, 3"),
    ("Conv2D(8, 3, padding=-1)", "padding must be at least 0"),
    ("Conv2D(8, 3, 'xavier')", "initializer must be one of uniform, glorot, he"),
    ("MaxPool2D(0)", "size must be at least 1"),
    ("AveragePool2D(2.5)", "size must be a whole number"),
    ("Dropout(1.0)", "rate must be at least 0 and below 1"),
    ("Dropout(3)", "rate must be at least 0 and below 1"),
    ("Dropout(-0.1)", "rate must be at least 0 and below 1"),
    ("Dropout(None)", "rate must be a number"),
    ("LeakyReLU(5)", "slope must be at least 0 and at most 1"),
    ("LeakyReLU(1e999)", "slope must be at least 0 and at most 1"),
    (f"LeakyReLU({10**400})", "slope must be at least 0 and at most 1"),
    ("BatchNorm(-1)", "epsilon must be above 0 and at most 1"),
    ("BatchNorm(0)", "epsilon must be above 0 and at most 1"),
    ("Ensemble('Linear(10)')", "members must be one or more texts"),
    ("Ensemble(())", "members must be one or more texts"),
    ("Ensemble((3,))", "members must be one or more texts"),
    ("Ensemble(('Linear(3)', ' '))", "members must be layers as text, at least one each"),
    ("Ensemble(('Linear(0)',))", "n_out must be at least 1"),
    ("Ensemble(('Perceptron',))", 'layer "Perceptron" not found'),
]


@pytest.mark.parametrize(("text", "message"), REFUSED)
def test_what_a_layer_cannot_be_is_a_usage_error_of_one_line(text, message):
    for read in (parse_layers, lambda text: Configuration(layers=text)):
        with pytest.raises(UsageError, match=message) as error:
            read(text)
        assert "\n" not in str(error.value)
        assert len(str(error.value)) < 400


@pytest.mark.parametrize(
    ("name", "field"),
    [(name, field.name) for name, layer in LAYERS.items() for field in fields(layer)],
)
def test_no_field_of_any_layer_takes_anything(name, field):
    description = describe_layer(EXAMPLES[name][0])
    for nonsense in (None, True, -1e9, math.nan, math.inf, "nonsense", b"", object(), [None], {}):
        with pytest.raises(UsageError, match=f"{name}.*: {field} must be|not found"):
            build_layer({**description, field: nonsense})


@pytest.mark.parametrize("name", LAYERS)
def test_the_defaults_of_a_layer_are_accepted(name):
    if all(field.default is not MISSING for field in fields(LAYERS[name])):
        assert describe_layer(LAYERS[name]())["layer"] == name


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        (LeakyReLU(0), 0.0), (LeakyReLU(1), 1.0), (BatchNorm(1), 1.0), (Dropout(0), 0.0),
        (LeakyReLU(np.float32(0.5)), 0.5), (Linear(np.int64(3)), 3),
    ],
)  # fmt: skip
def test_a_whole_number_is_a_number_and_numbers_of_numpy_are_pythons(given, meant):
    _, value, *_ = describe_layer(given).values()
    assert (value, type(value)) == (meant, type(meant))
    assert parse_layers(repr(given)) == (given,)


def test_what_an_earlier_version_wrote_with_whole_numbers_is_read():
    assert build_layer({"layer": "LeakyReLU", "slope": 0}) == LeakyReLU(0.0)
    assert build_layer({"layer": "BatchNorm", "epsilon": 1}) == BatchNorm(1.0)
