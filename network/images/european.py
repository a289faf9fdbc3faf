"""European shapes of digits: a crossed 7, a 1 with a serif, a closed 4, a looped 2 and 9.

Most American writers of MNIST draw a 1 as one stroke, a 7 as two and a 4 open at its top. Each
shape here is one or two strokes, added where the strokes of the digit are. Their width is that of
the digit, and their places and lengths are drawn at random for each image.
"""

from collections.abc import Callable
from typing import NamedTuple, TypeAlias

import numpy as np

from network.core.params import Array
from network.images.distortions import identities
from network.images.resampling import resample

INK = 0.4  # share of full ink from which a pixel belongs to a stroke
PIECE = 1000  # images that are redrawn at once
OUTSIDE = -99.0  # row and column of a stroke that is not drawn


class Digits(NamedTuple):
    """Images of one digit, and measures of their ink; N of each."""

    images: Array  # (N, H, W)
    mask: Array  # (N, H, W) bool: the pixels of strokes
    top: Array  # rows, the first and the last one with ink
    bottom: Array
    width: Array  # of the strokes, in pixels

    @property
    def height(self) -> Array:
        """Height of the ink, from the middle of the top stroke to that of the bottom one."""
        height: Array = np.maximum(self.bottom - self.top, 1)
        return height

    def rows_at(self, share: Array | float) -> Array:
        """Return the rows at a share of the height, from the top."""
        rows: Array = np.round(self.top + share * self.height).astype(np.intp)
        return np.minimum(rows, self.bottom)

    def left_at(self, rows: Array) -> Array:
        """Return the middle of the first stroke of a row, as a column."""
        first: Array = self.mask[np.arange(len(rows)), rows].argmax(axis=1)
        return first + (self.width - 1) / 2

    def right_at(self, rows: Array) -> Array:
        """Return the middle of the last stroke of a row, as a column."""
        from_right: Array = self.mask[np.arange(len(rows)), rows, ::-1].argmax(axis=1)
        columns: int = self.mask.shape[2]
        return columns - 1 - from_right - (self.width - 1) / 2

    def with_strokes(self, *strokes: Array) -> Array:
        """Return the images with the ink of strokes, which are as wide as their own."""
        drawn = [ink_of(stroke, self.width, self.images.shape[1:]) for stroke in strokes]
        inked: Array = np.maximum.reduce([self.images, *drawn])
        return inked


# Digits of one class -> their images with European shapes (N, H, W)
Shape: TypeAlias = Callable[[Digits, np.random.Generator], Array]


def crossed_seven(seven: Digits, rng: np.random.Generator) -> Array:
    """Cross the stem of a 7 near its middle; a 7 with a crossbar stays as it is."""
    count = len(seven.images)
    rows = seven.rows_at(rng.uniform(0.42, 0.6, count))
    columns = seven.right_at(rows)
    half = rng.uniform(0.17, 0.32, count) * seven.height
    rise = rng.uniform(-0.15, 0.35, count) * half
    is_crossed = seven.mask[np.arange(count), rows].sum(axis=1) > 2.5 * seven.width + 1
    rows = np.where(is_crossed, OUTSIDE, rows)
    return seven.with_strokes(line((rows + rise, columns - half), (rows - rise, columns + half)))


def serifed_one(one: Digits, rng: np.random.Generator) -> Array:
    """Draw a serif from the top of a 1 down to the left, and under one of three a foot."""
    count = len(one.images)
    top = one.rows_at(0.04)
    head, foot = one.right_at(top), one.right_at(one.rows_at(0.96))
    stem = np.arctan2(one.height, head - foot)  # below the horizontal, to the left
    angle, length = rng.uniform(0.15, 0.6, count) * stem, rng.uniform(0.2, 0.5, count) * one.height
    serif = line((top, head), (top + length * np.sin(angle), head - length * np.cos(angle)))
    half = rng.uniform(0.15, 0.3, count) * one.height
    floor = np.where(rng.random(count) < 1 / 3, one.bottom, OUTSIDE)
    return one.with_strokes(serif, line((floor, foot - half), (floor, foot + half)))


def closed_four(four: Digits, rng: np.random.Generator) -> Array:
    """Replace the left upright of a 4 by a diagonal from the crossbar to the top of the stem."""
    count = len(four.images)
    each = np.arange(count)
    widest = four.mask.sum(axis=2)
    rows = np.arange(widest.shape[1])[None]
    middle = (rows >= four.rows_at(0.35)[:, None]) & (rows <= four.rows_at(0.8)[:, None])
    bar = np.where(middle, widest, -1).argmax(axis=1)  # the row of the crossbar
    upper, lower = four.rows_at(0.3), four.rows_at(0.95)
    slope = (four.right_at(lower) - four.right_at(upper)) / np.maximum(lower - upper, 1)
    stem = four.right_at(upper)[:, None] + slope[:, None] * (rows - upper[:, None])  # (N, H)
    columns = np.arange(four.mask.shape[2])
    is_left = stem[:, :, None] - columns > four.width[:, None, None] / 2 + 1
    above = rows < (bar - four.width / 2 - 0.5)[:, None]
    four = four._replace(images=np.where(is_left & above[:, :, None], 0, four.images))
    top = four.rows_at(rng.uniform(0, 0.1, count))
    head = top, stem[each, top]
    return four.with_strokes(
        line((bar, four.left_at(bar)), head), line(head, (bar, stem[each, bar]))
    )


