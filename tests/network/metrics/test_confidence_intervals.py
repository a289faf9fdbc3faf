"""Intervals are the published ones, and contain the true value."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.metrics.confidence_intervals import (
    accuracy_interval,
    paired_interval,
    wilson_interval,
)

counts = st.integers(0, 300)
tables = st.tuples(counts, counts, counts, counts).filter(any)


@pytest.mark.parametrize(
    ("correct", "count", "low", "high"),
    [
        # Newcombe, Two-sided confidence intervals for the single proportion (1998), table I
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (9542, 10_000, 0.9499, 0.9581),
    ],
)
def test_the_interval_is_the_published_one(correct, count, low, high):
    assert accuracy_interval(correct, count) == wilson_interval(correct, count)
    assert wilson_interval(correct, count) == pytest.approx((low, high), abs=5.1e-5)


@given(st.integers(1, 10**6).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n))))
def test_the_interval_holds_the_share_and_is_fair_to_both_sides(counted):
    correct, count = counted
    low, high = wilson_interval(correct, count)
    assert 0 <= low <= correct / count + 1e-12
    assert correct / count - 1e-12 <= high <= 1
    assert wilson_interval(count - correct, count) == pytest.approx((1 - high, 1 - low), abs=1e-9)


def encloses(correct, count):
    low, high = wilson_interval(correct, count)
    return 0 <= low <= correct / count <= high <= 1


def test_the_interval_of_all_and_of_none_encloses_it():
    assert all(encloses(n, n) and encloses(0, n) for n in range(1, 20_000))


@given(count=st.integers(1, 10**9), share=st.floats(0, 1))
def test_an_interval_encloses_its_own_estimate(count, share):
    assert encloses(round(share * count), count)


@pytest.mark.parametrize(
    ("table", "low", "high"),
    [
        # Newcombe (1998), table II, method 10
        ((36, 12, 2, 0), 0.0569, 0.3404),
        ((36, 14, 0, 0), 0.1528, 0.4167),
        ((53, 0, 0, 1), -0.0729, 0.0729),
        # Fagerland, Lydersen, Laake, Recommended tests and confidence intervals for paired
        # binomial proportions (2014), the example of Bentur and others
        ((1, 1, 7, 12), -0.507, -0.026),
    ],
)
def test_the_interval_of_a_difference_is_the_published_one(table, low, high):
    assert paired_interval(*table) == pytest.approx((low, high), abs=5.1e-4)


@given(table=tables)
def test_the_interval_holds_the_difference_and_is_fair_to_both_sides(table):
    both, one, other, neither = table
    low, high = paired_interval(*table)
    difference = (one - other) / sum(table)
    assert -1 - 1e-9 <= low <= difference + 1e-12
    assert difference - 1e-12 <= high <= 1 + 1e-9
    mirrored = pytest.approx((-high, -low), abs=1e-9)
    assert paired_interval(both, other, one, neither) == mirrored
    assert paired_interval(neither, other, one, both) == mirrored  # of the mistakes


def test_the_interval_of_a_difference_holds_the_truth_95_times_of_100():
    shares = 0.90, 0.04, 0.02, 0.04
    drawn = np.random.default_rng(0).multinomial(500, shares, 4000)
    intervals = np.array([paired_interval(*map(int, table)) for table in drawn])
    held = (intervals[:, 0] <= 0.02) & (intervals[:, 1] >= 0.02)
    assert np.mean(held) == pytest.approx(0.95, abs=0.01)


@given(st.tuples(*[st.integers(0, 50)] * 4).filter(any))
def test_an_interval_of_a_difference_encloses_it(counts):
    _, only_one, only_other, _ = counts
    low, high = paired_interval(*counts)
    assert -1 <= low <= (only_one - only_other) / sum(counts) <= high <= 1


@pytest.mark.slow
def test_every_interval_of_up_to_2000_images_encloses_its_own_estimate():
    assert all(encloses(correct, n) for n in range(1, 2001) for correct in range(n + 1))
