"""The properties that every layer declares are true of its computation."""

import numpy as np
import pytest

from network.layers.text import LAYERS
from tests.network.layers.test_every_layer import EXAMPLES, Application, every_layer


def compute(at, rng=None, x=None):
    """The outputs, in training where there is a generator."""
    return at.layer.forward(at.params, at.x if x is None else x, rng)[0]


def constant_inputs(at, value):
    return np.full_like(at.x, value)


@every_layer
def test_training_steps_differ_where_a_layer_draws_random_numbers(name):
    at = Application(name, size=(8, *(n + 3 for n in EXAMPLES[name][1])))
    one, other = (compute(at, np.random.default_rng(seed)) for seed in (1, 2))
    assert at.layer.draws_random == (not np.array_equal(one, other))


@every_layer
def test_what_needs_the_batch_sees_the_other_images_while_training(name):
    at = Application(name, size=(8, *(n + 3 for n in EXAMPLES[name][1])))
    if at.layer.draws_random:
        pytest.skip("differs anyway")
    rng = np.random.default_rng(0)
    whole, part = compute(at, rng)[:4], compute(at, rng, at.x[:4])
    assert at.layer.needs_batch == (not np.allclose(whole, part))


@every_layer
def test_outputs_after_calibration_are_those_of_training(name):
    at = Application(name, size=(8, *(n + 3 for n in EXAMPLES[name][1])))
    params = {key: array.copy() for key, array in at.params.items()}
    at.layer.calibrate(params, at.x)
    assert at.layer.needs_batch == any(
        not np.array_equal(params[key], at.params[key]) for key in params
    )
    if not at.layer.draws_random:
        trained, _ = at.layer.forward(params, at.x, np.random.default_rng(0))
        assert np.allclose(at.layer.forward(params, at.x)[0], trained)


@every_layer
def test_an_identity_changes_nothing_outside_training(name):
    at = Application(name)
    y = compute(at)
    assert at.layer.is_identity == (y.shape == at.x.shape and np.array_equal(y, at.x))


@every_layer
def test_a_unit_becomes_constant_by_its_params_alone(name):
    at = Application(name)
    if at.layer.unit_params is None:
        assert not at.layer.makes_units
        return
    factor, offset = at.layer.unit_params
    params = {key: array.copy() for key, array in at.params.items()}
    params[factor][..., 0], params[offset][0] = 0, 0.25
    y, _ = at.layer.forward(params, at.x)
    assert (y[..., 0] == 0.25).all()
    assert np.array_equal(y[..., 1:], compute(at)[..., 1:])


@every_layer
def test_activations_have_the_zero_and_the_slope_that_they_tell(name):
    at = Application(name)
    if at.layer.input_for_zero is not None:
        assert (compute(at, x=constant_inputs(at, at.layer.input_for_zero)) == 0).all()
    if at.layer.steepest_slope is not None:
        assert at.layer.is_activation
        x = np.linspace(-5, 5, 1001).reshape(1, -1)
        _, backward = at.layer.forward({}, x)
        slope = np.abs(backward(np.ones_like(x))[0]).max()
        assert slope == pytest.approx(at.layer.steepest_slope, rel=0.15)


@every_layer
def test_constants_are_kept_where_a_layer_says_so(name):
    at = Application(name, size=(2, *(n + 3 for n in EXAMPLES[name][1])))
    if at.layer.is_identity or at.layer.keeps_constants:
        assert (compute(at, x=constant_inputs(at, 0.5)) == 0.5).all()


@every_layer
def test_scores_are_from_0_to_1_and_add_up_where_a_layer_says_so(name):
    at = Application(name, size=(9, *(n + 3 for n in EXAMPLES[name][1])))
    y = compute(at, x=10 * at.x)
    if at.layer.gives_scores:
        assert ((y >= 0) & (y <= 1)).all()
    adds_up = y.ndim == 2 and np.allclose(y.sum(axis=1), 1)
    assert at.layer.sums_to_one == adds_up
    assert at.layer.gives_scores or not at.layer.sums_to_one


@every_layer
def test_another_dropout_rate_is_one_of_the_layers_that_have_one(name):
    layer, _ = EXAMPLES[name]
    changed = layer.with_dropout_rate(0.125)
    if layer.dropout_rate is None:
        assert changed is layer
    else:
        assert (type(changed), changed.dropout_rate) == (type(layer), 0.125)


@every_layer
def test_the_networks_inside_a_layer_share_its_params(name):
    at = Application(name)
    inside = at.layer.inner_networks(at.params)
    arrays = [array for _, params in inside for layer in params for array in layer.values()]
    assert not inside or {id(array) for array in arrays} == {id(it) for it in at.params.values()}
    for layers, params in inside:
        assert all(type(layer).__name__ in LAYERS for layer in layers)
        assert len(layers) == len(params)
