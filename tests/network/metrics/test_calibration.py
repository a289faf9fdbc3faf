"""Probabilities are calibrated: of predictions with a probability of 90 %, 90 % are correct."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.core.activations import Sigmoid, Softmax
from network.core.model import Model
from network.layers.activations import LogSoftmax
from network.layers.ensemble import Ensemble, join_params
from network.layers.text import parse_layers
from network.metrics.accuracy import compute_outputs
from network.metrics.calibration import (
    COLDEST,
    apply_temperature,
    expected_calibration_error,
    fit_temperature,
    log_loss,
    log_scores,
    outputs_and_scores,
    probabilities,
    reliability_bins,
)


def exactly_one(y):
    """Of K coins that show yes with chances y: how likely is each the only one that does?"""
    alone = np.stack([y[:, k] * np.delete(1 - y, k, axis=1).prod(axis=1) for k in range(10)], 1)
    return alone / alone.sum(axis=1, keepdims=True)


# what a model may end with, and what its outputs become as probabilities
LAST = {
    "Softmax": lambda y: y,
    "Sigmoid": exactly_one,
    "LogSoftmax": np.exp,
    "Identity": lambda y: np.exp(y) / np.exp(y).sum(axis=1, keepdims=True),
}


def draw(last, seed=0):
    model = Model(parse_layers(f"Flatten, Linear(6), Tanh, Linear(10), {last}"))
    return model, model.init(np.random.default_rng(seed), (28, 28))


def draw_world(seed, count, temperature):
    """Scores with known probabilities: labels are drawn from softmax(scores / temperature)."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 3, (count, 10))
    chances = apply_temperature(scores, temperature).cumsum(axis=1)
    return scores, (rng.random((count, 1)) > chances[:, :-1]).sum(axis=1)


@pytest.mark.parametrize("last", LAST)
def test_probabilities_are_what_the_outputs_say(last):
    model, params = draw(last)
    images = np.random.default_rng(1).random((7, 28, 28), np.float32)
    expected = LAST[last](compute_outputs(model, params, images))
    assert probabilities(model, params, images) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("lasts", [("Softmax", "Softmax"), ("Sigmoid", "Sigmoid", "Softmax")])
def test_the_probabilities_of_an_ensemble_are_those_of_its_mean(lasts):
    members = [draw(last, seed) for seed, last in enumerate(lasts)]
    texts = tuple(", ".join(map(repr, model.layers)) for model, _ in members)
    images = np.random.default_rng(1).random((7, 28, 28), np.float32)
    together = probabilities(
        Model((Ensemble(texts),)), [join_params([params for _, params in members])], images
    )
    mean = np.mean([compute_outputs(*member, images) for member in members], axis=0)
    expected = mean if set(lasts) == {"Softmax"} else exactly_one(mean)
    assert together == pytest.approx(expected, rel=1e-4)


def log_sigmoid(z):
    return -np.logaddexp(0, -z)


def scores_in_64_bits(members, images):
    """Reference: log(mean y) - log(mean(1 - y)) of the members, from their logits in float64."""
    logs = []
    for model, params in members:
        wide = [
            {name: array.astype(np.float64) for name, array in layer.items()} for layer in params
        ]
        z, _ = Model(model.layers[:-1]).forward(wide[:-1], images.astype(np.float64))
        if type(model.layers[-1]) is Sigmoid:
            logs.append((log_sigmoid(z), log_sigmoid(-z)))
        else:
            logs.append((y := LogSoftmax().forward({}, z)[0], np.log(-np.expm1(y))))
    log_y, log_rest = (
        np.logaddexp.reduce(each) - np.log(len(logs)) for each in zip(*logs, strict=True)
    )
    is_softmax = all(type(model.layers[-1]) is Softmax for model, _ in members)
    return log_y if is_softmax else log_y - log_rest


@settings(max_examples=40)
@given(
    lasts=st.lists(st.sampled_from(["Sigmoid", "Softmax"]), min_size=1, max_size=3),
    sureness=st.floats(0.1, 60), nested=st.booleans(),
)  # fmt: skip
def test_scores_of_an_ensemble_are_those_of_its_weights_in_64_bits(lasts, sureness, nested):
    """However sure the members are, and though most of their scores round to 0 in 32 bits."""
    members = [draw(last, seed) for seed, last in enumerate(lasts)]
    for _, params in members:
        params[-2]["weight"] *= np.float32(sureness)
        params[-2]["bias"] += np.float32(-sureness / 4)
    texts = tuple(", ".join(map(repr, model.layers)) for model, _ in members)
    model, params = Model((Ensemble(texts),)), [join_params([params for _, params in members])]
    if nested:
        outer = (", ".join(map(repr, model.layers)),)
        model, params = Model((Ensemble(outer),)), [join_params([params])]
    images = np.random.default_rng(1).random((7, 28, 28), np.float32)
    expected = scores_in_64_bits(members, images)
    # of the logits in 32 bits the last digit may differ, and 1 - y of a Softmax in expm1
    np.testing.assert_allclose(
        log_scores(model, params, images), expected, rtol=1e-4, atol=2e-5 * (1 + sureness)
    )


