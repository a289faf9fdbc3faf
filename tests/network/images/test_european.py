"""European shapes: drawn where the strokes are, for the share that was asked for, from the seed."""

import numpy as np
import pytest

from network.images.european import (
    EUROPEAN_SHAPES,
    centre_of_mass,
    draw_european,
    line,
    measure_digits,
)


@pytest.fixture(scope="module")
def digits(mnist_test_set):
    images, labels = mnist_test_set
    return np.multiply(images[:1500], np.float32(1 / 255), dtype=np.float32), labels[:1500]


def draw(digits, share, seed=0):
    return draw_european(*digits, share, np.random.default_rng(seed))


def is_changed(before, after):
    return (before != after).any(axis=(1, 2))


def plain(stroke):
    """Draw one image of a stroke 3 pixels wide, by its corners."""
    rows, columns = np.indices((28, 28))
    (top, left), (bottom, right) = stroke
    along = np.array([bottom - top, right - left]) / np.hypot(bottom - top, right - left)
    places = np.stack([rows - top, columns - left], axis=-1)
    part = np.clip(places @ along, 0, np.hypot(bottom - top, right - left))
    distance = np.linalg.norm(places - part[..., None] * along, axis=-1)
    return np.clip(2 - distance, 0, 1).astype(np.float32)


def many(*strokes):
    """Draw the same digit forty times."""
    return np.repeat(np.maximum.reduce([plain(stroke) for stroke in strokes])[None], 40, axis=0)


def redrawn(digit, images):
    return draw_european(images, np.full(len(images), digit), 1, np.random.default_rng(0))


def test_the_same_seed_draws_the_same_images_and_leaves_the_old_ones(digits):
    before = digits[0].copy()
    drawn = draw(digits, 0.5)
    assert digits[0].tobytes() == before.tobytes()
    assert (drawn.shape, drawn.dtype) == (before.shape, before.dtype)
    assert drawn.min() >= 0
    assert drawn.max() <= 1
    assert draw(digits, 0.5).tobytes() == drawn.tobytes()
    assert draw(digits, 0.5, seed=1).tobytes() != drawn.tobytes()


@pytest.mark.parametrize("share", [0, 0.3, 1])
def test_only_the_share_of_digits_with_such_shapes_is_redrawn(share, digits):
    changed = is_changed(digits[0], draw(digits, share))
    with_shapes = np.isin(digits[1], list(EUROPEAN_SHAPES))
    assert not changed[~with_shapes].any()
    assert changed[with_shapes].mean() == pytest.approx(share, abs=0.06)


def test_images_without_ink_and_images_of_other_sizes_are_no_problem():
    labels = np.array([1, 2, 4, 7, 9])
    blank = np.zeros((5, 28, 28), np.float32)
    assert not draw_european(blank, labels, 1, np.random.default_rng(0)).any()
    for shape in ((5, 28, 28), (5, 5, 40), (5, 1, 1)):
        dots = np.zeros(shape, np.float32)
        dots[:, -1, -1] = 1
        assert draw_european(dots, labels, 1, np.random.default_rng(0)).shape == shape
    none = np.zeros((0, 28, 28), np.float32)
    assert draw_european(none, labels[:0], 1, np.random.default_rng(0)).shape == none.shape


def test_the_mass_stays_within_a_pixel_of_its_place(digits):
    moved = centre_of_mass(draw(digits, 1)) - centre_of_mass(digits[0])
    assert np.abs(moved).max() < 1


def test_a_seven_gets_one_bar_across_its_stem():
    sevens = many(((4, 7), (4, 19)), ((4, 19), (23, 12)))
    drawn = redrawn(7, sevens)
    added = np.clip(drawn.sum(axis=2) - np.median(drawn.sum(axis=2), axis=1)[:, None], 0, None)
    rows = added[:, 9:20].sum(axis=1)  # between the top bar and the end of the stem
    assert (rows > 6).all()
    crossed = many(((4, 7), (4, 19)), ((4, 19), (23, 12)), ((14, 8), (14, 22)), ((12, 8), (12, 22)))
    assert is_changed(crossed, redrawn(7, crossed)).mean() < 1


def test_a_one_gets_a_serif_to_the_left_of_its_top_and_sometimes_a_foot():
    drawn = redrawn(1, many(((4, 14), (23, 14))))
    extent = (drawn > 0.4).sum(axis=2)
    assert (extent[:, 4:14].max(axis=1) > 4).all()  # the stem is 3 pixels wide
    feet = extent[:, -7:].max(axis=1) > 5
    assert 0.1 < feet.mean() < 0.6
    left = (drawn[:, 4:10] > 0.4).argmax(axis=2).min(axis=1)
    assert (left < 13).all()


def test_a_four_is_closed_at_the_top():
    fours = many(((4, 7), (15, 6)), ((15, 6), (15, 20)), ((4, 16), (23, 16)))
    drawn = redrawn(4, fours)
    widths = (drawn > 0.4).any(axis=1)
    runs = np.diff((drawn[:, 6] > 0.4).astype(int), axis=1, prepend=0) == 1
    assert (runs.sum(axis=1) == 1).mean() > 0.9  # one stroke near the top, where two were
    assert widths.any()


def test_twos_and_nines_get_loops_and_hooks_of_their_own(digits):
    for digit in (2, 9):
        which = digits[1] == digit
        drawn = draw((digits[0][which], digits[1][which]), 1)
        assert (drawn.sum(axis=(1, 2)) > digits[0][which].sum(axis=(1, 2)) - 1e-3).mean() > 0.95
        assert (drawn[:, 14:].sum(axis=(1, 2)) != digits[0][which][:, 14:].sum(axis=(1, 2))).all()


def test_measures_are_those_of_the_ink():
    measured = measure_digits(many(((4, 14), (23, 14))))
    assert (measured.top == 3).all()
    assert (measured.bottom == 24).all()
    assert measured.width == pytest.approx(np.full(40, 3), abs=0.4)
    rows = measured.rows_at(0.5)
    assert measured.left_at(rows) == pytest.approx(np.full(40, 14), abs=0.3)
    assert measured.right_at(rows) == pytest.approx(np.full(40, 14), abs=0.3)


def test_a_stroke_is_as_wide_as_its_width():
    measured = measure_digits(many(((4, 14), (23, 14))))
    where = np.full(40, 13.0), np.full(40, 2.0)
    drawn = measured._replace(images=np.zeros((40, 28, 28), np.float32), width=np.full(40, 2.5))
    inked = drawn.with_strokes(line(where, (where[0], where[1] + 20)))
    assert inked[:, :, 6:18].sum(axis=1) == pytest.approx(np.full((40, 12), 2.5), abs=0.1)
