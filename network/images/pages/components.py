"""Find what hangs together: the connected components of a mask, by the runs of its rows."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]
Integers = NDArray[np.integer[Any]]


def label_components(mask: Mask) -> tuple[Integers, Integers]:
    """Number the connected components of a mask; diagonal neighbours hang together.

    Shapes: (H, W) -> labels (H, W), 0 outside; boxes (count, 4), that of label 1 first: left, top,
    right and bottom, of which the last two are just outside.
    """
    row, start, end = find_runs(mask)
    upper, lower = touching_runs(row, start, end, mask.shape[1])
    roots, numbers = np.unique(unite(len(row), upper, lower), return_inverse=True)
    labels = np.zeros(mask.shape, np.int32)
    labels[mask] = np.repeat(1 + numbers, end - start)  # runs are in the order of the pixels
    height, width = mask.shape
    boxes = np.tile(np.array([width, height, 0, 0]), (len(roots), 1))
    np.minimum.at(boxes[:, 0], numbers, start)
    np.minimum.at(boxes[:, 1], numbers, row)
    np.maximum.at(boxes[:, 2], numbers, end)
    np.maximum.at(boxes[:, 3], numbers, row + 1)
    return labels, boxes


def find_runs(mask: Mask) -> tuple[Integers, Integers, Integers]:
    """Find the stretches of True in each row: row, first column and the column after the last.

    Shapes: (H, W) -> (R,) each, rows rising, columns rising in a row.
    """
    framed = np.zeros((mask.shape[0], mask.shape[1] + 2), np.int8)
    framed[:, 1:-1] = mask
    changes = np.flatnonzero(np.diff(framed.reshape(-1)))
    row, start = np.divmod(changes[::2], framed.shape[1])
    return row, start, start + changes[1::2] - changes[::2]


def touching_runs(
    row: Integers, start: Integers, end: Integers, width: int
) -> tuple[Integers, Integers]:
    """Find all pairs of runs that touch: one in a row, one in the row below.

    Shapes: (R,) each -> (P,), (P,): numbers of runs.
    """
    stride = width + 2
    starts, ends = row * stride + start, row * stride + end
    # of the row above, from the first that ends no earlier than this starts, to the last that ...
    first = np.searchsorted(ends, starts - stride, "left")
    after = np.searchsorted(starts, ends - stride, "right")
    counts = np.maximum(after - first, 0)
    lower = np.repeat(np.arange(len(row)), counts)
    place = np.arange(counts.sum()) - np.repeat(np.cumsum(counts) - counts, counts)
    return np.repeat(first, counts) + place, lower


def unite(count: int, first: Integers, second: Integers) -> Integers:
    """Give all things that pairs hold together the number of one of them.

    Every round hangs the root of each thing on the smallest root that it is paired with, then
    lets all point to their roots; at least half of those that can are gone after each.

    Shapes: (P,), (P,), numbers below `count` -> (count,).
    """
    roots = np.arange(count)
    while len(first):
        one, other = roots[first], roots[second]
        apart = one != other
        first, second, one, other = first[apart], second[apart], one[apart], other[apart]
        np.minimum.at(roots, np.maximum(one, other), np.minimum(one, other))
        while np.any(roots != (above := roots[roots])):
            roots = above
    return roots
