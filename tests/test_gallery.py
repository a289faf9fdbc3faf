"""The contact sheet shows the digits with the answers, mistakes marked."""

import numpy as np
import pytest

from network.data import Examples, scale_pixels
from network.gallery import answer_tile, draw_answers
from pipeline.errors import UsageError
from pipeline.preview import RIGHT, WRONG

CLASSES = tuple("0123456789")


@pytest.fixture
def answered(mnist_test_set):
    """Six digits and outputs that are right but for the second and the fifth, the surer one."""
    pixels, labels = mnist_test_set[0][:6], mnist_test_set[1][:6].astype(np.int64)
    outputs = 0.6 * np.eye(10)[labels]
    outputs[1] = 0.7 * np.eye(10)[(labels[1] + 1) % 10]
    outputs[4] = 0.9 * np.eye(10)[(labels[4] + 1) % 10]
    return Examples(scale_pixels(pixels), labels), outputs, pixels


def colours(picture):
    return {colour for _, colour in picture.getcolors(100_000)}


def test_a_tile_shows_the_digit_and_where_the_answer_is_wrong_the_label(answered):
    examples, _, pixels = answered
    right, wrong = answer_tile(examples, 0, CLASSES, 7), answer_tile(examples, 0, CLASSES, 3)
    assert np.array_equal(right.pixels, pixels[0])
    assert (right.caption, right.colour) == ("7", RIGHT)
    assert (wrong.caption, wrong.colour) == ("3, is 7", WRONG)


def test_mistakes_alone_come_surest_first(answered):
    examples, outputs, _ = answered
    everything = draw_answers(examples, outputs, CLASSES, "t", 6, wrong=False)
    assert {RIGHT, WRONG} <= colours(everything)
    mistakes = draw_answers(examples, outputs, CLASSES, "t", 6, wrong=True)
    assert RIGHT not in colours(mistakes)
    swapped = draw_answers(examples.take([4, 1]), outputs[[4, 1]], CLASSES, "t", 6, wrong=False)
    assert mistakes.tobytes() == swapped.tobytes()
    assert draw_answers(examples, outputs, CLASSES, "t", 1, wrong=True).width < mistakes.width


def test_without_a_mistake_there_is_nothing_to_draw(answered):
    examples, outputs, _ = answered
    with pytest.raises(UsageError, match="no image to show"):
        draw_answers(examples.take([0, 2]), outputs[[0, 2]], CLASSES, "t", 5, wrong=True)
