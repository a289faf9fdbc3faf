"""Layers in a row: shapes flow through, and so do gradients."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.activations import ReLU, Tanh
from network.core.gradient_check import check_gradients
from network.core.layers import Flatten, Identity, Linear
from network.core.losses import CrossEntropy
from network.core.model import Model, without_output_activation
from network.layers.activations import ACTIVATIONS
from network.layers.convolution import Conv2D
from network.layers.normalization import BatchNorm
from network.layers.whole_model import calibrate_layers, require_shapes
from network.training.build import fully_connected
from network.training.losses import LOSSES
from pipeline.errors import UsageError

every_loss = pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES.keys())
every_activation = pytest.mark.parametrize("activation", ACTIVATIONS)


def small_model(loss, activation="sigmoid"):
    model = fully_connected((5, 4), 3, activation, "glorot", loss)
    rng = np.random.default_rng(0)
    params = model.init(rng, (4, 3), np.float64)
    return model, loss(), params, rng.random((6, 4, 3)), rng.integers(0, 3, 6)


@given(
    hidden=st.lists(st.integers(1, 9), max_size=3),
    height=st.integers(1, 5), width=st.integers(1, 5), n=st.integers(1, 4),
)  # fmt: skip
def test_shapes_flow_from_layer_to_layer(hidden, height, width, n):
    model = fully_connected(tuple(hidden), 10, "relu", "he", CrossEntropy)
    params = model.init(np.random.default_rng(0), (height, width))
    sizes = [height * width, *hidden, 10]
    assert [layer["weight"].shape for layer in params if layer] == [*pairwise(sizes)]
    assert [layer["bias"].shape for layer in params if layer] == [(size,) for size in sizes[1:]]
    outputs, backward = model.forward(params, np.ones((n, height, width), np.float32))
    assert (outputs.shape, outputs.dtype) == ((n, 10), np.float32)
    for layer, grads in zip(params, backward(outputs), strict=True):
        assert {name: grad.shape for name, grad in grads.items()} == {
            name: array.shape for name, array in layer.items()
        }


@every_loss
@every_activation
def test_every_gradient_of_a_whole_model_is_right(loss, activation):
    checks = list(check_gradients(*small_model(loss, activation)))
    assert [check.layer for check in checks] == [1, 1, 3, 3, 5, 5]
    assert all(check.is_right for check in checks), checks


@every_loss
def test_the_loss_sees_the_sums_where_it_contains_the_activation(loss):
    model, loss_function, params, images, _ = small_model(loss)
    seen = without_output_activation(model, loss_function)
    assert isinstance(model.layers[-1], loss.output_activation)
    if loss.contains_activation:
        assert seen.layers == (*model.layers[:-1], Identity())
        sums, _ = seen.forward(params, images)
        outputs, _ = model.forward(params, images)
        assert np.array_equal(loss.output_activation().forward({}, sums)[0], outputs)
    else:
        assert seen == model


@every_loss
def test_a_model_that_ends_otherwise_is_refused(loss):
    model = Model((Flatten(), Linear(3), Tanh()))
    if not loss.contains_activation:
        assert without_output_activation(model, loss()) == model
    else:
        expected = f"{loss.__name__} needs a model that ends with {loss.output_activation.__name__}"
        with pytest.raises(ValueError, match=expected):
            without_output_activation(model, loss())


def test_leaving_out_the_first_d_x_changes_no_gradient():
    model, _, params, images, _ = small_model(CrossEntropy)
    x, backwards = images, []
    for layer, layer_params in zip(model.layers, params, strict=True):
        x, backward = layer.forward(layer_params, x)
        backwards.append(backward)
    d_y, expected = np.ones_like(x), []
    for backward in reversed(backwards):
        d_y, grads = backward(d_y)  # every layer is asked for d_x
        expected.insert(0, grads)
    _, backward = model.forward(params, images)
    for found, grads in zip(backward(np.ones_like(x)), expected, strict=True):
        assert found.keys() == grads.keys()
        assert all(np.array_equal(found[name], grads[name]) for name in grads)


def test_params_of_another_form_are_refused():
    model, _, params, images, _ = small_model(CrossEntropy)
    require_shapes(model, params, (4, 3))
    with pytest.raises(UsageError, match="expected one for each of"):
        model.forward(params[:-1], images)
    with pytest.raises(ValueError, match="shorter"):
        require_shapes(model, params[:-1], (4, 3))
    with pytest.raises(ValueError, match=r"layer 1 has params .* expected"):
        require_shapes(model, params, (4, 4))
    del params[3]["bias"]
    with pytest.raises(ValueError, match=r"layer 3 has params .* expected .*bias"):
        require_shapes(model, params, (4, 3))


def test_what_was_measured_makes_the_outputs_those_of_training():
    model = Model((Conv2D(3), BatchNorm(), ReLU(), Conv2D(2), BatchNorm(), Flatten(), Linear(4)))
    rng = np.random.default_rng(0)
    params = model.init(rng, (9, 8), np.float64)
    images = rng.random((30, 9, 8))
    trained, _ = model.forward(params, images, rng)
    assert not np.allclose(model.forward(params, images)[0], trained)
    calibrate_layers(model.layers, params, images)
    assert np.allclose(model.forward(params, images)[0], trained)
