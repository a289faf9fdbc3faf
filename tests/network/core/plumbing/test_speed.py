"""Faster functions return the numbers of their plain formulas."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.plumbing.speed import (
    NARROW,
    convert_weight,
    divide_by_n,
    one_hot,
    params_dtype,
    product_like_weight,
    scalar_array,
    sigmoid,
    sigmoid_backward,
    sum_over_batch,
    take_batches,
)

RNG = np.random.default_rng(0)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_a_scalar_changes_no_dtype_and_cannot_be_changed(dtype):
    half = scalar_array(0.5, np.dtype(dtype))
    assert (np.ones(3, dtype) * half).dtype == dtype
    assert half is scalar_array(0.5, np.dtype(dtype))
    with pytest.raises(ValueError, match="read-only"):
        half += 1


def test_a_tree_has_the_dtype_of_its_arrays():
    params = [{}, {"weight": np.ones(2, np.float32)}, {"weight": np.ones(2)}]
    assert params_dtype(params) == np.float32
    assert params_dtype(params[2:]) == np.float64
    assert params_dtype([{}]) == np.float32


@pytest.mark.parametrize("n_out", [1, NARROW - 1, NARROW])
def test_the_gradients_of_a_layer_are_its_formulas_in_the_memory_order_of_its_weight(n_out):
    x, d_y = RNG.normal(size=(7, 5)), RNG.normal(size=(7, n_out))
    d_weight = product_like_weight(x, d_y)
    weight = convert_weight(RNG.normal(size=(5, n_out)), np.float32)
    assert weight.dtype == np.float32
    assert weight.flags.f_contiguous == d_weight.flags.f_contiguous
    assert np.allclose(d_weight, x.T @ d_y, rtol=1e-12)
    assert np.allclose(sum_over_batch(d_y), d_y.sum(axis=0), rtol=1e-12)


def test_a_sigmoid_and_its_derivative_are_their_formulas():
    x, d_y = RNG.normal(size=(7, 5)), RNG.normal(size=(7, 5))
    y = 1 / (1 + np.exp(-x))
    assert np.allclose(sigmoid(x), y, rtol=1e-12)
    assert np.allclose(sigmoid_backward(y, d_y), d_y * y * (1 - y), rtol=1e-12)


def test_targets_are_one_hot_or_smoothed_and_means_divide_by_the_batch():
    labels, outputs = np.array([2, 0]), np.zeros((2, 3))
    assert one_hot(labels, outputs).tolist() == [[0, 0, 1], [1, 0, 0]]
    smoothed = one_hot(labels, outputs, 0.3)
    assert np.allclose(smoothed, [[0.1, 0.1, 0.8], [0.8, 0.1, 0.1]])
    assert np.allclose(divide_by_n(np.ones((4, 3))), 1 / 4)


@given(count=st.integers(0, 230), batch_size=st.integers(1, 120))
def test_batches_are_the_examples_in_order_however_many_are_copied_at_once(count, batch_size):
    images, labels = RNG.random((count, 2, 2)), np.arange(count)
    order = RNG.permutation(count)
    found = list(take_batches(images, labels, order, batch_size))
    starts = range(0, count, batch_size)
    assert len(found) == len(starts)
    for (some_images, some_labels), start in zip(found, starts, strict=True):
        expected = order[start : start + batch_size]
        assert np.array_equal(some_labels, labels[expected])
        assert np.array_equal(some_images, images[expected])
