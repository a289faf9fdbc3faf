"""A moving average of the parameters: its formula, and an optimizer that does not notice it."""

import numpy as np
import pytest

from network.core.params import copy_params, named_arrays
from network.training.more_optimizers import EVERY, OPTIMIZERS, WeightAveraging

START = [{"weight": np.array([[1.0, 2.0]]), "bias": np.array([3.0])}, {}]


def grads(step):
    rng = np.random.default_rng(step)
    return [{"weight": rng.normal(size=(1, 2)), "bias": rng.normal(size=1)}, {}]


def arrays(tree):
    return np.concatenate([array.ravel() for _, array in named_arrays(tree)])


@pytest.mark.parametrize("name", OPTIMIZERS)
def test_the_updates_are_those_of_the_optimizer_alone(name):
    alone, params = copy_params(START), copy_params(START)
    optimizer = OPTIMIZERS[name]()
    averaged = WeightAveraging(optimizer, 0.9)
    state, alone_state = averaged.init(params), optimizer.init(alone)
    for step in range(3 * EVERY):
        averaged.update(params, grads(step), state, 0.1)
        optimizer.update(alone, grads(step), alone_state, 0.1)
    assert np.array_equal(arrays(params), arrays(alone))
    assert state.keys() == {*alone_state, "average", "averaged"}


def test_the_average_is_its_formula():
    params, decay = copy_params(START), 0.5
    averaged = WeightAveraging(OPTIMIZERS["sgd"](), decay)
    state, expected = averaged.init(params), arrays(START)
    for step in range(1, 5 * EVERY + 1):
        averaged.update(params, grads(step), state, 0.1)
        if step % EVERY == 0:
            kept = min(decay, (1 + step) / (10 + step)) ** EVERY
            expected = kept * expected + (1 - kept) * arrays(params)
        assert arrays(state["average"]) == pytest.approx(expected)


def test_of_places_that_swing_about_a_point_the_average_is_nearer_to_it():
    params = copy_params(START)
    averaged = WeightAveraging(OPTIMIZERS["sgd"](), 0.99)
    state = averaged.init(params)
    noise = np.random.default_rng(0).normal(size=(2000, 3))
    for each in noise:  # the gradient of half the squared distance from 0, and noise
        noisy = arrays(params) + each
        averaged.update(params, [{"weight": noisy[None, :2], "bias": noisy[2:]}, {}], state, 0.3)
    assert np.abs(arrays(state["average"])).max() < np.abs(arrays(params)).max() / 2
