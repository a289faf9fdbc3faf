"""The gradient check passes correct models, and names the layer of every incorrect one."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.commands.text.run_text import format_advice
from network.core.activations import ReLU, Sigmoid, Tanh
from network.core.gradient_check import TOLERANCE, check_gradients, choose_indices
from network.core.layers import Flatten, Identity, Layer, Linear
from network.core.losses import SquaredError
from network.core.model import Model
from network.core.params import copy_params, count_params, named_arrays
from network.layers.activations import ACTIVATIONS, GELU, LeakyReLU
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout
from network.layers.ensemble import Ensemble
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from network.metrics.direction_check import check_directions
from network.training.build import fully_connected
from network.training.losses import LOSSES


@dataclass(frozen=True)
class Spoilt:
    """A layer whose backward pass is spoilt by a function of d_x, grads and N."""

    layer: Layer
    spoil: Callable

    def init(self, rng, in_shape, dtype):
        return self.layer.init(rng, in_shape, dtype)

    def forward(self, params, x, rng=None):
        y, right = self.layer.forward(params, x, rng)
        return y, lambda d_y, need_d_x=True: self.spoil(*right(d_y, need_d_x), len(x))


def climb(d_x, grads, n):
    """A layer with the sign of the original project's bias."""
    return d_x, {**grads, "bias": -grads["bias"]}


def average_again(d_x, grads, n):
    return d_x, {**grads, "weight": grads["weight"] / n}


def double(d_x, grads, n):
    return 2 * d_x, grads


def forget(d_x, grads, n):
    return np.nan * d_x, grads


def check(layers, **options):
    model, rng = Model((Flatten(), *layers)), np.random.default_rng(0)
    params = model.init(rng, (4, 3), np.float64)
    images, labels = rng.random((5, 4, 3)), rng.integers(0, 3, 5)
    return list(check_gradients(model, SquaredError(), params, images, labels, **options))


image_layers = st.tuples(
    st.builds(Conv2D, st.integers(1, 3), st.integers(1, 3)),
    st.sampled_from([BatchNorm(), Identity(), LeakyReLU(), GELU(), Tanh()]),
    st.sampled_from([MaxPool2D(), AveragePool2D(), Identity()]),
)
flat_layers = st.tuples(
    st.builds(Linear, st.integers(1, 8), st.just("glorot")),
    st.sampled_from([BatchNorm(), Identity(), Dropout()]),
    st.sampled_from([kind() for kind in ACTIVATIONS.values()]),
)


@st.composite
def networks(draw):
    """Any small network of all kinds of layers that learn or bend, with the loss for its end."""
    loss = LOSSES[draw(st.sampled_from(sorted(LOSSES)))]
    first = draw(st.lists(image_layers, max_size=2))
    then = draw(st.lists(flat_layers, max_size=3))
    layers = [layer for group in first for layer in group]
    layers += [Flatten(), *(layer for group in then for layer in group)]
    return Model((*layers, Linear(4, "glorot"), loss.output_activation())), loss()


@pytest.mark.parametrize("usual", [50, pytest.param(200, marks=pytest.mark.slow)])
def test_random_networks_are_right(usual, amount, figure):
    errors = []

    @settings(max_examples=amount(usual, 5_000))
    @given(networks(), st.integers(1, 5), st.integers(0, 2**32))
    def check_network(network, n, seed):
        (model, loss), rng = network, np.random.default_rng(seed)
        params = model.init(rng, (10, 10), np.float64)
        for layer in params:  # where every sum is 0, ReLU has its kink and no derivative
            for array in layer.values():
                array += np.abs(rng.normal(0, 0.5, array.shape))
        images, labels = rng.random((n, 10, 10)), rng.integers(0, 4, n)
        checks = list(check_gradients(model, loss, params, images, labels, sample=10))
        assert all(item.is_right for item in checks)
        errors.append(max(item.relative_error - item.rounding for item in checks))

    check_network()
    figure(
        "R14: {networks} random networks of all layers, {wrong} wrong by more than 1e-6",
        networks=len(errors), wrong=sum(error > 1e-6 for error in errors),
    )  # fmt: skip
    assert max(errors) <= 1e-6


@pytest.mark.parametrize("sample", [None, 3])
@pytest.mark.parametrize(
    ("index", "spoil", "wrong"),
    [
        (1, climb, {(1, "bias")}),
        (3, climb, {(3, "bias")}),
        (1, average_again, {(1, "weight")}),
        (3, average_again, {(3, "weight")}),
        # a Sigmoid has no gradients of its own: the layer below it is the highest wrong one
        (2, double, {(1, "weight"), (1, "bias")}),
        (2, forget, {(1, "weight"), (1, "bias")}),
        (4, double, {(1, "weight"), (1, "bias"), (3, "weight"), (3, "bias")}),
    ],
)
def test_a_wrong_layer_is_found_and_named(index, spoil, wrong, sample):
    layers = [Linear(4), Sigmoid(), Linear(3), Sigmoid()]
    layers[index - 1] = Spoilt(layers[index - 1], spoil)  # Flatten is layer 0
    checks = check(layers, sample=sample)
    assert {(item.layer, item.array_name) for item in checks if not item.is_right} == wrong
    advice, place = format_advice(checks), f"layer {max(wrong)[0]}, "
    expected = "check first the d_y that reaches " if index in {2, 4} else "check first "
    assert expected + place in advice


