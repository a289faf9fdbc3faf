"""Contributions add up, counterfactuals are near and flip predictions, neighbours are near."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from network.core.model import Model
from network.interpret.attribution import (
    ATTRIBUTIONS,
    LogSigmoid,
    gradient_times_input,
    integrated_gradients,
    logit_model,
    nearest_images,
    with_d_images,
)
from network.interpret.counterfactual import BEYOND, smallest_change
from network.layers.text import parse_layers

MODELS = {
    "dense": "Flatten, Linear(20), Sigmoid, Linear(4), Sigmoid",
    "images": "Conv2D(4, 3), BatchNorm, ReLU, MaxPool2D, Flatten, Linear(4), Softmax",
    "together": "Ensemble(('Flatten, Linear(9), Tanh, Linear(4), Softmax', "
    "'Flatten, Linear(4), Sigmoid'))",
}
NONE = np.empty((0, 8, 8), np.float32)  # known images
every_model = pytest.mark.parametrize("name", MODELS)


def make(name, dtype=np.float64):
    model, rng = Model(parse_layers(MODELS[name])), np.random.default_rng(1)
    params = model.init(rng, (8, 8), dtype)
    for layer in params:
        layer.update(
            {key: (3 * array).astype(dtype) for key, array in layer.items() if key == "weight"}
        )
    return *logit_model(model, params), rng.random((8, 8)).astype(dtype)


@every_model
def test_the_gradient_at_the_image_is_that_of_finite_differences(name):
    model, params, image = make(name)
    rng = np.random.default_rng(2)
    outputs, backward = with_d_images(model, params, image[np.newaxis])
    wanted, direction = rng.normal(size=outputs.shape), rng.normal(size=(1, 8, 8))
    plus, minus = (model.forward(params, image + h * direction)[0] for h in (1e-6, -1e-6))
    found = np.vdot(plus - minus, wanted) / 2e-6
    assert np.vdot(backward(wanted), direction) == pytest.approx(found, rel=1e-5)


@every_model
@pytest.mark.parametrize("k", range(4))
def test_integrated_gradients_add_up_to_the_difference_that_the_ink_makes(name, k):
    model, params, image = make(name)
    wanted = np.eye(4)[k] - np.eye(4)[(k + 1) % 4]
    (with_ink, without), _ = model.forward(params, np.stack([image, 0 * image]))
    contributions = integrated_gradients(model, params, image, wanted)
    assert contributions.sum() == pytest.approx((with_ink - without) @ wanted, rel=0.02, abs=0.02)


@pytest.mark.parametrize("method", ATTRIBUTIONS)
def test_in_a_linear_model_contributions_are_the_products_of_weights_and_pixels(method):
    model = Model(parse_layers("Flatten, Linear(4)"))
    rng = np.random.default_rng(0)
    params, image = model.init(rng, (8, 8), np.float64), rng.random((8, 8))
    contributions = ATTRIBUTIONS[method](model, params, image, np.eye(4)[2])
    np.testing.assert_allclose(contributions.ravel(), image.ravel() * params[1]["weight"][:, 2])


@every_model
@pytest.mark.parametrize("method", ATTRIBUTIONS)
def test_where_there_is_no_ink_nothing_is_contributed(name, method):
    model, params, image = make(name)
    image[:, 4:] = 0
    contributions = ATTRIBUTIONS[method](model, params, image, np.eye(4)[0])
    assert (contributions[:, 4:] == 0).all()
    assert contributions[:, :4].any()


def test_gradient_times_input_of_nothing_wanted_is_nothing():
    model, params, image = make("dense")
    assert not gradient_times_input(model, params, image, np.zeros(4)).any()


@every_model
@pytest.mark.parametrize("target", range(4))
def test_the_changed_image_is_answered_as_wanted_and_stays_an_image(name, target):
    model, params, image = make(name, np.float32)
    change = smallest_change(model, params, image, target, NONE)
    assert change is not None
    assert change.image.min() >= 0
    assert change.image.max() <= 1
    outputs, _ = model.forward(params, change.image[np.newaxis])
    assert outputs.argmax() == target
    assert change.distance == pytest.approx(np.linalg.norm(change.image - image))


@pytest.mark.parametrize("target", range(3))
def test_in_a_linear_model_the_change_is_hardly_longer_than_the_shortest_there_is(target):
    model = Model(parse_layers("Flatten, Linear(3)"))
    rng = np.random.default_rng(4)
    params, image = model.init(rng, (8, 8), np.float64), np.full((8, 8), 0.5)
    change = smallest_change(model, params, image, target, NONE)
    outputs = model.forward(params, image[np.newaxis])[0][0]
    weight = params[1]["weight"]
    least = max(
        (outputs[k] - outputs[target]) / np.linalg.norm(weight[:, k] - weight[:, target])
        for k in range(3) if k != target
    )  # fmt: skip
    assert max(least, 0) <= change.distance <= 1.2 * max(least, 0)


def test_an_answer_that_never_comes_is_none():
    model = Model(parse_layers("Flatten, Linear(2)"))
    params = model.init(np.random.default_rng(0), (8, 8))
    params[1]["weight"][:] = 0
    params[1]["bias"][:] = [1, 0]
    image = np.ones((8, 8), np.float32)
    assert smallest_change(model, params, image, 1, NONE) is None
    assert smallest_change(model, params, image, 1, np.stack([image, 0 * image])) is None


def test_where_no_slope_leads_to_an_answer_a_known_image_shows_the_way():
    model = Model(parse_layers("Flatten, Linear(1), ReLU, Linear(2)"))
    params = model.init(np.random.default_rng(0), (8, 8))
    params[1]["weight"][:], params[1]["bias"][:] = 1, -16  # silent below 16 pixels of ink
    params[3]["weight"][:], params[3]["bias"][:] = [[0, 1]], [4, 0]  # 1 from 20 pixels of ink on
    image, known = np.zeros((8, 8), np.float32), np.ones((3, 8, 8), np.float32)
    known[0] = 0.1  # is not predicted as 1
    assert smallest_change(model, params, image, 1, NONE) is None
    change = smallest_change(model, params, image, 1, known)
    outputs, _ = model.forward(params, change.image[np.newaxis])
    assert outputs.argmax() == 1
    least = 20 / 8  # the same on all pixels
    assert least <= change.distance <= BEYOND * least


@given(x=st.floats(-1e4, 1e4, width=32))
def test_the_logarithm_of_a_sigmoid_and_its_slope_are_right_where_that_rounds_to_0(x):
    y, backward = LogSigmoid().forward({}, np.float32([x]))
    assert y.dtype == np.float32
    assert y[0] == pytest.approx(-np.logaddexp(0, -np.float64(x)), rel=1e-6)
    slope = np.exp(-np.logaddexp(0, np.float64(x)))
    assert backward(np.ones(1, np.float32))[0][0] == pytest.approx(slope, rel=1e-4, abs=1e-38)


def test_an_ensemble_whose_scores_round_to_0_is_explained_as_one_of_64_bits_is():
    member = "Flatten, Linear(5), Tanh, Linear(4), Sigmoid"
    model = Model(parse_layers(f"Ensemble(('{member}', '{member}'))"))
    rng = np.random.default_rng(0)
    (params,) = model.init(rng, (8, 8), np.float32)
    for name in params:
        if name.endswith("3.bias"):
            params[name] -= np.float32(30)
    image = rng.random((8, 8), np.float32)
    assert not model.forward([params], image[np.newaxis])[0].any()
    found, expected = (
        integrated_gradients(
            *logit_model(model, [{name: array.astype(dtype) for name, array in params.items()}]),
            image.astype(dtype), np.eye(4)[0] - np.eye(4)[1],
        ) for dtype in (np.float32, np.float64)
    )  # fmt: skip
    np.testing.assert_allclose(found, expected, atol=1e-5 * np.abs(expected).max())
    assert np.abs(expected).max() > 1e-3


@given(points=arrays(np.float64, (20, 2, 3), elements=st.floats(0, 1)), n=st.integers(0, 19))
def test_the_nearest_points_are_those_at_the_least_distances(points, n):
    places, distances = nearest_images(points, points[n], 5)
    expected = np.sort(np.linalg.norm((points - points[n]).reshape(20, -1), axis=1))
    np.testing.assert_allclose(distances, expected[:5], atol=1e-6)
    np.testing.assert_allclose(
        distances, np.linalg.norm((points[places] - points[n]).reshape(5, -1), axis=1)
    )
