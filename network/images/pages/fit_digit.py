"""Fit a digit into 28x28 as MNIST does: 20 pixels long, centred, its strokes as wide.

Source: the section "The MNIST database" of the page of LeCun, Cortes and Burges. The stroke width
was measured on the training images.
"""

import math

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from network.images.pages.blob import build_blob
from pipeline.datasets.records import IMAGE_SHAPE

Grey = NDArray[np.uint8]

BOX = 20  # pixels of the longer side of a digit
CENTRE = IMAGE_SHAPE[0] / 2  # the centre of mass, counted from 0: row 14, column 14
THIN = 1.7  # pixels: 19 of 20 MNIST digits have wider strokes
STROKE = 2.5  # pixels: thinner strokes are thickened to this width; half of MNIST's are wider


def fit_digit(crop: Grey) -> Grey:
    """Fit a digit into 20x20 pixels, with strokes that are not thinner than MNIST's.

    Shapes: (H, W) with ink -> (h, w), at most 20, or 22 with the faint outline of added ink.
    """
    fitted = at_full_contrast(fit_into_box(crop))
    width = stroke_width(fitted)
    if width >= THIN:
        return fitted
    room = round((STROKE - width) / 2)  # pixels that thickening adds on each side
    smaller = at_full_contrast(fit_into_box(crop, BOX - 2 * room))
    return thicken(smaller, STROKE - stroke_width(smaller))


def stroke_width(ink: Grey) -> float:
    """Estimate the width of the strokes: twice their area divided by the length of their outline.

    The total variation along rows and columns measures the outline 4 / pi times too long, if all
    directions are equally frequent.

    Shapes: (h, w). Units: pixels.
    """
    framed = np.pad(ink, 1).astype(np.int64)
    outline = np.abs(np.diff(framed, axis=0)).sum() + np.abs(np.diff(framed, axis=1)).sum()
    return float(2 * framed.sum() / (np.pi / 4 * outline))


def thicken(ink: Grey, more: float) -> Grey:
    """Make strokes `more` pixels wider, half of it on each side.

    Each round is a dilation by a cross; the last one is mixed in by the part t that is missing:
    ink' = (1 - t) ink + t max(ink, its four neighbours).

    Shapes: (h, w) -> (h', w'), cropped to the ink.
    """
    levels = ink.astype(np.float64)
    for done in range(0, math.ceil(more), 2):
        part = min(1.0, (more - done) / 2)
        framed = np.pad(levels, 2)
        ways = (framed[1:-1, :-2], framed[1:-1, 2:], framed[:-2, 1:-1], framed[2:, 1:-1])
        levels = np.pad(levels, 1)
        levels += part * (np.maximum.reduce([levels, *ways]) - levels)  # (h + 2, w + 2)
    rounded = np.round(levels).astype(np.uint8)
    inked = build_blob(rounded > 0)
    top, left = inked.top, inked.left
    return rounded[top : top + inked.height, left : left + inked.width]


def fit_into_box(ink: Grey, box: int = BOX) -> Grey:
    """Resize so that the longer side fills the box, keeping the proportions.

    Shapes: (H, W) -> (h, w) with max(h, w) = box.
    """
    height, width = ink.shape
    scale = box / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC  # average, or smooth
    return np.asarray(Image.fromarray(ink).resize(size, how))


def at_full_contrast(ink: Grey) -> Grey:
    """Scale the strongest ink to 255, as in MNIST; resizing makes thin strokes pale.

    Shapes: (h, w) with ink, the same out.
    """
    return np.asarray(np.round(ink * (255 / ink.max())), np.uint8)


def centre_by_mass(ink: Grey) -> Grey:
    """Place a digit in 28x28 so that its centre of mass is at row 14, column 14.

    That is its mean position in the training images, counted from 0.

    Shapes: (h, w), at most 28 -> (28, 28).
    """
    height, width = ink.shape
    row, column = centre_of_mass(ink)
    rows, columns = IMAGE_SHAPE
    top = int(np.clip(round(CENTRE - row), 0, rows - height))
    left = int(np.clip(round(CENTRE - column), 0, columns - width))
    page = np.zeros(IMAGE_SHAPE, np.uint8)
    page[top : top + height, left : left + width] = ink
    return page


def centre_of_mass(ink: Grey) -> tuple[float, float]:
    """Return the row and the column of the centre of mass, counted from 0.

    Shapes: (h, w) with ink.
    """
    height, width = ink.shape
    mass = ink.sum()
    row = (ink.sum(axis=1) @ np.arange(height)) / mass
    column = (ink.sum(axis=0) @ np.arange(width)) / mass
    return float(row), float(column)


def is_like_mnist(image: Grey) -> bool:
    """Return whether an image is made as MNIST's are: 20 pixels long, and centred by mass.

    MNIST's own 70,000 images are: 19 pixels long only where the edge cuts the 20th off. A digit
    drawn on 28x28 pixels hardly ever is.

    Shapes: (28, 28), light ink on dark.
    """
    if not image.any():
        return False
    longer = max(build_blob(image > 0).mask.shape)
    away = np.abs(np.subtract(centre_of_mass(image), CENTRE)).max()
    return bool(BOX - 1 <= longer <= BOX and away <= 1)
