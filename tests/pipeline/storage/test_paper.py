"""Transparent pictures of a source lie on one paper, on which most of them are visible."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from pipeline.formats.folders.pictures import PICTURES
from pipeline.storage.pictures import decode_picture, for_source

ALPHA = np.zeros((28, 28), np.uint8)
ALPHA[8:20, 12:16] = 255


def transparent(level, mode="LA", alpha=ALPHA):
    layers = np.full((*alpha.shape, len(mode)), level, np.uint8)
    layers[..., -1] = alpha
    buffer = io.BytesIO()
    Image.fromarray(layers, mode).save(buffer, "PNG")
    return buffer.getvalue()


def read(levels, mode, alpha=ALPHA):
    files = [(transparent(it, mode, alpha), f"{i}.png") for i, it in enumerate(levels)]
    options = for_source(replace(PICTURES), lambda: files)
    return [decode_picture(*it, options) for it in files], options.notes("in")


@pytest.mark.parametrize("mode", ["LA", "RGBA"])
@pytest.mark.parametrize(
    ("levels", "paper", "unseen"),
    [
        ((215, 240), 0, 0),
        ((240, 215, 128, 33), 0, 0),
        ((0, 128), 255, 0),
        ((0, 215), 255, 0),
        ((0, 255), 255, 1),
        ((0, 255, 255), 0, 1),
        ((0, 0, 255, 255, 240), 0, 2),
    ],
)
def test_the_paper_is_that_of_most_and_the_others_are_counted(mode, levels, paper, unseen):
    found, notes = read(levels, mode)
    for level, grey in zip(levels, found, strict=True):
        assert np.array_equal(grey, np.where(ALPHA, np.uint8(level), np.uint8(paper)))
    assert len(notes) == bool(unseen)
    assert all(f"in: {unseen} transparent pictures are visible on" in it for it in notes)


def test_clear_pictures_are_white_without_a_note():
    found, notes = read([0, 255], "RGBA", np.zeros_like(ALPHA))
    assert np.min(found) == 255
    assert notes == ()


STROKE = np.zeros((28, 28), np.uint8)
STROKE[6:22, 11:17] = 90  # its edges are less light
STROKE[7:21, 12:16] = 255


@pytest.mark.parametrize("is_light", [True, False])
def test_ink_keeps_its_centre_and_not_only_its_edges(is_light):
    ink = STROKE if is_light else 255 - STROKE
    layers = np.stack([ink, np.where(STROKE, 255, 0).astype(np.uint8)], axis=-1)
    buffer = io.BytesIO()
    Image.fromarray(layers, "LA").save(buffer, "PNG")
    files = [(buffer.getvalue(), "a.png")]
    for options in (PICTURES, for_source(PICTURES, lambda: files)):
        grey = decode_picture(*files[0], options)
        assert np.array_equal(grey, STROKE if is_light else 255 - STROKE)
        assert options.notes("in") == ()


def test_a_light_card_with_clear_corners_is_no_ink():
    layers = np.full((28, 28, 2), 255, np.uint8)
    layers[..., 0] -= STROKE
    layers[:4, :4] = layers[-4:, -4:] = 0
    buffer = io.BytesIO()
    Image.fromarray(layers, "LA").save(buffer, "PNG")
    assert decode_picture(buffer.getvalue(), "a.png", PICTURES)[0, 0] == 255
