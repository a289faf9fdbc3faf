"""Fit a digit into 28x28 as MNIST has it: 20 pixels long, its mass in the middle.

Source: the section "The MNIST database" of the page of LeCun, Cortes and Burges.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.datasets.records import IMAGE_SHAPE

BOX = 20  # pixels of the longer side of a digit


def fit_into_box(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize so that the longer side is 20 pixels, keeping the proportions.

    Shapes: (H, W) -> (h, w) with max(h, w) = 20.
    """
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC  # average, or smooth
    return np.asarray(Image.fromarray(ink).resize(size, how))


def at_full_contrast(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the strongest ink to 255, as it is in MNIST; thin strokes have become pale.

    Shapes: (h, w), not without ink, the same out.
    """
    return np.asarray(np.round(ink * (255 / ink.max())), np.uint8)


def centre_by_mass(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
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
