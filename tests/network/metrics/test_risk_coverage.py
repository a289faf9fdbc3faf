"""Risk-coverage curve: predicting fewer images makes fewer errors."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.metrics.risk_coverage import risk_coverage


def draw(seed, count):
    rng = np.random.default_rng(seed)
    p = rng.dirichlet(np.ones(3), count).round(1)  # many are equally sure
    return p, rng.integers(0, 3, count)


def test_a_curve_computed_by_hand():
    p = np.array([[0.6, 0.4], [0.9, 0.1], [0.2, 0.8], [0.6, 0.4]])
    coverage, risk = risk_coverage(p, np.array([1, 0, 1, 0]))
    assert coverage.tolist() == [0.25, 0.5, 1.0]  # the two of 0.6 come together
    assert risk == pytest.approx([0, 0, 0.25])


@given(seed=st.integers(0, 999), count=st.integers(1, 60))
def test_each_point_is_what_answering_above_a_threshold_gives(seed, count):
    p, labels = draw(seed, count)
    coverage, risk = risk_coverage(p, labels)
    confidence, is_wrong = p.max(axis=1), p.argmax(axis=1) != labels
    thresholds = np.unique(confidence)[::-1]
    assert coverage == pytest.approx([(confidence >= t).mean() for t in thresholds])
    assert risk == pytest.approx([is_wrong[confidence >= t].mean() for t in thresholds])


@given(seed=st.integers(0, 999), count=st.integers(1, 60))
def test_the_order_of_examples_makes_no_difference(seed, count):
    p, labels = draw(seed, count)
    order = np.random.default_rng(seed).permutation(count)
    for one, other in zip(
        risk_coverage(p, labels), risk_coverage(p[order], labels[order]), strict=True
    ):
        assert one == pytest.approx(other)
