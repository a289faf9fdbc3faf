"""Separate the ink on a page into digits: join parts, split what touches, drop the rest."""

import numpy as np
from numpy.typing import NDArray

from network.images.pages.blob import Blob, build_blob
from network.images.pages.components import Integers, Mask, label_components
from network.images.pages.group_parts import PUNCTUATION, group_parts
from network.images.pages.ink import Ink
from network.images.pages.left_out import LeftOut, find_kinds, list_left_out
from network.images.pages.split_touching import split_touching
from pipeline.errors import CorruptError

LEVELS = (0.25, 0.35, 0.45, 0.55, 0.65)  # of full ink: what is paler is paper, or its ruling
PALE = 0.4  # of full ink: a mark that is nowhere darker is a shadow, or shines through the paper
SPECK = 0.2  # of the size of digits: what is smaller is none
WIDER = 1.5  # times the width of the other marks: what is narrower is one digit
MAX_BLOBS = 1000  # on a page; noise has more


def segment_blobs(ink: Ink) -> tuple[list[Blob], tuple[LeftOut, ...]]:
    """Find the digits on a page, in no order, and the marks that are frames, lines and edges.

    Raises: CorruptError for more marks than a page of digits has.
    """
    mask = dark_enough(ink)
    labels, boxes = label_components(mask)
    kept, left_out = likely_parts(ink, mask, labels, boxes)
    groups = group_parts(boxes[kept])
    marks = [
        cut_out(labels, boxes, kept[groups == group])
        for group in np.unique(groups[groups != PUNCTUATION])
    ]
    widths = np.array([mark.width for mark in marks])
    parts = [
        part
        for place, mark in enumerate(marks)
        for part in (split_touching(mark) if stands_out(widths, place) else [mark])
    ]
    return parts, left_out


def cut_out(labels: Integers, boxes: Integers, members: Integers) -> Blob:
    """Make a mark of some components, by their numbers from 0."""
    left, top = boxes[members, :2].min(axis=0)
    right, bottom = boxes[members, 2:].max(axis=0)
    own = np.isin(labels[top:bottom, left:right], 1 + members)
    return Blob(int(left), int(top), own)


def stands_out(widths: Integers, place: int) -> bool:
    """Is one of the marks so much wider than the others that it can be several digits?"""
    others = np.delete(widths, place)
    return not len(others) or widths[place] >= WIDER * np.median(others)


def whole_blob(ink: Ink) -> tuple[list[Blob], tuple[LeftOut, ...]]:
    """Take all the ink on a page as one mark, whatever its parts."""
    mask = ink.smooth >= threshold(ink, LEVELS[0])
    return ([build_blob(mask)] if mask.any() else []), ()


def threshold(ink: Ink, level: float) -> float:
    """Return the strength of that share of the full ink, or of the faintest where that is more."""
    return max(ink.faintest, level * ink.full)


def dark_enough(ink: Ink) -> Mask:
    """Choose what is ink: the palest level at which the least runs across the whole page.

    What runs across is the ruling of the paper, or the edge of a table; digits do not.

    Shapes: (H, W).
    """
    masks, across = [], []
    for level in LEVELS:
        masks.append(ink.smooth >= threshold(ink, level))
        across.append(int(spans(label_components(masks[-1])[1], ink.smooth.shape).sum()))
        if across[-1] == 0:
            break
    return masks[int(np.argmin(across))]


def spans(boxes: Integers, shape: tuple[int, ...]) -> Mask:
    """Tell which boxes reach across a page as no digit does.

    That is across its longer side; across the shorter one, as digits do where a row of them was
    cut out closely, only what is much larger than others.

    Shapes: (count, 4) -> (count,).
    """
    size = boxes[:, 2:] - boxes[:, :2]
    across = size == shape[::-1]
    longer = int(shape[0] > shape[1])
    large = size.max(axis=1) >= 2 * middle_size(size.max(axis=1))
    found: Mask = across[:, longer] | (across[:, 1 - longer] & large)
    return found


def likely_parts(
    ink: Ink, mask: Mask, labels: Integers, boxes: Integers
) -> tuple[NDArray[np.intp], tuple[LeftOut, ...]]:
    """Choose the components that can be digits or parts of one, by darkness, place and size.

    Returns: their numbers, from 0, and the frames, lines and edges among the others.
    """
    darkest = np.zeros(1 + len(boxes), np.uint8)
    np.maximum.at(darkest, labels[mask], ink.smooth[mask])
    dark = darkest[1:] >= PALE * ink.full
    kinds = find_kinds(labels, boxes)
    across = spans(boxes, mask.shape)
    inside = dark & ~across & (kinds == "")
    left_out = list_left_out(boxes, kinds, across) if inside.any() else ()
    kept = np.flatnonzero(inside if inside.any() else dark)
    size = np.max(boxes[kept, 2:] - boxes[kept, :2], axis=1)
    kept = np.compress(size >= SPECK * middle_size(size), kept)
    if len(kept) > MAX_BLOBS:
        what = f"{len(kept):,} marks, of {MAX_BLOBS:,} at most: not a page of digits"
        raise CorruptError(what, "Crop the picture to the digits")
    return kept, left_out


def middle_size(sizes: Integers) -> float:
    """Return the size with half of the area of all squares of these sizes below: no speck's."""
    sizes = np.sort(sizes)
    total = np.cumsum(sizes**2)
    return float(sizes[np.searchsorted(total, total[-1] / 2)])
