"""Muon: which arrays are matrices, and results near the orthogonal matrix of an SVD."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.training.optimizers import matrices, orthogonalize, vectors

sizes = st.integers(1, 12)


@given(n=sizes, m=sizes, seed=st.integers(0, 2**32), scale=st.sampled_from([1e-3, 1, 1e6]))
def test_singular_vectors_stay_and_singular_values_come_near_1(n, m, seed, scale):
    rng = np.random.default_rng(seed)
    u, _, v = np.linalg.svd(rng.normal(size=(n, m)), full_matrices=False)
    s = rng.uniform(0.05, 1, min(n, m))  # each more than 1 % of the norm
    found = u.T @ orthogonalize(scale * (u * s) @ v) @ v.T
    assert found == pytest.approx(np.diag(np.diag(found)), abs=1e-9)
    assert (np.diag(found) > 0.68).all()
    assert (np.diag(found) < 1.14).all()


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shape", [(784, 30), (30, 784), (5, 1)])
def test_shape_and_dtype_stay_and_nothing_becomes_nothing(shape, dtype):
    matrix = np.random.default_rng(0).normal(size=shape).astype(dtype)
    kept = matrix.copy()
    found = orthogonalize(matrix)
    assert (found.shape, found.dtype) == (shape, dtype)
    assert np.array_equal(matrix, kept)
    assert not orthogonalize(np.zeros(shape, dtype)).any()


def test_matrices_and_vectors_are_the_tree_in_two_parts():
    params = [
        {},
        {"weight": np.zeros((3, 2)), "bias": np.ones(2)},
        {"weight": np.zeros((5, 5, 1, 4))},
    ]
    assert [list(layer) for layer in matrices(params)] == [[], ["weight"], ["weight"]]
    assert [list(layer) for layer in vectors(params)] == [[], ["bias"], []]
    assert matrices(params)[1]["weight"] is params[1]["weight"]
