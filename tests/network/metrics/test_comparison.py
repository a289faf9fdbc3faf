"""The paired test and its interval: exact, as published, symmetric, correct 95 times in 100."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.metrics.comparison import PairedComparison, compare_predictions, exact_p_value

counts = st.integers(0, 300)


@given(one=counts, other=counts)
def test_the_chance_is_that_of_a_coin_to_the_last_digit(one, other):
    n, m = one + other, min(one, other)
    exact = min(Fraction(1), Fraction(2 * sum(comb(n, k) for k in range(m + 1)), 2**n))
    assert exact_p_value(one, other) == pytest.approx(float(exact), rel=1e-11)
    assert exact_p_value(one, other) == exact_p_value(other, one)


@pytest.mark.parametrize(
    ("one", "other", "p"),
    [
        (0, 0, 1.0),
        (1, 7, 0.0703125),  # 2 * (1 + 8) / 2^8
        (25_000, 25_000, 1.0),
        (24_000, 25_000, 6.386559476e-06),  # by exact fractions
        (0, 5_000, 0.0),  # 2^-4999 is less than any float
        (10**9, 10**9 + 60_000, 0.17972),  # the normal distribution: 60,000 are 1.3416 sigmas
    ],
)
def test_known_chances_of_any_size(one, other, p):
    assert exact_p_value(one, other) == pytest.approx(p, rel=1e-4)


def test_two_equal_networks_seem_different_5_times_of_100_at_most():
    drawn = np.random.default_rng(0).multinomial(500, (0.90, 0.03, 0.03, 0.04), 4000)
    seeming = [PairedComparison(*map(int, table)).better is not None for table in drawn]
    assert 0.02 < np.mean(seeming) <= 0.05


@given(answers=st.lists(st.tuples(*3 * [st.integers(0, 3)]), min_size=1, max_size=30))
def test_every_image_is_counted_once_and_for_whom_it_speaks(answers):
    labels, first, second = np.array(answers).T
    found = compare_predictions(labels, first, second)
    rights = [(one == label, two == label) for label, one, two in answers]
    expected = [rights.count(it) for it in [(1, 1), (1, 0), (0, 1), (0, 0)]]
    assert [found.both, found.only_first, found.only_second, found.neither] == expected
    assert found.count == len(answers)
    accuracies = [np.mean(labels == it) for it in (first, second)]
    assert found.difference == pytest.approx(accuracies[1] - accuracies[0])


def test_the_better_one_is_named_where_chance_cannot_explain_it():
    assert PairedComparison(90, 0, 10, 0).better == 1
    assert PairedComparison(90, 10, 0, 0).better == 0
    assert PairedComparison(90, 5, 9, 0).better is None
    low, high = PairedComparison(90, 0, 10, 0).interval
    assert 0 < low < PairedComparison(90, 0, 10, 0).difference == 0.1 < high
