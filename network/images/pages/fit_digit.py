"""Fit a digit into 28x28 as MNIST has it: 20 pixels long, its mass in the middle, its pen as wide.

Source: the section "The MNIST database" of the page of LeCun, Cortes and Burges; the width of the
pen is measured on its training images.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE

Grey = NDArray[np.uint8]

BOX = 20  # pixels of the longer side of a digit
THIN = 1.7  # pixels: the strokes of 19 in 20 of MNIST's digits are wider ...
STROKE = 2.5  # ... and those of half of them are wider than this, to which a thin pen is brought


def fit_digit(crop: Grey) -> Grey:
    """Fit a digit into the box of 20x20 pixels, with strokes that are not thinner than MNIST's.

    Shapes: (H, W), not without ink -> (h, w), 20 at most or 22 by its faint outline.
    """
    fitted = at_full_contrast(fit_into_box(crop))
    width = stroke_width(fitted)
    if width >= THIN:
        return fitted
    room = round((STROKE - width) / 2)  # for what is added on each side
    smaller = at_full_contrast(fit_into_box(crop, BOX - 2 * room))
    return thicken(smaller, STROKE - stroke_width(smaller))


def stroke_width(ink: Grey) -> float:
    """Estimate the width of the strokes: twice the area over the length of the outline.

    The outline is the total variation along rows and columns, which makes it 4/pi times as long
    where all directions are as frequent.

    Units: pixels.
    """
    framed = np.pad(ink, 1).astype(np.int64)
    outline = np.abs(np.diff(framed, axis=0)).sum() + np.abs(np.diff(framed, axis=1)).sum()
    return float(2 * framed.sum() / (np.pi / 4 * outline))


def thicken(ink: Grey, more: float) -> Grey:
    """Make strokes wider by so many pixels, half on each side.

    Each round is a dilation by a cross, of which a last one counts in part:
    ink' = (1 - t) ink + t max(ink, its four neighbours), t = min(1, what is missing on a side).

    Shapes: (h, w) -> (h', w'), cut down to what has ink.
    """
    levels = ink.astype(np.float64)
    while more > 0:
        part = min(1, more / 2)
        framed = np.pad(levels, 2)
        ways = (framed[1:-1, :-2], framed[1:-1, 2:], framed[:-2, 1:-1], framed[2:, 1:-1])
        levels = np.pad(levels, 1)
        levels += part * (np.maximum.reduce([levels, *ways]) - levels)
        more -= 2 * part
    rounded = np.round(levels).astype(np.uint8)
    rows, columns = np.flatnonzero(rounded.any(axis=1)), np.flatnonzero(rounded.any(axis=0))
    return rounded[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def fit_into_box(ink: Grey, box: int = BOX) -> Grey:
    """Resize so that the longer side is as long as the box, keeping the proportions.

    Shapes: (H, W) -> (h, w) with max(h, w) = box.
    """
    height, width = ink.shape
    scale = box / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC  # average, or smooth
    return np.asarray(Image.fromarray(ink).resize(size, how))


def at_full_contrast(ink: Grey) -> Grey:
    """Bring the strongest ink to 255, as it is in MNIST; thin strokes have become pale.

    Shapes: (h, w), not without ink, the same out.
    """
    return np.asarray(np.round(ink * (255 / ink.max())), np.uint8)


def centre_by_mass(ink: Grey) -> Grey:
    """Lay a digit into 28x28 so that its centre of mass is in the middle, at pixel (14, 14).

    That is where it is in the training images: 14.0 and 14.0 on average, counting from 0.

    Shapes: (h, w), 20 at most -> (28, 28).
    """
    height, width = ink.shape
    mass = ink.sum()
    row = (ink.sum(axis=1) @ np.arange(height)) / mass
    column = (ink.sum(axis=0) @ np.arange(width)) / mass
    rows, columns = IMAGE_SHAPE
    top = int(np.clip(round(rows / 2 - row), 0, rows - height))
    left = int(np.clip(round(columns / 2 - column), 0, columns - width))
    page = np.zeros(IMAGE_SHAPE, np.uint8)
    page[top : top + height, left : left + width] = ink
    return page
