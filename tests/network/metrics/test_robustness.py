"""Corruptions have their named effect at every level, and curves are the same each time."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.data import Examples, scale_pixels
from network.core.model import Model
from network.layers.text import parse_layers
from network.metrics import robustness
from network.metrics.accuracy import predict_classes
from network.metrics.robustness import CORRUPTIONS

EVERY = pytest.mark.parametrize("name", CORRUPTIONS)


@pytest.fixture(scope="module")
def digits(mnist_test_set):
    images, labels = mnist_test_set
    return Examples(scale_pixels(images[:200]), labels[:200].astype(np.int64))


def corrupt(name, images, level):
    return CORRUPTIONS[name].apply(images, level, np.random.default_rng(0))


def middle_of(images):
    """The mean place of the ink: rows and columns from the centre."""
    rows, columns = (np.arange(side) - (side - 1) / 2 for side in images.shape[1:])
    mass = images.sum(axis=(1, 2))
    return images.sum(axis=2) @ rows / mass, images.sum(axis=1) @ columns / mass


@EVERY
def test_levels_rise_and_level_0_is_one_of_them_and_changes_nothing(name, digits):
    levels = CORRUPTIONS[name].levels
    assert all(one < other for one, other in itertools.pairwise(levels))
    assert 0 in levels
    assert np.array_equal(corrupt(name, digits.images, 0), digits.images)


@EVERY
def test_every_level_gives_images_of_the_same_form_and_leaves_the_old_ones_alone(name, digits):
    before = digits.images.copy()
    for level in CORRUPTIONS[name].levels:
        images = corrupt(name, digits.images, level)
        assert (images.shape, images.dtype) == (before.shape, np.float32)
        assert images.min() >= 0
        assert images.max() <= 1 + 1e-6
        assert level == 0 or not np.array_equal(images, before)
    assert np.array_equal(digits.images, before)


@EVERY
def test_a_curve_begins_at_the_accuracy_and_is_the_same_each_time(name, digits):
    model = Model(parse_layers("Flatten, Linear(10), Softmax"))
    params = model.init(np.random.default_rng(0), (28, 28))
    curve = robustness.robustness_curve(model, params, digits, name)
    assert [level for level, _ in curve] == list(CORRUPTIONS[name].levels)
    answers = predict_classes(model, params, digits.images)
    assert dict(curve)[0] == np.mean(answers == digits.labels)
    assert curve == robustness.robustness_curve(model, params, digits, name)


def test_a_quarter_turn_is_numpys_and_counter_clockwise(digits):
    turned = corrupt("rotation", digits.images, 90)
    assert turned == pytest.approx(np.rot90(digits.images, axes=(1, 2)), abs=1e-5)


@given(pixels=st.floats(0.5, 5))
def test_a_shift_moves_the_ink_so_far_and_in_all_directions(pixels):
    spots = np.zeros((300, 28, 28), np.float32)
    spots[:, 13:15, 13:15] = 1
    rows, columns = middle_of(corrupt("shift", spots, pixels))
    assert np.hypot(rows, columns) == pytest.approx(pixels, rel=1e-3)
    for half in (rows > 0, columns > 0):
        assert 0.3 < half.mean() < 0.7


def test_strokes_get_wider_by_two_pixels_a_level_and_narrower_the_same_way():
    stroke = np.zeros((1, 28, 28), np.float32)
    stroke[:, :, 11:16] = 1
    for level in (-2, -1.25, -0.5, 0, 0.5, 1, 2.25):
        widths = corrupt("thickness", stroke, level)[0, 4:-4].sum(axis=1)  # away from the ends
        assert widths == pytest.approx(5 + 2 * level)


@given(deviation=st.floats(0.8, 3))  # narrower ones have few pixels to be a Gaussian on
def test_blur_spreads_ink_as_a_gaussian_does_and_loses_none_inside(deviation):
    spot = np.zeros((1, 41, 41), np.float32)
    spot[0, 20, 20] = 1
    spread = corrupt("blur", spot, deviation)[0]
    assert spread.sum() == pytest.approx(1, abs=1e-3)
    variance = spread.sum(axis=0) @ (np.arange(41) - 20) ** 2
    assert variance == pytest.approx(deviation**2, rel=0.02)


@given(deviation=st.floats(0.05, 0.2))
def test_noise_has_the_deviation_of_its_level(deviation):
    grey = np.full((50, 28, 28), 0.5, np.float32)  # far from where it is cut
    assert (corrupt("noise", grey, deviation) - grey).std() == pytest.approx(deviation, rel=0.05)
