"""A page of several digits lists its doubts: probabilities, sizes, joined digits, turned pages."""

from types import SimpleNamespace

import numpy as np
import pytest

from network.images.pages.read import Box, Digit, Page
from network.runs.page_doubts import find_doubts
from network.runs.predict import Prediction

UPRIGHT = np.zeros((28, 28), np.uint8)
UPRIGHT[0, 0] = 255  # the corner shows how often the digit was turned


def page_of(*sizes, pixels=UPRIGHT):
    digits = [Digit(Box(0, 0, wide, high), 0, pixels, pixels, pixels) for wide, high in sizes]
    return Page(pixels, pixels, tuple(digits))


def predicted(probability, far=False):
    rest = (1 - probability) / 9
    return Prediction(np.array([probability, *[rest] * 9]), None, 0.0, far, 0.5)


def doubts(page, predictions):
    def predict(pixels):
        return [predicted(0.99 if it[0, 0] else 0.4) for it in pixels]

    return find_doubts(
        SimpleNamespace(predict=predict), page, predictions, ["7"] * len(predictions)
    )


def test_a_page_without_doubts_has_none():
    assert doubts(page_of((20, 40), (25, 38)), [predicted(0.99)] * 2) == ()


@pytest.mark.parametrize(
    ("size", "one", "reason"),
    [
        ((20, 40), predicted(0.6), "probability 60.0 %"),
        ((20, 40), predicted(0.99, far=True), "out of distribution"),
        ((15, 20), predicted(0.99), "much smaller than the others"),
        ((15, 90), predicted(0.99), "much taller than the others"),
        ((80, 40), predicted(0.99), "wide, may be several digits"),
    ],
)
def test_a_doubt_names_its_digit_and_its_reason(size, one, reason):
    page = page_of((20, 40), (25, 41), size)
    found = doubts(page, [predicted(0.99), predicted(0.99), one])
    assert found == (f"digit 3 (7): {reason}",)


def test_a_single_digit_has_no_doubts_of_a_page():
    assert doubts(page_of((20, 40)), [predicted(0.3)]) == ()


@pytest.mark.parametrize(("turns", "text"), [(1, "right"), (3, "left")])
def test_a_turned_page_is_noticed(turns, text):
    page = page_of(*[(20, 40)] * 3, pixels=np.rot90(UPRIGHT, turns))
    first, *_ = doubts(page, [predicted(0.4)] * 3)
    assert first == f"the page may be turned: rotate it by 90 degrees to the {text}"
