"""Gradients with too large a norm are clipped together; others are left as they are."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.optimizers import SGD
from network.training.gradient_clipping import GradientClipping, global_norm

numbers = st.lists(st.floats(-1e6, 1e6), min_size=3, max_size=3)


def tree(values):
    return [{"weight": np.array([values[:2]])}, {}, {"bias": np.array(values[2:])}]


@given(numbers)
def test_the_norm_is_that_of_all_arrays_as_one_vector(values):
    assert global_norm(tree(values)) == pytest.approx(np.linalg.norm(values))


@given(numbers, st.floats(1e-3, 1e3))
def test_a_step_is_no_longer_than_the_limit_and_keeps_its_direction(values, limit):
    params = tree([0.0, 0.0, 0.0])
    optimizer = GradientClipping(SGD(), limit)
    optimizer.update(params, tree(values), optimizer.init(params), 1.0)
    step = -np.concatenate([params[0]["weight"].ravel(), params[2]["bias"]])
    length = np.linalg.norm(values)
    assert step == pytest.approx(np.array(values) * min(1, limit / length if length else 1))


def test_the_memory_is_that_of_the_optimizer_inside():
    assert GradientClipping(SGD(), 1.0).init(tree([1, 2, 3])) == {}
