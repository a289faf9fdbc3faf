"""Projections: PCA agrees with the singular values, and every method keeps groups together."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.interpret.projection import PROJECTIONS, Method, pca, principal_components, project
from pipeline.errors import MissingError


def by_svd(x, count):
    """The same from the whole decomposition."""
    u, s, _ = np.linalg.svd((x - x.mean(axis=0)).astype(np.float64), full_matrices=False)
    return (u * s)[:, :count], (s**2 / (s**2).sum())[:count]


def three_groups(points=30, dimensions=20):
    rng = np.random.default_rng(0)
    groups = np.repeat(np.arange(3), points)
    middles = 10 * rng.normal(size=(3, dimensions))
    return (middles[groups] + rng.normal(size=(len(groups), dimensions))).astype(np.float32), groups


def test_pca_of_digits_is_that_of_their_singular_values(mnist_test_set):
    x = mnist_test_set[0][:1000].reshape(1000, -1).astype(np.float32) / 255
    places, shares = principal_components(x)
    expected, expected_shares = by_svd(x, 2)
    np.testing.assert_allclose(np.abs(places), np.abs(expected), atol=1e-4)
    np.testing.assert_allclose(shares, expected_shares, atol=1e-5)


@given(st.integers(1, 9), st.integers(1, 9), st.integers(1, 3), st.integers(0, 9))
def test_pca_keeps_what_there_is_however_few_points_and_numbers(n, dimensions, count, seed):
    x = np.random.default_rng(seed).normal(size=(n, dimensions))
    places, shares = principal_components(x, count)
    assert places.shape == (n, count)
    kept = min(n, dimensions, count)
    if n > 1:
        expected, expected_shares = by_svd(x, kept)
        np.testing.assert_allclose(
            (places**2).sum(axis=0)[:kept], (expected**2).sum(axis=0), atol=1e-6
        )
        np.testing.assert_allclose(shares[:kept], expected_shares, atol=1e-6)
    assert not places[:, kept:].any()


def test_points_that_are_all_the_same_lie_in_the_middle():
    assert not project(np.ones((5, 3), np.float32), "pca").any()


@pytest.mark.slow
@pytest.mark.parametrize("name", PROJECTIONS)
def test_a_map_keeps_groups_together_and_is_the_same_each_time(name):
    if not PROJECTIONS[name].is_installed:
        pytest.skip(f"{PROJECTIONS[name].module} is not installed")
    x, groups = three_groups()
    places = project(x, name)
    assert places.shape == (len(x), 2)
    assert places.dtype == np.float32
    assert np.abs(places).max() == pytest.approx(1)
    middles = np.array([places[groups == group].mean(axis=0) for group in range(3)])
    distances = np.linalg.norm(places[:, np.newaxis] - middles, axis=2)
    assert (distances.argmin(axis=1) == groups).all()
    np.testing.assert_array_equal(project(x, name), places)


def test_what_is_not_installed_is_named_with_what_to_do(monkeypatch):
    monkeypatch.setitem(
        PROJECTIONS, "new", Method("New", pca, "no_such_package", lambda: "pip install it")
    )
    with pytest.raises(MissingError, match=r"needs the package no_such_package.*pip install it"):
        project(np.ones((3, 3)), "new")


def test_points_that_are_nowhere_are_refused():
    with pytest.raises(ValueError, match="not finite"):
        project(np.full((3, 3), np.inf, np.float32), "pca")