@pytest.mark.parametrize("distance", [3e-6, 3e-7, 3e-9])
@pytest.mark.parametrize("side", [1, -1])
def test_a_kink_nearby_is_no_false_alarm(distance, side):
    model = Model((Flatten(), Linear(1), ReLU(), Linear(2), Sigmoid()))
    params = model.init(np.random.default_rng(0), (1, 2), np.float64)
    params[1]["weight"][:] = [[1], [-1]]
    params[1]["bias"][:] = side * distance  # of the sum 0.5 - 0.5 + bias from the kink at 0
    images = np.array([[[0.5, 0.5]], [[0.9, 0.2]]])
    checks = check_gradients(model, SquaredError(), params, images, np.array([0, 1]))
    assert all(item.is_right for item in checks)


@pytest.mark.parametrize("seed", range(5))
def test_a_relu_that_gets_exactly_0_is_no_false_alarm(seed):
    # The first biases are 0, so where all neurons of a layer are off, the next sums are 0.
    model = fully_connected((2, 2), 3, "relu", "uniform", SquaredError)
    rng = np.random.default_rng(seed)
    params = model.init(rng, (4, 3))
    images, labels = rng.random((8, 4, 3)), rng.integers(0, 3, 8)
    checks = list(check_gradients(model, SquaredError(), params, images, labels))
    assert all(item.is_right for item in checks), checks


@pytest.mark.parametrize("activation", ACTIVATIONS)
@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("sureness", [10, 100, 1000])
def test_a_network_that_is_very_sure_is_no_false_alarm(activation, loss, sureness):
    # Its gradients are tiny beside 1: the rounding of the loss must not pass for an error.
    model = fully_connected((5,), 3, activation, "uniform", LOSSES[loss])
    rng = np.random.default_rng(1)
    params = model.init(rng, (4, 3))
    params[3]["weight"] *= sureness
    images = rng.random((8, 4, 3))
    labels = model.forward(params, images)[0].argmax(axis=1)
    checks = list(check_gradients(model, LOSSES[loss](), params, images, labels))
    assert all(item.is_right for item in checks), checks


def test_sampling_checks_so_many_of_each_array_and_always_the_same():
    layers = (Linear(4), Sigmoid(), Linear(3), Sigmoid())
    assert [item.checked for item in check(layers, sample=5)] == [5, 4, 5, 3]
    assert [item.checked for item in check(layers)] == [48, 4, 12, 3]
    assert check(layers, sample=5) == check(layers, sample=5)
    which = choose_indices(100, 30)
    assert len(set(which.tolist())) == 30
    assert 0 <= which.min() <= which.max() < 100


def test_progress_counts_every_parameter_once():
    done = []
    checks = check((Linear(4), Sigmoid(), Linear(3), Sigmoid()), advance=done.append)
    assert sum(done) == sum(item.checked for item in checks) == 48 + 4 + 12 + 3


@pytest.mark.parametrize("order", ["C", "F"])
def test_params_of_any_type_and_memory_order_are_checked_and_left_alone(order):
    model = fully_connected((4,), 3, "tanh", "uniform", SquaredError)
    params = model.init(np.random.default_rng(0), (3, 2))
    for layer in params:
        layer.update({name: np.asarray(array, order=order) for name, array in layer.items()})
    kept = copy_params(params)
    images = np.random.default_rng(1).random((4, 3, 2)).astype(np.float32)
    checks = list(check_gradients(model, SquaredError(), params, images, np.array([0, 1, 2, 0])))
    assert sum(item.checked for item in checks) == count_params(params)
    assert all(item.relative_error <= TOLERANCE for item in checks)
    for (_, array), (_, before) in zip(named_arrays(params), named_arrays(kept), strict=True):
        assert array.dtype == np.float32
        assert np.array_equal(array, before)


@pytest.mark.parametrize("variance", [0, 1e-9, 1e-5, 0.01])
def test_channels_that_hardly_vary_are_no_false_alarm(variance):
    layers = (BatchNorm(), Linear(3), Ensemble(["Flatten, BatchNorm, Linear(3), Sigmoid"]))
    model, rng = Model((Flatten(), *layers)), np.random.default_rng(0)
    params = model.init(rng, (4, 3), np.float64)
    for layer in params:
        for name, array in layer.items():
            if name.endswith("variance"):
                array[...] = variance
    images, labels = rng.random((5, 4, 3)), rng.integers(0, 3, 5)
    given = (model, SquaredError(), params, images, labels)
    checks = list(check_gradients(*given))
    assert all(item.is_right for item in [*checks, check_directions(*given)])


def test_a_wrong_gradient_of_a_variance_is_found():
    def halve(d_x, grads, n):
        return d_x, {**grads, "variance": grads["variance"] / 2}

    model, rng = Model((Flatten(), Spoilt(BatchNorm(), halve), Linear(3))), np.random.default_rng(0)
    params = model.init(rng, (4, 3), np.float64)
    params[1]["variance"][:] = 0.05
    images, labels = rng.random((5, 4, 3)), rng.integers(0, 3, 5)
    checks = check_gradients(model, SquaredError(), params, images, labels)
    assert [it.array_name for it in checks if not it.is_right] == ["variance"]
