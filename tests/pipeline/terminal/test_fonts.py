"""Captions are drawn in a font with their letters, or as distinct numbers."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.terminal.fonts import find_font, has_letters, load_default, name_for_drawing
from pipeline.terminal.preview import Tile, draw_sheet

UNKNOWN = "\U0004fffe\U0005fffe\U000afffe\U0010fffe"  # in planes of Unicode without letters
NAMES = st.text("abc012 é" + UNKNOWN, min_size=1, max_size=4)


@settings(max_examples=20)  # each searches all fonts of the system
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True))
def test_captions_can_be_drawn_and_told_apart(names):
    captions = name_for_drawing(names)
    assert len(set(captions)) == len(names)
    assert captions == tuple(names) or all(has_letters(load_default(15), it) for it in captions)


def test_plain_names_are_drawn_in_the_usual_font():
    digits = tuple("0123456789")
    assert name_for_drawing(digits) == digits
    assert find_font(digits, 15).getlength("7") == load_default(15).getlength("7")


@pytest.mark.parametrize("letter", UNKNOWN)
def test_what_no_font_has_becomes_its_number(letter):
    assert not has_letters(load_default(15), letter)
    assert name_for_drawing(["a", letter, "1"]) == ("a", "class 1", "1")


def test_a_sheet_is_drawn_with_any_caption():
    tiles = [Tile(np.zeros((28, 28), np.uint8), it) for it in ("0", "\u304a", UNKNOWN)]
    assert draw_sheet(tiles, "\u304a").size > (0, 0)
