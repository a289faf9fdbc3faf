"""Digits as a scan shows them."""

import numpy as np
from PIL import Image


def enlarge(digit, paper=255, ink=0, size=(400, 300), at=(150, 20)):
    """Paste a digit, eight times as large, on paper: a scan in grey levels."""
    big = Image.fromarray(digit).resize((224, 224), Image.Resampling.NEAREST)
    share = np.zeros(size[::-1])
    share[at[1] : at[1] + 224, at[0] : at[0] + 224] = np.asarray(big) / 255
    return Image.fromarray(np.round(paper + (ink - paper) * share).astype(np.uint8))


def difference(one, other):
    return np.abs(one.astype(int) - other.astype(int)).mean()


def unlike(one, other):
    """The mean difference of two digits where they lie best on each other, to a pixel."""
    shifts = [(rows, columns) for rows in (-1, 0, 1) for columns in (-1, 0, 1)]
    return min(difference(np.roll(one, shift, (0, 1)), other) for shift in shifts)
