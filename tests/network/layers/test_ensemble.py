"""Ensembles: the output is the mean of the outputs of the members."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.losses import CrossEntropy, SquaredError
from network.core.model import Model
from network.core.params import copy_params, zeros_like
from network.layers.ensemble import Ensemble, join_params, select_params
from network.layers.text import build_layer, describe_layer, parse_layers
from network.layers.whole_model import calibrate_layers
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.training.build import build_model, build_recipe, fully_connected, init_params
from network.training.configuration import Configuration

MODELS = (
    fully_connected((5,), 10, "sigmoid", "uniform", SquaredError),
    fully_connected((4, 3), 10, "relu", "he", CrossEntropy),
    Model(parse_layers("Conv2D(2, 5), BatchNorm, MaxPool2D(4), Flatten, Linear(10), Softmax")),
)
TEXTS = tuple(", ".join(map(repr, model.layers)) for model in MODELS)


def draw(seed, models=MODELS):
    """The parameters of each model, and those of all in one layer."""
    members = [
        model.init(np.random.default_rng([seed, place]), (28, 28))
        for place, model in enumerate(models)
    ]
    return members, join_params(members)


@given(seed=st.integers(0, 99), which=st.lists(st.sampled_from(range(3)), min_size=1, max_size=4))
def test_the_outputs_are_the_mean_of_the_members_outputs(seed, which):
    members, joined = draw(seed, [MODELS[index] for index in which])
    images = np.random.default_rng(seed).random((3, 28, 28), np.float32)
    y, _ = Ensemble(tuple(TEXTS[index] for index in which)).forward(joined, images)
    each = [
        MODELS[it].forward(params, images)[0] for it, params in zip(which, members, strict=True)
    ]
    assert y == pytest.approx(np.mean(each, axis=0), rel=1e-5)


def test_the_gradients_of_a_member_are_its_own_for_its_share_of_d_y():
    members, joined = draw(0)
    images = np.random.default_rng(0).random((3, 28, 28), np.float32)
    y, backward = Ensemble(TEXTS).forward(joined, images)
    _, grads = backward(np.ones_like(y))
    alone = [
        model.forward(params, images)[1](np.full_like(y, 1 / 3))
        for model, params in zip(MODELS, members, strict=True)
    ]
    expected = join_params(alone)
    assert grads.keys() == expected.keys()
    assert all(grads[name] == pytest.approx(expected[name], rel=1e-4, abs=1e-7) for name in grads)


def test_an_ensemble_goes_through_json_and_through_a_checkpoint_even_in_another(tmp_path):
    inner, outer = Ensemble(TEXTS), Ensemble((TEXTS[0], repr(Ensemble(TEXTS))))
    for layer in (inner, outer):
        assert build_layer(json.loads(json.dumps(describe_layer(layer)))) == layer
        model = Model((layer,))
        params = model.init(np.random.default_rng(0), (28, 28))
        save_checkpoint(tmp_path / "c.npz", Checkpoint(model, params))
        loaded = load_checkpoint(tmp_path / "c.npz")
        assert loaded.model == model
        assert loaded.params[0].keys() == params[0].keys()
        images = np.ones((2, 28, 28), np.float32)
        one, two = (m.forward(p, images)[0] for m, p in ((model, params), (model, loaded.params)))
        assert np.array_equal(one, two)


def test_members_whose_outputs_have_no_mean_are_refused():
    with pytest.raises(ValueError, match="members have outputs of shapes"):
        Ensemble(("Linear(3)", "Linear(4)")).shapes((5,))


TRAINED = ("Conv2D(2, 5), BatchNorm, ReLU, Flatten, Linear(10)", "Flatten, Linear(10)")


def build(text, **choices):
    """The recipe and the initial parameters of a configuration."""
    configuration = Configuration(layers=text, **choices)
    model = build_model(configuration, 10)
    return build_recipe(configuration, model), init_params(model, configuration)


def test_the_params_of_members_are_scaled_by_gain_and_shrink_by_weight_decay():
    ensemble = repr(Ensemble(TRAINED))
    _, plain = build(ensemble)
    recipe, params = build(ensemble, gain=3.0, weight_decay=0.25, learning_rate=1.0)
    for name, array in params[0].items():
        times = 3 if name.endswith(".weight") else 1
        assert array == pytest.approx(times * plain[0][name])
    before = copy_params(params)
    nothing = zeros_like(params)
    recipe.optimizer.update(params, nothing, recipe.optimizer.init(params), 1.0)
    for name, array in params[0].items():
        times = 0.75 if name.endswith(".weight") else 1
        assert array == pytest.approx(times * before[0][name])


def test_the_batch_normalisation_of_members_is_measured():
    recipe, params = build(repr(Ensemble(TRAINED)))
    member = Model(parse_layers(TRAINED[0]))
    alone = [select_params(params[0], f"0.{index}.") for index in range(len(member.layers))]
    alone = copy_params(alone)
    images = np.random.default_rng(0).random((20, 28, 28), np.float32)
    calibrate_layers(recipe.model.layers, params, images)
    calibrate_layers(member.layers, alone, images)
    assert not np.array_equal(alone[1]["mean"], np.zeros(2))
    for name in ("mean", "variance"):
        assert np.array_equal(params[0][f"0.1.{name}"], alone[1][name])


@pytest.mark.parametrize(("member", "draws"), [("Dropout, Linear(3)", True), ("Linear(3)", False)])
def test_a_recipe_draws_numbers_for_the_dropout_of_a_member(member, draws):
    recipe, _ = build(f"Flatten, {Ensemble((member, 'Linear(3)'))}")
    assert recipe.draws == draws
