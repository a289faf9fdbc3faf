"""Split digits that touch, where a cut is safe: short, and with a whole digit on both sides."""

import numpy as np

from network.images.pages.blob import Blob, build_blob
from network.images.pages.components import Integers, Mask

WIDE = 1.3  # width to height: of 6,000 digits 132 are wider, and of those 12 are cut
SHORT = 1.5  # of the width of the strokes: a longer cut goes through more than a touch
TALL = 0.6  # of the height of the whole: what is lower is no digit of its own
MIDDLE = (0.2, 0.8)  # of the width: where a cut may begin and end


def split_touching(mark: Blob) -> list[Blob]:
    """Split a mark as long as its parts are wide and there is a safe cut.

    Returns: its parts from left to right; itself alone where there is none.
    """
    return split(mark, SHORT * stroke_width(mark.mask), TALL * mark.height)


def split(mark: Blob, longest: float, lowest: float) -> list[Blob]:
    """Split a mark by cuts through no more ink than `longest`, into parts as high as `lowest`."""
    if mark.width < WIDE * mark.height:
        return [mark]
    seam = cheapest_seam(mark.mask)
    crossed = mark.mask[np.arange(mark.height), seam]
    strokes = np.sum(np.diff(crossed, prepend=False) & crossed)
    is_left = np.arange(mark.width) < seam[:, None]
    parts = [
        build_blob(mark.mask & side, mark.left, mark.top)
        for side in (is_left, ~is_left)
        if np.any(mark.mask & side)
    ]
    unsafe = crossed.sum() > longest or strokes > 1
    if unsafe or len(parts) < 2 or min(part.height for part in parts) < lowest:
        return [mark]
    return [piece for part in parts for piece in split(part, longest, lowest)]


def cheapest_seam(mask: Mask) -> Integers:
    """Find the way from top to bottom, one column to the side a row at most, over the least ink.

    Shapes: (h, w) -> the column in each row (h,).
    Source: Avidan and Shamir, Seam carving for content-aware image resizing (2007), section 3.
    """
    height, width = mask.shape
    allowed = slice(int(MIDDLE[0] * width), max(int(MIDDLE[1] * width), int(MIDDLE[0] * width) + 1))
    ink = mask[:, allowed].astype(np.int32)
    costs = np.empty_like(ink)
    costs[0] = ink[0]
    for row in range(1, height):
        above = costs[row - 1]
        costs[row] = above
        np.minimum(costs[row, 1:], above[:-1], out=costs[row, 1:])
        np.minimum(costs[row, :-1], above[1:], out=costs[row, :-1])
        costs[row] += ink[row]
    seam = np.empty(height, np.int64)
    seam[-1] = costs[-1].argmin()
    for row in range(height - 2, -1, -1):
        first = max(seam[row + 1] - 1, 0)
        seam[row] = first + costs[row, first : seam[row + 1] + 2].argmin()
    return seam + allowed.start


def stroke_width(mask: Mask) -> float:
    """Estimate the width of the strokes: twice the area over the length of the outline.

    Units: pixels. The outline is counted along rows and columns, which makes it 4/pi times as
    long where all directions are as frequent.
    """
    framed = np.pad(mask, 1)
    steps = np.sum(framed[1:] != framed[:-1]) + np.sum(framed[:, 1:] != framed[:, :-1])
    return float(2 * mask.sum() / (np.pi / 4 * steps))
