"""Digits drawn with characters: every pixel in its place, in each kind of marks."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from network.commands.text.draw_tiles import CORNERS, DARKEST, GAP, SHADES, draw_tiles
from pipeline.errors import UsageError
from pipeline.terminal.console import Marks, Span, centre
from pipeline.terminal.preview import RIGHT, WRONG, Tile

IMAGES = arrays(np.uint8, st.tuples(st.integers(1, 9), st.integers(1, 9)))


def text_of(line):
    return "".join(span.text for span in line)


def view_pixels(line):
    """Read two rows of pixels back from a line in colours."""
    cells = [span._replace(text=mark) for span in line for mark in span.text]
    upper = [cell.ink if cell.text == "▀" else cell.paper for cell in cells]
    return upper, [cell.paper for cell in cells]


@given(IMAGES)
def test_colours_show_every_pixel(image):
    height, width = image.shape
    _, _, *lines, _ = draw_tiles([Tile(image, "")], "t", Marks.COLOURS, 80)
    rows = [row for line in lines for row in view_pixels(line)]
    levels = [[red for red, green, blue in row if red == green == blue] for row in rows]
    expected = DARKEST + image.astype(int) * (255 - DARKEST) // 255
    assert levels[:height] == expected.tolist()
    assert levels[height:] == [[DARKEST] * width] * (height % 2)


@given(IMAGES)
def test_blocks_show_where_more_than_half_of_the_ink_is(image):
    _, _, *lines, _ = draw_tiles([Tile(image, "")], "t", Marks.BLOCKS, 80)
    halves = [[divmod(CORNERS.index(mark), 2) for mark in text_of(line)] for line in lines]
    rows = np.array(halves).transpose(0, 2, 1).reshape(-1, image.shape[1])
    assert np.array_equal(rows[: len(image)], image >= 128)


@given(IMAGES)
def test_signs_get_denser_with_the_ink_of_two_pixels(image):
    _, _, *lines, _ = draw_tiles([Tile(image, "")], "t", Marks.ASCII, 80)
    drawn = np.array([[SHADES.index(mark) for mark in text_of(line)] for line in lines])
    even = np.pad(image, ((0, len(image) % 2), (0, 0))).astype(int)
    ink = even[0::2] + even[1::2]
    order = np.argsort(ink, axis=None)
    assert (np.diff(drawn.ravel()[order]) >= 0).all()
    assert (drawn[ink == 0] == 0).all()
    assert (drawn[ink == 510] == len(SHADES) - 1).all()


@pytest.mark.parametrize("marks", Marks)
@pytest.mark.parametrize(("width", "columns"), [(28, 1), (57, 1), (58, 2), (88, 3), (1000, 7)])
def test_as_many_tiles_stand_in_a_row_as_there_is_room_for(width, columns, marks):
    tiles = [Tile(np.zeros((28, 28), np.uint8), str(i), RIGHT) for i in range(7)]
    title, *lines = draw_tiles(tiles, "T" * 2000, marks, width)
    assert len(text_of(title)) == width
    widest = max(len(text_of(line)) for line in lines)
    assert widest == columns * 28 + (columns - 1) * GAP <= width
    assert text_of(lines[15]).split() == [str(i) for i in range(columns)]
    assert len(lines) == 16 * -(-7 // columns)


def test_right_and_wrong_have_their_colours_where_there_are_any():
    image = np.zeros((28, 28), np.uint8)
    tiles = [Tile(image, "7", RIGHT), Tile(image, "4, is 9", WRONG)]
    right, _, wrong = draw_tiles(tiles, "t", Marks.COLOURS, 80)[-1]
    assert right.ink != wrong.ink
    plain = draw_tiles(tiles, "t", Marks.BLOCKS, 80)[-1]
    assert all(span == Span(span.text) for span in plain)


@pytest.mark.parametrize("name", ["7", "a name that is far too long for a digit", "柿" * 20, "Ä"])
def test_a_caption_takes_the_width_of_its_tile(name):
    tile = Tile(np.zeros((28, 28), np.uint8), name)
    for marks in Marks:
        caption = text_of(draw_tiles([tile], "t", marks, 80)[-1])
        assert centre(caption, 28) == caption
        assert caption.isascii() or marks is not Marks.ASCII


def test_a_place_too_narrow_and_nothing_to_draw_are_refused():
    with pytest.raises(UsageError, match="27 columns, and a digit needs 28"):
        draw_tiles([Tile(np.zeros((28, 28), np.uint8), "")], "t", Marks.BLOCKS, 27)
    with pytest.raises(UsageError, match="no images match"):
        draw_tiles([], "t", Marks.BLOCKS, 80)
