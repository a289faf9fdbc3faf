"""Resampling is the obvious loop over pixels, exact where places are whole, 0 outside."""

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from network.images.resampling import resample


def slow_resample(image, matrix, displacement):
    """One image, pixel by pixel, in plain Python."""
    height, width = image.shape
    middle_row, middle_column = (height - 1) / 2, (width - 1) / 2

    def ink(row, column):
        return float(image[row, column]) if 0 <= row < height and 0 <= column < width else 0.0

    result = np.zeros((height, width))
    for row in range(height):
        for column in range(width):
            place = row - middle_row, column - middle_column, 1
            y, x = (sum(m * p for m, p in zip(line, place, strict=True)) for line in matrix[:2])
            y += middle_row + displacement[0, row, column]
            x += middle_column + displacement[1, row, column]
            top, left = math.floor(y), math.floor(x)
            upper = (1 - x + left) * ink(top, left) + (x - left) * ink(top, left + 1)
            lower = (1 - x + left) * ink(top + 1, left) + (x - left) * ink(top + 1, left + 1)
            result[row, column] = (1 - y + top) * upper + (y - top) * lower
    return result


def random_images(count, height=28, width=28, seed=0):
    return np.random.default_rng([5, seed]).random((count, height, width), np.float32)


def matrix(a=1.0, b=0.0, row=0.0, c=0.0, d=1.0, column=0.0):
    return np.array([[[a, b, row], [c, d, column], [0, 0, 1]]])


numbers = st.floats(-2, 2)


@given(
    st.integers(0, 1000),
    st.tuples(st.integers(1, 9), st.integers(1, 9)),
    st.lists(st.tuples(numbers, numbers, st.floats(-9, 9)), min_size=4, max_size=4),
    st.sampled_from([0, 0.3, 20]),
)
def test_it_is_what_a_loop_over_the_pixels_makes(seed, sides, lines, bend):
    images = random_images(2, *sides, seed)
    displacement = np.random.default_rng(seed).normal(size=(2, 2, *sides)).astype(np.float32) * bend
    matrices = np.array(lines).reshape(2, 2, 3)
    found = resample(images, matrices, displacement)
    assert found.dtype == np.float32
    assert found.min() >= 0
    assert found.max() <= 1
    for index in range(2):
        expected = slow_resample(images[index], matrices[index], displacement[:, index])
        np.testing.assert_allclose(found[index], expected, atol=1e-4)


@given(st.integers(-30, 30), st.integers(-30, 30))
def test_whole_shifts_move_pixels_unchanged_and_what_comes_in_is_empty(down, right):
    image = random_images(1)
    far = np.pad(image[0], 30)
    expected = far[30 - down : 58 - down, 30 - right : 58 - right]
    moved = resample(image, matrix(row=-down, column=-right))[0]
    assert moved.tobytes() == expected.tobytes()


def test_quarter_turns_and_mirrors_are_exact():
    for side in (27, 28):
        (image,) = images = random_images(1, side, side)
        for turns in range(4):
            cos, sin = math.cos(turns * math.pi / 2), math.sin(turns * math.pi / 2)
            turned = resample(images, matrix(a=cos, b=sin, c=-sin, d=cos))[0]
            assert turned.tobytes() == np.rot90(image, turns).tobytes()
        assert np.array_equal(resample(images, matrix(d=-1))[0], image[:, ::-1])


def test_nothing_is_read_beyond_an_images_own_frame():
    images = np.ones((3, 5, 4), np.float32)
    images[1] = 0
    for far in (-1e6, -5, -4.5, 4.5, 5, 1e6):
        displacement = np.full((2, 3, 5, 4), far, np.float32)
        found = resample(images, np.repeat(matrix(), 3, axis=0), displacement)
        assert not found[1].any()
        if abs(far) >= 5:
            assert not found.any()


def test_images_are_not_written_and_do_not_touch_each_other():
    images, turn = random_images(4), np.repeat(matrix(0.9, 0.2, 1, -0.2, 0.9, 2), 4, axis=0)
    before = images.copy()
    together = resample(images, turn)
    assert images.tobytes() == before.tobytes()
    alone = [resample(images[index : index + 1], turn[:1])[0] for index in range(4)]
    np.testing.assert_allclose(together, alone, atol=1e-5)