def looped_two(two: Digits, rng: np.random.Generator) -> Array:
    """Draw a loop where the stem of a 2 meets its foot."""
    radius = rng.uniform(0.1, 0.17, len(two.images)) * two.height
    radius = np.maximum(radius, two.width / 2 + 1)
    rows = two.bottom - (two.width - 1) / 2
    centre = rows - radius, two.left_at(two.rows_at(0.92)) + radius
    return two.with_strokes(arc(centre, radius, np.radians(np.arange(0, 361, 45))))


def hooked_nine(nine: Digits, rng: np.random.Generator) -> Array:
    """Bend the end of a 9's stem to the left."""
    radius = rng.uniform(0.13, 0.24, len(nine.images)) * nine.height
    rows = nine.rows_at(0.96)
    centre = rows - radius * 0.6, nine.right_at(rows) - radius
    return nine.with_strokes(arc(centre, radius, np.radians(np.arange(-37, -176, -23))))


EUROPEAN_SHAPES: dict[int, Shape] = {
    1: serifed_one,
    2: looped_two,
    4: closed_four,
    7: crossed_seven,
    9: hooked_nine,
}


def draw_european(images: Array, labels: Array, share: float, rng: np.random.Generator) -> Array:
    """Return images of which a share of the digits 1, 2, 4, 7 and 9 have European shapes.

    Which ones, and where their strokes go, depends on nothing but the order of the images and rng.

    Shapes: images (N, H, W) from 0 to 1, labels (N,) -> (N, H, W).
    """
    drawn = images.copy()
    for digit, shape in EUROPEAN_SHAPES.items():
        places = np.flatnonzero(labels == digit)
        chosen = places[rng.random(len(places)) < share]
        chosen = chosen[(images[chosen] > INK).any(axis=(1, 2))]
        for start in range(0, len(chosen), PIECE):
            piece = chosen[start : start + PIECE]
            drawn[piece] = redraw(images[piece], shape, rng)
    return drawn


def redraw(images: Array, shape: Shape, rng: np.random.Generator) -> Array:
    """Return images of one digit with its European shape, its mass where it was.

    Shapes: (N, H, W), the same out.
    """
    inked = shape(measure_digits(images), rng)
    moves = np.round(centre_of_mass(inked) - centre_of_mass(images))  # whole pixels: no blur
    matrices = identities(len(images))
    matrices[:, :2, 2] = moves
    return resample(inked, matrices)


def measure_digits(images: Array) -> Digits:
    """Measure images that have ink.

    The width is twice the area of the strokes divided by the length of their outline. The total
    variation along rows and columns measures the outline 4 / pi times too long.
    """
    mask = images > INK
    rows = np.logical_or.reduce(mask, axis=2)
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    outline = sum(np.abs(np.diff(framed, axis=axis)).sum(axis=(1, 2)) for axis in (1, 2))
    width = np.maximum(8 / np.pi * images.sum(axis=(1, 2)) / outline, 1)
    bottom = images.shape[1] - 1 - rows[:, ::-1].argmax(axis=1)
    return Digits(images, mask, rows.argmax(axis=1), bottom, width)


def centre_of_mass(images: Array) -> Array:
    """Return the rows and columns of the centres of the ink.

    Shapes: (N, H, W) -> (N, 2).
    """
    ink = images.sum(axis=(1, 2))
    _, height, width = images.shape
    rows = images.sum(axis=2) @ np.arange(height) / ink
    return np.stack([rows, images.sum(axis=1) @ np.arange(width) / ink], axis=1)


def line(one: tuple[Array, Array], other: tuple[Array, Array]) -> Array:
    """Return straight strokes between two places, each as rows and columns.

    Shapes: (N,) each -> (N, 2, 2).
    """
    return np.stack([np.stack(one, axis=1), np.stack(other, axis=1)], axis=1)


def arc(centre: tuple[Array, Array], radius: Array, angles: Array) -> Array:
    """Return strokes along a circle, at angles from the right, to the top.

    Shapes: (N,) each, and (points,) -> (N, points, 2).
    """
    rows = centre[0][:, None] - radius[:, None] * np.sin(angles)
    return np.stack([rows, centre[1][:, None] + radius[:, None] * np.cos(angles)], axis=2)


def ink_of(stroke: Array, width: Array, shape: tuple[int, int]) -> Array:
    """Draw strokes: full ink up to half their width from their line, then less within a pixel.

    Shapes: stroke (N, points, 2), width (N,) -> (N, H, W) float32.
    """
    nearest = np.full((len(stroke), *shape), np.inf)  # squares of distances
    for start, end in zip(stroke[:, :-1].swapaxes(0, 1), stroke[:, 1:].swapaxes(0, 1), strict=True):
        down, right = np.moveaxis(end - start, 1, 0)[:, :, None, None]  # (N, 1, 1) each
        rows = np.arange(shape[0])[:, None] - start[:, 0, None, None]  # (N, H, 1), from the start
        columns = np.arange(shape[1]) - start[:, 1, None, None]  # (N, 1, W)
        part = (rows * down + columns * right) / np.maximum(down**2 + right**2, 1e-12)
        np.clip(part, 0, 1, out=part)
        distance = np.square(rows - part * down) + np.square(columns - part * right)
        np.minimum(nearest, distance, out=nearest)
    ink: Array = np.clip(width[:, None, None] / 2 + 0.5 - np.sqrt(nearest), 0, 1)
    return ink.astype(np.float32)
