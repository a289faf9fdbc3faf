"""The weight average: its formula, and no effect on the optimizer."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.params import copy_params, named_arrays
from network.training.former_rules import WeightAveragingByFours
from network.training.optimizers import OPTIMIZERS
from network.training.weight_averaging import WeightAveraging

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
    for step in range(12):
        averaged.update(params, grads(step), state, 0.1)
        optimizer.update(alone, grads(step), alone_state, 0.1)
    assert np.array_equal(arrays(params), arrays(alone))
    assert state.keys() == {*alone_state, "average", "averaged"}


@given(decay=st.floats(0, 0.999999), steps=st.integers(1, 30))
def test_the_average_is_its_formula_after_every_step(decay, steps):
    params = copy_params(START)
    averaged = WeightAveraging(OPTIMIZERS["sgd"](), decay)
    state, expected = averaged.init(params), arrays(START)
    for step in range(1, steps + 1):
        averaged.update(params, grads(step), state, 0.1)
        kept = min(decay, (1 + step) / (10 + step))
        expected = kept * expected + (1 - kept) * arrays(params)
        assert arrays(state["average"]) == pytest.approx(expected)


def test_former_averages_move_after_every_fourth_step():
    params, decay = copy_params(START), 0.5
    averaged = WeightAveragingByFours(OPTIMIZERS["sgd"](), decay)
    state, expected = averaged.init(params), arrays(START)
    for step in range(1, 21):
        averaged.update(params, grads(step), state, 0.1)
        if step % 4 == 0:
            kept = min(decay, (1 + step) / (10 + step)) ** 4
            expected = kept * expected + (1 - kept) * arrays(params)
        assert arrays(state["average"]) == pytest.approx(expected)


@pytest.mark.parametrize("steps", [1, 2, 3])
def test_a_training_of_few_steps_answers_with_what_it_has_learnt(steps):
    params = copy_params(START)
    averaged = WeightAveraging(OPTIMIZERS["sgd"](), 0.999)
    state = averaged.init(params)
    for step in range(steps):
        averaged.update(params, grads(step), state, 0.1)
    moved, whole = arrays(state["average"]) - arrays(START), arrays(params) - arrays(START)
    assert np.linalg.norm(moved) > 0.5 * np.linalg.norm(whole)


def test_of_places_that_swing_about_a_point_the_average_is_nearer_to_it():
    params = copy_params(START)
    averaged = WeightAveraging(OPTIMIZERS["sgd"](), 0.99)
    state = averaged.init(params)
    noise = np.random.default_rng(0).normal(size=(2000, 3))
    for each in noise:  # the gradient of half the squared distance from 0, and noise
        noisy = arrays(params) + each
        averaged.update(params, [{"weight": noisy[None, :2], "bias": noisy[2:]}, {}], state, 0.3)
    assert np.abs(arrays(state["average"])).max() < np.abs(arrays(params)).max() / 2
