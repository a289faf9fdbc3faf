"""Frames, lines and edges of the paper are left out before the sizes of marks are compared."""

import numpy as np
import pytest

from network.images.pages import left_out
from network.images.pages.components import label_components
from network.images.pages.left_out import format_left_out
from network.images.pages.read import prepare_page
from tests.network.images.pages.test_pages import in_a_row, page_of

PLACES = in_a_row(4, side=60, top=120)


def draw_frame(page):
    page[60:64, 20:480] = page[236:240, 20:480] = 50
    page[60:240, 20:24] = page[60:240, 476:480] = 50


def draw_line(page):
    page[220:224, 30:470] = 50


def draw_edge(page):
    page[:25, 60:] = 60
    page[:60, 470:] = 60


@pytest.mark.parametrize(
    ("draw", "text"),
    [
        (draw_frame, "1 mark left out: a frame"),
        (draw_line, "1 mark left out: a line"),
        (draw_edge, "1 mark left out: an edge of the paper"),
    ],
)
def test_a_mark_that_is_not_a_digit_is_left_out_and_named(mnist_test_set, draw, text):
    page = page_of(mnist_test_set[0][:4], PLACES)
    alone = prepare_page(page)
    draw(page)
    found = prepare_page(page)
    assert (len(found.digits), len(alone.digits), alone.left_out) == (4, 4, ())
    assert format_left_out(found.left_out) == text
    for one, other in zip(found.digits, alone.digits, strict=True):
        assert np.abs(np.subtract(one.box, other.box)).max() <= 2


def test_ones_and_dots_stay(mnist_test_set):
    ones = mnist_test_set[0][mnist_test_set[1] == 1][:3]
    page = page_of(ones, PLACES[:3])
    page[170:176, 300:306] = 50  # a dot
    assert prepare_page(page).left_out == ()


def test_only_the_largest_marks_are_compared_with_all_others(monkeypatch):
    compared = []
    monkeypatch.setattr(left_out, "is_frame", lambda labels, boxes, place: compared.append(place))
    noise = np.random.default_rng(0).random((200, 200)) < 0.1
    left_out.find_kinds(*label_components(noise))
    assert len(compared) == left_out.MAX_LARGE
