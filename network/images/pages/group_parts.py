"""Tell which components are parts of one digit, and which are punctuation beside one."""

import numpy as np

from network.images.pages.components import Integers, unite

PART = 0.5  # of the height of a neighbour: what is lower is a part of it, as the bar of a 5 is ...
NEAR = 0.3  # ... unless it is farther away than this share of that height
BREAK = 0.1  # of the height of the lower one: two that are so near, one above the other, are one
PUNCTUATION = -1


def group_parts(boxes: Integers) -> Integers:
    """Number components, by their boxes, so that those of one digit have one number.

    A part has columns in common with its digit, or lies beside the upper half of it. What is low
    and beside the lower half, as a comma and a hyphen are, is punctuation.

    Shapes: (count, 4) -> (count,).
    """
    left, top, right, bottom = boxes.T[:, :, None]  # each is (count, 1), its .T the others
    width, height = right - left, bottom - top
    overlap = np.minimum(right, right.T) - np.maximum(left, left.T)  # negative: a gap
    gap = np.maximum(top, top.T) - np.minimum(bottom, bottom.T)
    apart = np.hypot(np.maximum(-overlap, 0), np.maximum(gap, 0)) / height.T
    apart[height >= PART * height.T] = np.inf  # to what it cannot be a part of
    nearest = (apart - 1e-3 * (overlap > 0)).argmin(axis=1)  # of two, the one above or below
    near = apart.min(axis=1) <= NEAR
    beside = overlap[np.arange(len(boxes)), nearest] <= 0
    low = bottom[:, 0] > ((top + bottom) / 2)[nearest, 0]
    parts = np.flatnonzero(near & ~(beside & low))
    above = overlap >= np.minimum(width, width.T) / 2
    halves = np.nonzero(above & (gap <= BREAK * np.minimum(height, height.T)))
    one, other = np.append(halves[0], parts), np.append(halves[1], nearest[parts])
    return np.where(near & beside & low, PUNCTUATION, unite(len(boxes), one, other))
