"""Every layer: correct gradients and shapes, no stored results, no changed inputs."""

import dataclasses

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from network.core.activations import ReLU, Sigmoid, Softmax, Tanh
from network.core.layers import Flatten, Identity, Linear
from network.layers.activations import ACTIVATIONS, GELU, LeakyReLU, LogSoftmax
from network.layers.convolution import Conv2D
from network.layers.dropout import Dropout, Dropout2D
from network.layers.normalization import BatchNorm
from network.layers.pooling import AveragePool2D, MaxPool2D
from network.layers.text import (
    LAYERS,
    build_layer,
    describe_layer,
    parse_layers,
)
from pipeline.errors import UsageError
from tests.support.layer_examples import EXAMPLES, PADDED_SIZES, Application, any_application

every_layer = pytest.mark.parametrize("name", LAYERS)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


def test_every_layer_has_an_example():
    assert EXAMPLES.keys() == LAYERS.keys()
    assert set(ACTIVATIONS.values()) <= set(LAYERS.values())


@every_layer
@given(data=st.data(), is_training=st.booleans())
def test_the_gradient_matches_finite_differences(name, is_training, data):
    at = data.draw(any_application(name))
    at.is_training = is_training
    _, backward = at.forward()
    d_x, grads = backward(at.d_y)
    direction = at.rng.normal(size=at.x.shape)
    found = at.slope(lambda h: at.forward(x=at.x + h * direction)[0])
    assert np.vdot(d_x, direction) == pytest.approx(found, rel=1e-6, abs=1e-7)
    for key, grad in grads.items():
        direction = at.rng.normal(size=grad.shape)
        found = at.slope(
            lambda h, key=key, direction=direction: at.forward(
                {**at.params, key: at.params[key] + h * direction}
            )[0]
        )
        assert np.vdot(grad, direction) == pytest.approx(found, rel=1e-6, abs=1e-7)


@every_layer
@given(data=st.data(), dtype=st.sampled_from([np.float32, np.float64]))
def test_shapes_and_dtypes_are_those_of_what_is_differentiated(name, dtype, data):
    at = data.draw(any_application(name, dtype=dtype))
    y, backward = at.forward()
    d_x, grads = backward(at.d_y)
    assert (y.shape, y.dtype) == ((len(at.x), *at.out_shape), dtype)
    assert (d_x.shape, d_x.dtype) == (at.x.shape, dtype)
    assert {key: (grad.shape, grad.dtype) for key, grad in grads.items()} == {
        key: (array.shape, dtype) for key, array in at.params.items()
    }
    told = {key: array.shape for key, array in at.params.items()}
    assert at.layer.shapes(at.x.shape[1:]) == (told, at.out_shape)


@every_layer
def test_inputs_gradients_and_params_stay_unchanged(name):
    at = Application(name)  # write-protected: writing to them raises an error
    kept = {key: value.copy() for key, value in {"x": at.x, "d_y": at.d_y, **at.params}.items()}
    at.run()
    for key, value in {"x": at.x, "d_y": at.d_y, **at.params}.items():
        assert np.array_equal(value, kept[key])


@every_layer
def test_two_forwards_then_two_backwards_equal_each_alone(name):
    one, two = Application(name, 1), Application(name, 2)
    expected = [one.run(), two.run()]
    (y1, backward1), (y2, backward2) = one.forward(), two.forward()
    d_x2, grads2 = backward2(two.d_y)
    d_x1, grads1 = backward1(one.d_y)
    found = [{"y": y1, "d_x": d_x1, **grads1}, {"y": y2, "d_x": d_x2, **grads2}]
    for arrays, alone in zip(found, expected, strict=True):
        assert arrays.keys() == alone.keys()
        assert all(np.array_equal(arrays[key], alone[key]) for key in alone)


@every_layer
def test_grads_are_the_same_where_nobody_wants_d_x(name):
    at = Application(name)
    _, backward = at.forward()
    _, grads = backward(at.d_y)
    _, alone = backward(at.d_y, need_d_x=False)
    assert grads.keys() == alone.keys()
    assert all(np.array_equal(grads[key], alone[key]) for key in grads)


@every_layer
@every_dtype
@pytest.mark.parametrize("scale", [1e4, 1e30])
def test_huge_inputs_stay_finite_without_a_warning(name, dtype, scale):
    for seed in range(5):
        arrays = Application(name, seed, dtype, scale=scale).run()
        assert all(np.isfinite(array).all() for array in arrays.values())


@every_layer
def test_the_description_leads_back_to_the_layer(name):
    layer, _ = EXAMPLES[name]
    description = describe_layer(layer)
    assert description["layer"] == name
    assert build_layer(description) == layer
    assert description == describe_layer(layer)  # reading it has not used it up


@every_layer
def test_what_repr_makes_of_a_layer_is_read_back(name):
    layer, _ = EXAMPLES[name]
    assert parse_layers(repr(layer)) == (layer,)
    assert parse_layers(f"Flatten, {layer}, Tanh()") == (Flatten(), layer, Tanh())


