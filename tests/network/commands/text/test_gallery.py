"""Contact sheets of digits with predictions, mistakes marked."""

import numpy as np
import pytest

from network.commands.text.gallery import VERSIONS, answer_tile, answer_tiles, augmented_tiles
from network.core.data import Examples, scale_pixels
from network.images.augmentation import build_augmentation
from pipeline.terminal.preview import RIGHT, WRONG, Tile

CLASSES = tuple("0123456789")


@pytest.fixture
def answered(mnist_test_set):
    """Six digits and outputs: the second and the more confident fifth are incorrect."""
    pixels, labels = mnist_test_set[0][:6], mnist_test_set[1][:6].astype(np.int64)
    outputs = 0.6 * np.eye(10)[labels]
    outputs[1] = 0.7 * np.eye(10)[(labels[1] + 1) % 10]
    outputs[4] = 0.9 * np.eye(10)[(labels[4] + 1) % 10]
    return Examples(scale_pixels(pixels), labels), outputs, pixels


def seen(tiles):
    return [(tile.pixels.tobytes(), tile.caption, tile.colour) for tile in tiles]


def test_a_tile_shows_the_digit_and_where_the_answer_is_wrong_the_label(answered):
    examples, _, pixels = answered
    right, wrong = answer_tile(examples, 0, CLASSES, 7), answer_tile(examples, 0, CLASSES, 3)
    assert np.array_equal(right.pixels, pixels[0])
    assert (right.caption, right.colour) == ("7", RIGHT)
    assert (wrong.caption, wrong.colour) == ("3, is 7", WRONG)


def test_mistakes_alone_come_surest_first(answered):
    examples, outputs, _ = answered
    everything = answer_tiles(examples, outputs, CLASSES, 6, wrong=False)
    assert [tile.colour for tile in everything] == [RIGHT, WRONG, RIGHT, RIGHT, WRONG, RIGHT]
    mistakes = answer_tiles(examples, outputs, CLASSES, 6, wrong=True)
    assert seen(mistakes) == seen([everything[4], everything[1]])
    assert seen(answer_tiles(examples, outputs, CLASSES, 1, wrong=True)) == seen(mistakes[:1])


def test_without_a_mistake_there_is_nothing_to_draw(answered):
    examples, outputs, _ = answered
    assert answer_tiles(examples.take([0, 2]), outputs[[0, 2]], CLASSES, 5, wrong=True) == []


def test_a_row_is_an_original_and_versions_of_it(answered):
    examples, _, pixels = answered
    unchanged = augmented_tiles(examples, build_augmentation({}), np.random.default_rng(0), 2)
    captions = ["original", *[""] * VERSIONS]
    rows = [Tile(image, caption) for image in pixels[:2] for caption in captions]
    assert seen(unchanged) == seen(rows)


def test_versions_are_drawn_anew_and_the_original_stays(answered):
    examples, _, _ = answered
    before = examples.images.copy()
    augment, rng = build_augmentation({"rotate": 20, "shift": 2}), np.random.default_rng(0)
    one, other = (seen(augmented_tiles(examples, augment, rng, 3)) for _ in range(2))
    same = [tile == again for tile, again in zip(one, other, strict=True)]
    assert same == 3 * [True, *[False] * VERSIONS]
    assert examples.images.tobytes() == before.tobytes()
