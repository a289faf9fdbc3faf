"""Random directions pass correct gradients, and fail every incorrect one, even by one number."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.core.activations import Sigmoid
from network.core.layers import Flatten, Linear
from network.core.losses import SquaredError
from network.core.model import Model
from network.core.params import named_arrays
from network.layers.activations import ACTIVATIONS
from network.layers.text import parse_layers
from network.metrics.direction_check import check_directions
from network.training.build import fully_connected
from network.training.losses import LOSSES
from tests.network.core.test_gradient_check import (
    Spoilt,
    average_again,
    climb,
    double,
    forget,
    networks,
)


def wrong_in_one_place(d_x, grads, n):
    weight = grads["weight"].copy()
    weight[0, 0] += 1e-3 * np.abs(weight).max()
    return d_x, {**grads, "weight": weight}


@settings(max_examples=40)
@given(networks(), st.integers(1, 5), st.integers(0, 2**32))
def test_random_networks_are_right(network, n, seed):
    (model, loss), rng = network, np.random.default_rng(seed)
    params = model.init(rng, (10, 10))
    images, labels = rng.random((n, 10, 10)), rng.integers(0, 4, n)
    assert check_directions(model, loss, params, images, labels).is_right


@pytest.mark.parametrize(
    ("index", "spoil"),
    [
        *((index, it) for index in (1, 3) for it in (climb, average_again, wrong_in_one_place)),
        *((index, it) for index in (2, 3, 4) for it in (double, forget)),  # of d_x
    ],
)
def test_a_wrong_gradient_is_found(index, spoil):
    layers = [Flatten(), Linear(4), Sigmoid(), Linear(3), Sigmoid()]
    rng = np.random.default_rng(0)
    params = Model(tuple(layers)).init(rng, (4, 3))
    digits = SquaredError(), params, rng.random((5, 4, 3)), rng.integers(0, 3, 5)
    assert check_directions(Model(tuple(layers)), *digits).is_right
    layers[index] = Spoilt(layers[index], spoil)
    assert not check_directions(Model(tuple(layers)), *digits).is_right


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_exact_zeros_and_sure_networks_are_no_false_alarm(activation, loss, seed):
    model = fully_connected((2, 2), 3, activation, "uniform", LOSSES[loss])
    rng = np.random.default_rng(seed)
    params = model.init(rng, (4, 3))
    params[5]["weight"] *= 10.0 ** (2 * seed)
    images, labels = rng.random((8, 4, 3)), rng.integers(0, 3, 8)
    assert check_directions(model, LOSSES[loss](), params, images, labels).is_right


def test_parameters_are_left_alone_and_counted():
    model = Model(parse_layers("Conv2D(2, 3), BatchNorm, ReLU, Flatten, Linear(10), Sigmoid"))
    rng = np.random.default_rng(0)
    params = model.init(rng, (6, 6))
    kept = {name: array.copy() for name, array in named_arrays(params)}
    images, labels = rng.random((3, 6, 6), np.float32), np.array([1, 2, 3])
    found = check_directions(model, SquaredError(), params, images, labels, directions=2)
    assert found.directions == 2
    assert found.parameters == sum(array.size for array in kept.values())
    for name, array in named_arrays(params):
        assert array.dtype == np.float32
        assert np.array_equal(array, kept[name])


def test_a_model_without_parameters_has_no_wrong_gradient():
    model = Model(parse_layers("Flatten, Sigmoid"))
    images = np.random.default_rng(0).random((2, 2, 2))
    assert check_directions(model, SquaredError(), [{}, {}], images, np.array([0, 1])).is_right