def test_scores_that_round_to_0_and_1_in_32_bits_keep_their_logarithms():
    params = [{}, {"weight": np.zeros((784, 10), np.float32), "bias": np.zeros(10, np.float32)}, {}]
    params[1]["bias"][:] = [-80, -40, -20, -17, -10, 0, 10, 17, 20, 40]
    member = "Flatten, Linear(10), Sigmoid"
    model = Model((Ensemble((member, member)),))
    images = np.zeros((1, 28, 28), np.float32)
    found = log_scores(model, [join_params([params, params])], images)
    assert found[0] == pytest.approx(params[1]["bias"].astype(float), rel=1e-12)
    outputs, scores = outputs_and_scores(model, [join_params([params, params])], images)
    assert (outputs == 0).any()
    assert np.array_equal(scores, found)


@pytest.mark.parametrize("last", LAST)
@given(temperature=st.floats(0.05, 20), size=st.floats(0.1, 1e4))
def test_at_every_temperature_they_add_up_to_one_and_the_answers_stay(last, temperature, size):
    model, params = draw(last)
    params[-2]["weight"] = params[-2]["weight"] * np.float32(size)  # however sure it is
    images = np.random.default_rng(1).random((7, 28, 28), np.float32)
    softened = probabilities(model, params, images, temperature)
    assert softened.sum(axis=1) == pytest.approx(1)
    answers = probabilities(model, params, images).argmax(axis=1)
    assert (softened[np.arange(7), answers] == softened.max(axis=1)).all()


@given(seed=st.integers(0, 999), temperature=st.floats(0.3, 5))
def test_the_temperature_of_a_known_world_is_found_and_no_other_is_better(seed, temperature):
    scores, labels = draw_world(seed, 2000, temperature)
    fitted = fit_temperature(scores, labels)
    assert fitted == pytest.approx(temperature, rel=0.2)
    best = log_loss(apply_temperature(scores, fitted), labels)
    for other in (fitted * 0.97, fitted * 1.03, 1.0):
        assert best <= log_loss(apply_temperature(scores, other), labels) + 1e-12


def test_where_all_answers_are_right_nothing_is_too_sure():
    scores, _ = draw_world(0, 100, 1.0)
    assert fit_temperature(scores, scores.argmax(axis=1)) == pytest.approx(COLDEST)


def test_the_right_temperature_calibrates_and_a_wrong_one_does_not():
    scores, labels = draw_world(0, 20_000, 2.0)
    errors = {
        temperature: expected_calibration_error(
            reliability_bins(apply_temperature(scores, temperature), labels)
        )
        for temperature in (1.0, 2.0, 4.0)
    }
    assert errors[2.0] < 0.01
    assert min(errors[1.0], errors[4.0]) > 0.1


def test_bins_and_their_error_are_those_computed_by_hand():
    p = np.array([[0.7, 0.3], [0.7, 0.3], [0.2, 0.8], [1.0, 0.0], [0.5, 0.5]])
    bins = reliability_bins(p, np.array([0, 1, 1, 0, 0]), bins=5)
    assert bins.count.tolist() == [0, 0, 1, 3, 1]  # 0.8 belongs to (0.6, 0.8]
    assert bins.confidence[2:] == pytest.approx([0.5, 2.2 / 3, 1.0])
    assert bins.accuracy[2:] == pytest.approx([1.0, 2 / 3, 1.0])
    assert np.isnan(bins.accuracy[:2]).all()
    assert expected_calibration_error(bins) == pytest.approx((0.5 + 0.2) / 5)


@given(seed=st.integers(0, 999), count=st.integers(1, 50), bins=st.integers(1, 20))
def test_every_answer_is_in_the_bin_of_its_probability(seed, count, bins):
    scores, labels = draw_world(seed, count, 1.0)
    sorted_in = reliability_bins(apply_temperature(scores, 1.0), labels, bins)
    assert sorted_in.count.sum() == count
    filled = sorted_in.count > 0
    upper = (np.arange(bins) + 1) / bins
    assert (sorted_in.confidence[filled] <= upper[filled] + 1e-12).all()
    assert (sorted_in.confidence[filled] > upper[filled] - 1 / bins - 1e-12).all()
    assert 0 <= expected_calibration_error(sorted_in) <= 1
