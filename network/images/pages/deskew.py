"""Set slanted digits upright: shear them so that their ink leans neither way."""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

STEEPEST = 1.0  # columns to a row: what seems to lean more lies down, as a wide stroke does


def deskew(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Shear a digit until the rows and the columns of its ink are uncorrelated.

    Shapes: (H, W) -> (H, w), cut down to what has ink.
    Source: LeCun, Bottou, Bengio and Haffner, Gradient-based learning applied to document
    recognition (1998), section III.A, where the data set so changed is called deslanted.
    """
    slant = measure_slant(ink)
    height = len(ink)
    room = int(np.ceil(abs(slant) * height))
    framed = Image.fromarray(np.pad(ink, ((0, 0), (room, room))))
    shear = (1, slant, -slant * height / 2, 0, 1, 0)
    upright = np.asarray(
        framed.transform(framed.size, Image.Transform.AFFINE, shear, Image.Resampling.BILINEAR)
    )
    columns, rows = np.flatnonzero(upright.any(axis=0)), np.flatnonzero(upright.any(axis=1))
    return upright[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]


def measure_slant(ink: NDArray[np.uint8]) -> float:
    """Return by how many columns the ink moves to the right from a row to the next.

    slant = sum(m (y - y0) (x - x0)) / sum(m (y - y0)^2), of ink m with its centre at (x0, y0).
    """
    mass = ink.astype(np.float64)
    y, x = np.mgrid[: ink.shape[0], : ink.shape[1]]
    y = y - (mass * y).sum() / mass.sum()
    x = x - (mass * x).sum() / mass.sum()
    spread = (mass * y**2).sum()
    slant = (mass * y * x).sum() / spread if spread else 0.0
    return float(np.clip(slant, -STEEPEST, STEEPEST))