def test_unknown_descriptions_are_refused():
    with pytest.raises(KeyError, match="Perceptron"):
        build_layer({"layer": "Perceptron"})
    with pytest.raises(TypeError, match="n_inputs"):
        build_layer({"layer": "Linear", "n_inputs": 3})


@pytest.mark.parametrize("text", ["Linear(10", "] + [", "Flatten]; [", "(" * 300])
def test_text_that_is_not_a_list_of_layers_is_refused(text):
    with pytest.raises(UsageError, match="is not a list of layers"):
        parse_layers(text)


@every_layer
def test_layers_are_frozen(name):
    layer, _ = EXAMPLES[name]
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.n_out = 4
    assert hash(layer) == hash(EXAMPLES[name][0])


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("n_out", [3, 200])
def test_linear_is_the_same_in_any_memory_order_and_its_gradient_lies_as_its_first_weight(
    n_out, order
):
    layer, rng = Linear(n_out), np.random.default_rng(0)
    params, _ = layer.init(rng, (5,), np.float64)
    x, d_y = rng.normal(size=(4, 5)), rng.normal(size=(4, n_out))
    y, backward = layer.forward(params | {"weight": np.array(params["weight"], order=order)}, x)
    d_x, grads = backward(d_y)
    assert y == pytest.approx(x @ params["weight"] + params["bias"])
    assert d_x == pytest.approx(d_y @ params["weight"].T)
    assert grads["weight"] == pytest.approx(x.T @ d_y)
    assert grads["bias"] == pytest.approx(d_y.sum(axis=0))
    assert grads["weight"].strides == params["weight"].strides


def test_linear_adds_the_bias_to_weighted_sums():
    params = {"weight": np.array([[1.0, 2.0], [3.0, 4.0]]), "bias": np.array([10.0, 20.0])}
    y, _ = Linear(2).forward(params, np.array([[1.0, -1.0]]))
    assert np.array_equal(y, [[8, 18]])  # 1 - 3 + 10, 2 - 4 + 20


@pytest.mark.parametrize(
    ("layer", "x", "y"),
    [
        (Sigmoid(), [0, np.log(3), -np.log(3)], [0.5, 0.75, 0.25]),
        (Tanh(), [0, np.log(3), -np.log(3)], [0, 0.8, -0.8]),
        (ReLU(), [-2, 0, 3], [0, 0, 3]),
        (Softmax(), [0, np.log(2), np.log(5)], [1 / 8, 2 / 8, 5 / 8]),
        (Identity(), [-2, 0, 3], [-2, 0, 3]),
    ],
)
def test_known_values(layer, x, y):
    assert layer.forward({}, np.array([x], float))[0] == pytest.approx(np.array([y]))


@pytest.mark.parametrize(
    ("layer", "x", "y"),
    [
        (LeakyReLU(0.5), [-2, 0, 3], [-1, 0, 3]),
        (GELU(), [-1, 0, 1, 9], [-0.158808, 0, 0.841192, 9]),
        (LogSoftmax(), [0, np.log(2), np.log(5)], np.log([1 / 8, 2 / 8, 5 / 8])),
    ],
)
def test_more_known_values(layer, x, y):
    assert layer.forward({}, np.array([x], float))[0] == pytest.approx(np.array([y]), abs=1e-6)


@given(
    n=st.integers(1, 3), height=st.integers(1, 7), width=st.integers(1, 7),
    channels=st.integers(1, 3), padded_size=st.sampled_from(PADDED_SIZES), seed=st.integers(0, 99),
)  # fmt: skip
def test_convolution_is_its_formula(n, height, width, channels, padded_size, seed):
    size, padding = padded_size
    assume(min(height, width) + 2 * padding >= size)
    rng, layer = np.random.default_rng(seed), Conv2D(2, size, padding=padding)
    params, _ = layer.init(rng, (height, width, channels), np.float64)
    x = rng.normal(size=(n, height, width, channels))
    y, _ = layer.forward(params, x)
    padded = np.pad(x, [(0, 0), (padding, padding), (padding, padding), (0, 0)])
    for h, w in np.ndindex(y.shape[1:3]):
        window = padded[:, h : h + size, w : w + size]
        expected = np.einsum("nijc,ijck->nk", window, params["weight"]) + params["bias"]
        assert y[:, h, w] == pytest.approx(expected)


@given(
    n=st.integers(1, 3), height=st.integers(1, 7), width=st.integers(1, 7),
    padded_size=st.sampled_from(PADDED_SIZES), seed=st.integers(0, 99),
)  # fmt: skip
def test_the_gradients_of_a_convolution_weigh_what_its_outputs_do(
    n, height, width, padded_size, seed
):
    size, padding = padded_size
    assume(min(height, width) + 2 * padding >= size)
    rng, layer = np.random.default_rng(seed), Conv2D(2, size, padding=padding)
    params, out_shape = layer.init(rng, (height, width, 3), np.float64)
    x, d_y = rng.normal(size=(n, height, width, 3)), rng.normal(size=(n, *out_shape))
    y, backward = layer.forward(params, x)  # linear in x and in weight, as the bias is 0
    d_x, grads = backward(d_y)
    assert np.vdot(d_x, x) == pytest.approx(np.vdot(d_y, y))
    assert np.vdot(grads["weight"], params["weight"]) == pytest.approx(np.vdot(d_y, y))


