"""Every initializer draws from the range that its formula names."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.initializers import INITIALIZERS, uniform

# of U(-r, r) the standard deviation is r / sqrt(3)
STANDARD_DEVIATIONS = {
    "uniform": lambda n_in, n_out: 1 / np.sqrt(3 * n_in),
    "glorot": lambda n_in, n_out: np.sqrt(2 / (n_in + n_out)),
    "he": lambda n_in, n_out: np.sqrt(2 / n_in),
}
every_initializer = pytest.mark.parametrize("name", INITIALIZERS)
sizes = st.integers(1, 50)
seeds = st.integers(0, 2**32)


def test_every_initializer_has_its_formula_here():
    assert STANDARD_DEVIATIONS.keys() == INITIALIZERS.keys()


@every_initializer
@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_the_same_generator_draws_the_same_weights(name, n_in, n_out, seed):
    first, again = (INITIALIZERS[name](np.random.default_rng(seed), n_in, n_out) for _ in range(2))
    assert first.shape == (n_in, n_out)
    assert first.tobytes() == again.tobytes()
    assert np.isfinite(first).all()


@every_initializer
@pytest.mark.parametrize(("n_in", "n_out"), [(784, 100), (100, 784), (300, 300)])
def test_the_spread_is_the_formulas(name, n_in, n_out):
    weight = INITIALIZERS[name](np.random.default_rng(1), n_in, n_out)
    expected = STANDARD_DEVIATIONS[name](n_in, n_out)
    assert weight.std() == pytest.approx(expected, rel=0.02)
    assert abs(weight.mean()) < 0.02 * expected


@given(n_in=sizes, n_out=sizes, seed=seeds)
def test_uniform_stays_within_one_over_the_root_of_n_in(n_in, n_out, seed):
    weight = uniform(np.random.default_rng(seed), n_in, n_out)
    assert np.abs(weight).max() <= 1 / np.sqrt(n_in)
