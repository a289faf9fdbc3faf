"""Parameters are trees of arrays, and every function keeps their form."""

import numpy as np
import pytest

from network.core.activations import Sigmoid
from network.core.layers import Flatten, Linear
from network.core.model import Model
from network.core.params import (
    copy_params,
    count_params,
    map_params,
    named_arrays,
    zeros_like,
    zip_arrays,
)


@pytest.fixture
def params():
    return [
        {},
        {"weight": np.full((3, 2), 5, np.float32), "bias": np.ones(2, np.float32)},
        {},
        {"weight": np.full((2, 4), 7.0), "bias": np.ones(4)},
    ]


def test_map_params_keeps_the_tree(params):
    doubled = map_params(lambda array: 2 * array, params)
    assert [list(layer) for layer in doubled] == [[], ["weight", "bias"], [], ["weight", "bias"]]
    assert np.all(doubled[1]["weight"] == 10)
    assert np.all(params[1]["weight"] == 5)


def test_arrays_are_named_by_layer_and_name(params):
    names = [name for name, _ in named_arrays(params)]
    assert names == ["1/weight", "1/bias", "3/weight", "3/bias"]


def test_zip_arrays_refuses_trees_of_other_forms(params):
    with pytest.raises(ValueError, match="shorter"):
        list(zip_arrays(params, params[:-1]))
    with pytest.raises(KeyError, match="bias"):
        list(zip_arrays(params, [{}, {"weight": np.ones(1)}, {}, params[3]]))


def test_copies_and_zeros_have_the_form_and_memory_of_their_own(params):
    for name, arrays in zip_arrays(params, copy_params(params), zeros_like(params)):
        array, copy, zeros = arrays
        assert name in ("weight", "bias")
        assert copy.tobytes() == array.tobytes()
        assert (zeros.shape, zeros.dtype, zeros.any()) == (array.shape, array.dtype, False)
        assert not np.shares_memory(copy, array)


def test_the_numbers_of_784_30_10_are_counted():
    model = Model((Flatten(), Linear(30), Sigmoid(), Linear(10), Sigmoid()))
    params = model.init(np.random.default_rng(0), (28, 28))
    assert count_params(params) == 784 * 30 + 30 + 30 * 10 + 10