def test_convolution_in_several_parts_is_that_of_each_image():
    rng, layer = np.random.default_rng(0), Conv2D(8, padding=1)
    params, _ = layer.init(rng, (28, 28, 16), np.float32)
    x = rng.normal(size=(7, 28, 28, 16)).astype(np.float32)  # three of them fit into CACHE
    y, backward = layer.forward(params, x)
    alone = [layer.forward(params, x[i : i + 1]) for i in range(len(x))]
    assert np.allclose(y, np.concatenate([y_one for y_one, _ in alone]), rtol=5e-5, atol=5e-5)
    d_x, grads = backward(y)
    backwards = [backward_one(y_one) for y_one, backward_one in alone]
    assert np.allclose(d_x, np.concatenate([d for d, _ in backwards]), rtol=5e-5, atol=5e-4)
    d_weight = sum(grads_one["weight"] for _, grads_one in backwards)
    assert grads["weight"] == pytest.approx(d_weight, rel=1e-4, abs=0.1)


@pytest.mark.parametrize(
    ("side", "channels", "n_out"),
    [(14, 64, 64), (5, 32, 48), (9, 256, 256)],
    ids=["in strips", "small images merged", "a line is too much for a strip"],
)
def test_a_convolution_of_many_channels_is_its_formula(side, channels, n_out):
    rng, layer = np.random.default_rng(0), Conv2D(n_out)
    params, out_shape = layer.init(rng, (side, side, channels), np.float64)
    x, d_y = rng.normal(size=(3, side, side, channels)), rng.normal(size=(3, *out_shape))
    windows = np.lib.stride_tricks.sliding_window_view(x, (3, 3), (1, 2))  # (N, H, W, C, 3, 3)
    y, backward = layer.forward(params, x)
    expected = np.tensordot(windows, params["weight"], [[4, 5, 3], [0, 1, 2]])
    assert np.allclose(y, expected, atol=1e-9)
    d_x, grads = backward(d_y)
    expected = np.tensordot(windows, d_y, [[0, 1, 2], [0, 1, 2]])  # (C, 3, 3, n_out)
    assert np.allclose(grads["weight"], expected.transpose(1, 2, 0, 3), atol=1e-9)
    assert np.vdot(d_x, x) == pytest.approx(np.vdot(d_y, y))


def test_padding_that_an_output_could_see_alone_is_refused():
    with pytest.raises(UsageError, match="padding must be below the size, 3"):
        Conv2D(4, 3, padding=3)


def test_grey_images_are_images_of_one_channel():
    rng, layer = np.random.default_rng(0), Conv2D(4)
    params, _ = layer.init(rng, (6, 5), np.float64)
    x = rng.normal(size=(2, 6, 5))
    grey, _ = layer.forward(params, x)
    assert np.array_equal(grey, layer.forward(params, x[..., None])[0])


def test_pooling_keeps_the_largest_or_the_mean_and_leaves_out_what_fills_no_square():
    x = np.arange(15.0).reshape(1, 3, 5, 1)
    assert MaxPool2D().forward({}, x)[0].tolist() == [[[[6], [8]]]]
    assert AveragePool2D().forward({}, x)[0].tolist() == [[[[3], [5]]]]


def test_of_equal_numbers_the_first_gets_the_gradient():
    y, backward = MaxPool2D().forward({}, np.zeros((1, 2, 2, 1)))
    assert backward(np.ones_like(y))[0].ravel().tolist() == [1, 0, 0, 0]


def test_dropout_switches_off_its_share_while_training_and_nothing_else():
    x, layer = np.ones((100, 1000)), Dropout(0.3)
    y, _ = layer.forward({}, x, np.random.default_rng(0))
    assert set(np.unique(y)) == {0, 1 / 0.7}
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.01)
    assert np.array_equal(layer.forward({}, x)[0], x)


def test_dropout_of_channels_switches_off_its_share_of_whole_channels():
    x, layer = np.ones((100, 3, 4, 50)), Dropout2D(0.3)
    y, backward = layer.forward({}, x, np.random.default_rng(0))
    channels = y.transpose(0, 3, 1, 2).reshape(-1, 12)  # (N * C, H * W)
    assert (channels == channels[:, :1]).all()
    assert set(np.unique(y)) == {0, 1 / 0.7}
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.02)
    assert np.array_equal(backward(x)[0], y)
    with pytest.raises(ValueError, match="values to unpack"):
        layer.shapes((28, 28))


def test_batch_norm_makes_mean_0_and_variance_1_of_every_channel():
    rng = np.random.default_rng(0)
    x = rng.normal([3, -20], [2, 50], (40, 6, 6, 2))
    params, _ = BatchNorm().init(rng, (6, 6, 2), np.float64)
    y, _ = BatchNorm().forward(params, x, rng)
    assert y.mean(axis=(0, 1, 2)) == pytest.approx([0, 0], abs=1e-9)
    assert y.var(axis=(0, 1, 2)) == pytest.approx([1, 1], rel=1e-4)
