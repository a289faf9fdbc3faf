"""Every layer: right gradients, right shapes, nothing remembered, nothing changed."""

import dataclasses

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.layers import (
    ACTIVATIONS,
    LAYERS,
    Flatten,
    Identity,
    Linear,
    ReLU,
    Sigmoid,
    Softmax,
    Tanh,
    describe_layer,
    layer_from_description,
)

# name -> an example, and how many dimensions one of its inputs has
EXAMPLES = {
    "Linear": (Linear(3, "glorot"), 1),
    "Flatten": (Flatten(), 2),
    "Identity": (Identity(), 1),
    "Sigmoid": (Sigmoid(), 1),
    "Tanh": (Tanh(), 2),
    "ReLU": (ReLU(), 2),
    "Softmax": (Softmax(), 1),
}
every_layer = pytest.mark.parametrize("name", LAYERS)
every_dtype = pytest.mark.parametrize("dtype", [np.float32, np.float64])


class Application:
    """A layer with everything that one forward and one backward pass need, write-protected."""

    def __init__(self, name, seed=0, dtype=np.float64, size=None, scale=1.0):
        self.layer, n_dimensions = EXAMPLES[name]
        rng = np.random.default_rng(seed)
        shape = size or tuple(rng.integers(1, 6, 1 + n_dimensions))
        self.params, self.out_shape = self.layer.init(rng, shape[1:], dtype)
        for array in self.params.values():
            array += rng.normal(size=array.shape).astype(dtype)
        x = rng.normal(size=shape)
        x += np.copysign(0.01, x)  # away from the kink of ReLU
        self.x = (scale * x).astype(dtype)
        self.d_y = rng.normal(size=(len(x), *self.out_shape)).astype(dtype)
        for array in (self.x, self.d_y, *self.params.values()):
            array.setflags(write=False)
        self.rng = rng

    def forward(self, params=None, x=None):
        return self.layer.forward(
            self.params if params is None else params,
            self.x if x is None else x,
            np.random.default_rng(1),
        )

    def run(self):
        """Return every array that the two passes make."""
        y, backward = self.forward()
        d_x, grads = backward(self.d_y)
        return {"y": y, "d_x": d_x, **grads}

    def slope(self, compute_y, h=1e-6):
        """The change of sum(d_y * y) for a small step, by central differences."""
        return (np.vdot(compute_y(h), self.d_y) - np.vdot(compute_y(-h), self.d_y)) / (2 * h)


def any_application(name, **options):
    """Draw an application of a layer, of any small shape and content."""
    n_dimensions = EXAMPLES[name][1]
    sizes = st.tuples(*[st.integers(1, 5)] * (n_dimensions + 1))
    return st.builds(
        lambda seed, size: Application(name, seed, size=size, **options),
        st.integers(0, 2**32), sizes,
    )  # fmt: skip


def test_every_layer_has_an_example():
    assert EXAMPLES.keys() == LAYERS.keys()
    assert set(ACTIVATIONS.values()) <= set(LAYERS.values())


@every_layer
@given(data=st.data())
def test_the_gradient_matches_finite_differences(name, data):
    at = data.draw(any_application(name))
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
@every_dtype
@given(data=st.data())
def test_shapes_and_dtypes_are_those_of_what_is_differentiated(name, dtype, data):
    at = data.draw(any_application(name, dtype=dtype))
    y, backward = at.forward()
    d_x, grads = backward(at.d_y)
    assert (y.shape, y.dtype) == ((len(at.x), *at.out_shape), dtype)
    assert (d_x.shape, d_x.dtype) == (at.x.shape, dtype)
    assert {key: (grad.shape, grad.dtype) for key, grad in grads.items()} == {
        key: (array.shape, dtype) for key, array in at.params.items()
    }


@every_layer
@given(data=st.data())
def test_the_shapes_that_are_told_are_the_shapes_that_are_made(name, data):
    at = data.draw(any_application(name))
    params, out_shape = at.layer.shapes(at.x.shape[1:])
    assert params == {key: array.shape for key, array in at.params.items()}
    assert out_shape == at.out_shape


@every_layer
def test_inputs_gradients_and_params_stay_unchanged(name):
    at = Application(name)  # write-protected: whoever writes to them raises
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
    assert layer_from_description(description) == layer
    assert description == describe_layer(layer)  # reading it has not used it up


def test_unknown_descriptions_are_refused():
    with pytest.raises(KeyError, match="Perceptron"):
        layer_from_description({"layer": "Perceptron"})
    with pytest.raises(TypeError, match="n_inputs"):
        layer_from_description({"layer": "Linear", "n_inputs": 3})


@every_layer
def test_layers_are_frozen(name):
    layer, _ = EXAMPLES[name]
    with pytest.raises(dataclasses.FrozenInstanceError):
        layer.n_out = 4
    assert hash(layer) == hash(EXAMPLES[name][0])


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
