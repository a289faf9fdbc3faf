"""Ink of a digit that was cut out closely, with a margin of paper added around it.

`extract_ink` estimates the paper from the border of a picture. Where a digit was cut out closely,
or fills the picture, part of the border is ink. Then Otsu's method separates two levels, and the
one with less of the border is ink.
"""

import numpy as np
from numpy.typing import NDArray

from network.images.pages.ink import Ink, border, extract_ink

Grey = NDArray[np.uint8]

TWO_LEVELS = 0.75  # of the variance lies between ink and paper; uneven light and noise have less
FILLED = 0.2  # of a picture that one digit fills is ink, at least; a page has less
WIDTH = 0.35  # of the longer side: so that most of the new border region is paper
LEVELS = 256


def extract_with_margin(grey: Grey, least: int) -> tuple[Ink, int]:
    """Return the ink of a page with a margin around it, and the width of the margin.

    The margin is `least`, or wider where the ink reaches the border.

    Shapes: (H, W) -> Ink (H + 2 margin, W + 2 margin). Units: pixels.
    """
    found = extract_ink(np.pad(grey, least, constant_values=int(np.median(border(grey)))))
    height, width = grey.shape
    strength = found.strength[least : least + height, least : least + width]
    if found.full and not np.any(border(strength) >= found.faintest):
        return found, least
    paper = level_of_paper(grey)
    if paper is None:
        return found, least
    margin = round(WIDTH * max(grey.shape))
    return extract_ink(np.pad(grey, margin, constant_values=paper)), margin


def level_of_paper(grey: Grey) -> int | None:
    """Return the level of the paper around ink that reaches the border, or None without such ink.

    Shapes: (H, W).
    """
    level, separability = otsu_threshold(grey)
    dark = grey <= level
    ink = dark if border(dark).mean() < 0.5 else ~dark
    if separability < TWO_LEVELS or ink.mean() < FILLED:
        return None
    return int(np.median(grey[~ink]))


def otsu_threshold(grey: Grey) -> tuple[int, float]:
    """Return the highest level of the darker class, and the share of variance between the classes.

    The level makes the variance between the two classes largest:
    sigma_B^2(k) = (mu_T omega(k) - mu(k))^2 / (omega(k) (1 - omega(k))), and the share is
    eta = sigma_B^2 / sigma_T^2, 0 for a picture of one level.

    Shapes: (H, W).
    Source: Otsu, A threshold selection method from gray-level histograms (1979), equations 12, 18.
    """
    share = np.bincount(grey.reshape(-1), minlength=LEVELS) / grey.size  # (256,)
    omega, mu = np.cumsum(share), np.cumsum(share * np.arange(LEVELS))  # (256,) each
    mean = mu[-1]
    total = float(share @ (np.arange(LEVELS) - mean) ** 2)
    if not total:
        return 0, 0.0
    both = omega * (1 - omega)
    between = np.divide((mean * omega - mu) ** 2, both, out=np.zeros(LEVELS), where=both > 1e-9)
    level = int(between.argmax())
    return level, float(between[level] / total)
