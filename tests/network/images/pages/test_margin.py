"""A digit that was cut out closely is read as one with paper around it."""

import numpy as np
import pytest
from PIL import Image

from network.images.pages.margin import otsu_threshold
from network.images.pages.read import prepare_page
from tests.support.scans import difference


def closely_cut(digit, paper, ink):
    """A digit whose ink reaches all four edges."""
    rows, columns = np.flatnonzero(digit.any(axis=1)), np.flatnonzero(digit.any(axis=0))
    crop = Image.fromarray(digit[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1])
    big = np.asarray(crop.resize((8 * crop.width, 8 * crop.height), Image.Resampling.BICUBIC))
    return np.round(paper + (ink - paper) * (big / 255)).astype(np.uint8)


@pytest.mark.parametrize(("paper", "ink"), [(240, 40), (0, 255), (120, 20), (60, 220)])
def test_a_digit_without_a_margin_is_read_as_with_one(mnist_test_set, paper, ink):
    alike = 0
    for digit in mnist_test_set[0][:30]:
        page = closely_cut(digit, paper, ink)
        with_margin = prepare_page(np.pad(page, 60, constant_values=paper)).digits
        found = prepare_page(page).digits
        if len(found) == len(with_margin) == 1:
            alike += difference(found[0].pixels, with_margin[0].pixels) < 8  # of about 30
    assert alike >= 27


def test_a_box_is_counted_from_the_corner_of_the_picture(mnist_test_set):
    page = closely_cut(mnist_test_set[0][0], 0, 255)
    (found,) = prepare_page(page).digits
    height, width = page.shape
    assert abs(found.box.left) <= 2 >= abs(found.box.top)
    assert abs(found.box.width - width) <= 4 >= abs(found.box.height - height)


def test_otsu_separates_two_levels():
    two = np.repeat(np.uint8([10, 200]), [300, 100])[None]
    level, share = otsu_threshold(two)
    assert (10 <= level < 200, share) == (True, pytest.approx(1))
    assert otsu_threshold(np.full((5, 5), 7, np.uint8)) == (0, 0.0)
