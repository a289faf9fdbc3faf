"""A digit is fitted as MNIST's are: its length, its place, and the width of its strokes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from network.images.pages.fit_digit import (
    STROKE,
    THIN,
    centre_by_mass,
    fit_digit,
    is_like_mnist,
    stroke_width,
    thicken,
)
from network.images.pages.read import PageOptions, options_for, prepare_page, read_page
from pipeline.errors import CorruptError
from tests.support.scans import difference, unlike


def ring(width, side=400):
    """A circle drawn with a pen of a width in pixels, light on dark."""
    picture = Image.new("L", (side, side))
    ImageDraw.Draw(picture).ellipse((0, 0, side - 1, side - 1), outline=255, width=width)
    return np.asarray(picture)


def near_the_edge(digit, width):
    """Whether there is ink within so many pixels of the edge."""
    return digit.sum() > digit[width:-width, width:-width].sum()


@pytest.mark.parametrize("width", [10, 20, 40])
def test_the_stroke_width_of_a_ring_is_measured(width):
    assert stroke_width(ring(width)) == pytest.approx(width, rel=0.05)


@given(st.integers(2, 60))
def test_no_stroke_stays_thinner_than_those_of_mnist(width):
    fitted = fit_digit(ring(width))
    assert max(fitted.shape) <= 22
    assert stroke_width(fitted) >= THIN
    if width < 20:
        assert stroke_width(fitted) == pytest.approx(STROKE, abs=0.4)


@given(st.floats(0, 4), st.integers(2, 6))
def test_thickening_adds_the_width_that_is_asked_for(more, width):
    thin = fit_digit(ring(10 * width))
    added = stroke_width(thicken(thin, more)) - stroke_width(thin)
    assert added == pytest.approx(more, abs=0.25 + 0.15 * more)


def test_all_test_images_of_mnist_are_like_mnist(mnist_test_set):
    assert all(map(is_like_mnist, mnist_test_set[0]))


@pytest.mark.parametrize("shift", [(-3, 0), (0, 3), (3, -3)])
def test_a_28x28_drawing_off_the_centre_is_prepared(mnist_test_set, shift):
    for digit in [it for it in mnist_test_set[0][:30] if not near_the_edge(it, 4)]:
        moved = np.roll(digit, shift, (0, 1))
        for drawing in (moved, 255 - moved, 200 - moved // 2):
            (found,) = prepare_page(drawing).digits
            assert unlike(found.pixels, digit) < 6  # of about 30


def test_a_28x28_image_of_other_classes_is_kept(mnist_test_set):
    moved = np.roll(mnist_test_set[0][0], 4, 0)
    for classes in (("a", "b"), ("T-shirt", "Bag"), ("1", "2")):
        (found,) = prepare_page(moved, options_for(classes)).digits
        assert np.array_equal(found.pixels, moved)
    assert options_for("0123456789", deskew=True) == PageOptions(deskew=True)


def test_a_28x28_image_that_is_kept_may_be_blank_and_set_upright():
    blank, kept = np.zeros((28, 28), np.uint8), options_for(("Shirt", "Bag"), deskew=True)
    assert prepare_page(blank, kept).digits[0].pixels.sum() == 0


@pytest.mark.parametrize("grey", [0, 128, 255])
def test_a_28x28_image_without_ink_is_refused(grey):
    with pytest.raises(CorruptError, match="nothing is drawn on it"):
        read_page(np.full((28, 28), grey, np.uint8))


def test_no_image_of_mnist_is_changed_by_fitting_it_again(mnist_test_set):
    for digit in mnist_test_set[0][:200]:
        rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
        crop = digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
        again = centre_by_mass(fit_digit(crop))
        if stroke_width(crop) >= THIN:
            assert difference(again, digit) < 2
