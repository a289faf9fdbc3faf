"""Edited models: units switched off, biases shifted, weights pruned, noise added."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.model import Model
from network.interpret.edits import Edits, edit_model, prune_weights, uniform_noise
from network.layers.text import parse_layers

DENSE = Model(parse_layers("Flatten, Linear(7), Tanh, Linear(3), Softmax"))
IMAGES = Model(parse_layers("Conv2D(4, 3), BatchNorm, ReLU, MaxPool2D, Flatten, Linear(3)"))
every_model = pytest.mark.parametrize("model", [DENSE, IMAGES], ids=["dense", "images"])


def make(model):
    rng = np.random.default_rng(0)
    return model.init(rng, (8, 8)), rng.random((5, 8, 8), np.float32)


@every_model
def test_an_edit_of_nothing_changes_nothing(model):
    params, x = make(model)
    edited, edited_params = edit_model(model, params, Edits(), (8, 8))
    np.testing.assert_array_equal(edited.forward(edited_params, x)[0], model.forward(params, x)[0])


@every_model
def test_no_edit_changes_the_model_that_is_given(model):
    params, x = make(model)
    before = model.forward(params, x)[0]
    unit = (0 if model is IMAGES else 1, 0)
    edits = Edits(((2, 0),), {unit: 1.0}, {unit: 2.0}, 0.5, 0.5)
    edit_model(model, params, edits, (8, 8))
    np.testing.assert_array_equal(model.forward(params, x)[0], before)


@pytest.mark.parametrize(("model", "layer", "units"), [(DENSE, 2, (1, 6)), (IMAGES, 3, (0, 3))])
def test_a_unit_that_is_off_says_nothing_and_the_others_what_they_said(model, layer, units):
    params, x = make(model)
    off = tuple((layer, unit) for unit in units)
    edited, edited_params = edit_model(model, params, Edits(off), (8, 8))
    there, before = (
        Model(some.layers[: layer + 1]).forward(some_params[: layer + 1], x)[0]
        for some, some_params in ((edited, edited_params), (model, params))
    )
    assert (there[..., units] == 0).all()
    others = [unit for unit in range(there.shape[-1]) if unit not in units]
    np.testing.assert_array_equal(there[..., others], before[..., others])


def test_what_a_unit_that_is_off_is_given_back_is_nothing():
    params, x = make(DENSE)
    edited, edited_params = edit_model(DENSE, params, Edits(((2, 4),)), (8, 8))
    y, backward = edited.forward(edited_params, x)
    grads = backward(np.ones_like(y) - y)
    assert (grads[1]["weight"][:, 4] == 0).all()
    assert (grads[3]["weight"][4] == 0).all()
    assert grads[1]["weight"][:, 3].any()


@pytest.mark.parametrize(("model", "layer"), [(DENSE, 1), (IMAGES, 0)])
def test_a_shift_of_a_bias_shifts_the_weighted_sum_and_no_other(model, layer):
    params, x = make(model)
    _, edited = edit_model(model, params, Edits(shifts={(layer, 2): -1.5}), (8, 8))
    first, shifted = (
        Model(model.layers[: layer + 1]).forward(some[: layer + 1], x)[0]
        for some in (params, edited)
    )
    expected = np.zeros(first.shape[-1])
    expected[2] = -1.5
    np.testing.assert_allclose(shifted - first, np.broadcast_to(expected, first.shape), atol=1e-6)


@pytest.mark.parametrize(("model", "layer"), [(DENSE, 1), (IMAGES, 0)])
@given(scale=st.floats(-5, 5))
def test_scaled_weights_scale_the_weighted_sum_without_its_bias(model, layer, scale):
    params, x = make(model)
    params[layer]["bias"] += np.float32(0.5)
    _, edited = edit_model(model, params, Edits(scales={(layer, 2): scale}), (8, 8))
    first, scaled = (
        Model(model.layers[: layer + 1]).forward(some[: layer + 1], x)[0]
        for some in (params, edited)
    )
    first[..., 2] = scale * (first[..., 2] - 0.5) + 0.5  # at 0 it sees nothing
    np.testing.assert_allclose(scaled, first, atol=1e-5)


def test_weights_are_scaled_after_they_are_pruned_and_disturbed():
    params, _ = make(DENSE)
    harm = {"prune": 0.4, "noise": 0.5}
    _, harmed = edit_model(DENSE, params, Edits(**harm), (8, 8))
    _, scaled = edit_model(DENSE, params, Edits(scales={(1, 3): -2.0}, **harm), (8, 8))
    harmed[1]["weight"][:, 3] *= -2
    np.testing.assert_array_equal(scaled[1]["weight"], harmed[1]["weight"])


@every_model
@given(share=st.floats(0, 1))
def test_pruning_takes_the_smallest_weights_of_each_layer(model, share):
    params, _ = make(model)
    _, edited = edit_model(model, params, Edits(prune=share), (8, 8))
    for before, after in zip(params, edited, strict=True):
        if "weight" in before:
            weight, kept = before["weight"], after["weight"]
            assert np.sum(kept == 0) == int(share * weight.size)
            np.testing.assert_array_equal(kept[kept != 0], weight[kept != 0])
            gone = np.abs(weight[kept == 0])
            assert gone.max(initial=0) <= np.abs(weight[kept != 0]).min(initial=np.inf)


def test_equal_weights_stay_or_go_together():
    weight = np.array([1.0, -1.0, 1.0, 2.0])
    np.testing.assert_array_equal(prune_weights(weight, weight, 0.5), weight)
    np.testing.assert_array_equal(prune_weights(weight, weight, 0.75), [0, 0, 0, 2])


def test_noise_has_mean_0_and_deviation_1_and_no_two_neighbours_agree():
    drawn = uniform_noise((200, 300), seed=3)
    assert abs(drawn.mean()) < 0.01
    assert drawn.std() == pytest.approx(1, abs=0.01)
    assert abs(np.corrcoef(drawn.ravel()[1:], drawn.ravel()[:-1])[0, 1]) < 0.01
    assert abs(np.corrcoef(uniform_noise((9000,), 1), uniform_noise((9000,), 2))[0, 1]) < 0.03
    np.testing.assert_array_equal(drawn.ravel()[:50], uniform_noise((50,), seed=3))


@every_model
def test_noise_moves_weights_by_a_share_of_their_spread_and_leaves_pruned_ones_alone(model):
    params, _ = make(model)
    _, edited = edit_model(model, params, Edits(prune=0.3, noise=0.5), (8, 8))
    for before, after in zip(params, edited, strict=True):
        if "weight" in before:
            weight, moved = before["weight"], after["weight"]
            assert moved.dtype == weight.dtype
            assert np.sum(moved == 0) == int(0.3 * weight.size)
            assert (
                np.abs(moved - weight)[moved != 0].max() <= 0.5 * np.sqrt(3) * weight.std() + 1e-6
            )


@pytest.mark.parametrize(
    "edits",
    [
        Edits(off=((9, 0),)),
        Edits(off=((-1, 0),)),
        Edits(off=((1, 7),)),
        Edits(shifts={(1, 7): 1.0}),
        Edits(shifts={(0, 0): 1.0}),
        Edits(shifts={(5, 0): 1.0}),
        Edits(scales={(1, 7): 2.0}),
        Edits(scales={(0, 0): 2.0}),
        Edits(scales={(5, 0): 2.0}),
    ],
    ids=str,
)
def test_what_is_not_there_cannot_be_edited(edits):
    params, _ = make(DENSE)
    with pytest.raises(ValueError, match="is out of range for"):
        edit_model(DENSE, params, edits, (8, 8))
