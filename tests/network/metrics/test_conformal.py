"""Prediction sets reach the chosen coverage, for any probabilities."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.metrics.calibration import apply_temperature
from network.metrics.conformal import COVERAGES, conformal_threshold, prediction_sets


def draw_world(rng, count, kind):
    """Probabilities and labels: of a network that knows, of one that errs, of one that guesses."""
    scores = rng.normal(0, 2, (count, 5))
    chances = apply_temperature(scores, {"honest": 1.0, "too sure": 3.0, "guessing": 1e9}[kind])
    labels = (rng.random((count, 1)) > chances.cumsum(axis=1)[:, :-1]).sum(axis=1)
    return apply_temperature(scores, 1.0), labels


@pytest.mark.parametrize("kind", ["honest", "too sure", "guessing"])
@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.98])
def test_new_examples_are_covered_as_often_as_promised(kind, coverage):
    rng, covered = np.random.default_rng(0), []
    for _ in range(400):  # calibrations, each with new examples of its own
        limit = conformal_threshold(*draw_world(rng, 60, kind), coverage)
        probabilities, labels = draw_world(rng, 50, kind)
        sets = prediction_sets(probabilities, limit)
        covered.append(sets[np.arange(50), labels].mean())
    error = np.std(covered) / 20  # of the mean of 400
    assert np.mean(covered) > coverage - 3 * error
    if kind != "honest":  # the prediction, always in the set, is correct more often
        assert np.mean(covered) < coverage + 1 / 61 + 3 * error


@given(seed=st.integers(0, 999), count=st.integers(1, 200), coverage=st.sampled_from(COVERAGES))
def test_the_threshold_is_the_score_of_its_rank_and_none_where_there_is_none(seed, count, coverage):
    probabilities, labels = draw_world(np.random.default_rng(seed), count, "honest")
    scores = 1 - probabilities[np.arange(count), labels]
    limit = conformal_threshold(probabilities, labels, coverage)
    if limit is None:
        assert count < coverage / (1 - coverage) - 1e-6
    else:
        assert (scores <= limit).sum() >= coverage * (count + 1) - 1e-6
        assert (scores < limit).sum() < coverage * (count + 1)


def test_99_examples_can_promise_99_percent_and_98_cannot():
    probabilities, labels = draw_world(np.random.default_rng(0), 99, "honest")
    assert conformal_threshold(probabilities, labels, 0.99) is not None
    assert conformal_threshold(probabilities[1:], labels[1:], 0.99) is None


@given(seed=st.integers(0, 999), low=st.floats(0, 1), high=st.floats(0, 1))
def test_a_set_has_the_answer_and_grows_with_the_threshold(seed, low, high):
    low, high = sorted((low, high))
    probabilities, _ = draw_world(np.random.default_rng(seed), 20, "honest")
    small, large = (prediction_sets(probabilities, limit) for limit in (low, high))
    assert small[np.arange(20), probabilities.argmax(axis=1)].all()
    assert (small <= large).all()
    assert (large.sum(axis=1) == np.maximum(1, (1 - probabilities <= high).sum(axis=1))).all()
