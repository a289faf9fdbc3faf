"""Find the marks that are not digits: frames, tables, lines and edges of the paper.

They are found by their shapes, and only next to marks that can be digits. They are left out before
sizes are compared: next to a frame around a whole page, every digit is as small as a speck.
"""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from network.images.pages.components import Integers, Mask

Kinds = NDArray[np.str_]

THIN = 12  # times as long as thick: a line, or a 1
STRAIGHT = 0.15  # of its length: a line is not wider, even on a sloping page
SLENDER = (5, 2.5)  # times the width of a line: a digit is longer, and wider, and no dot or hyphen
LARGER = 1.8  # times the largest mark that can be a digit: lines and edges are longer
BAND = 0.1  # of the shorter side of a frame: its four sides are in bands along its box
CLOSED = 0.8  # of each of these bands has ink; of those of an ellipse 0.6 has
HOLLOW = 0.3  # of its box is ink, at most
HELD = 0.12  # of the shorter side of a frame: the height of a mark in it, at least
MAX_LARGE = 50  # of the largest marks can be frames or edges: noise has a million marks
MAX_LINES = 1000  # of the largest marks can be lines
ALONG = 0.4  # of a side of the picture: an edge of the paper lies along as much of it


@dataclass(frozen=True)
class LeftOut:
    """A mark that is not a digit, and where it is on the page, in pixels."""

    kind: str  # frame, line or edge
    left: int
    top: int
    width: int
    height: int


def find_kinds(labels: Integers, boxes: Integers) -> Kinds:
    """Return the kind of each component that is not a digit by its shape, and "" for others.

    Shapes: labels (H, W), boxes (count, 4) -> (count,).
    """
    kinds = np.full(len(boxes), "", "<U5")
    size = boxes[:, 2:] - boxes[:, :2]
    longest, shortest = size.max(axis=1), size.min(axis=1)
    if len(boxes) < 2:
        return kinds
    thick = np.bincount(labels.reshape(-1), minlength=1 + len(boxes))[1:] / longest
    is_line = (longest >= THIN * thick) & (shortest <= STRAIGHT * longest)
    by_length = np.argsort(-longest)
    lines = by_length[:MAX_LINES]
    kinds[lines[is_line[lines]]] = "line"
    for place in by_length[:MAX_LARGE]:
        if is_frame(labels, boxes, int(place)):
            kinds[place] = "frame"
        elif lies_along_the_border(labels, boxes, int(place)):
            kinds[place] = "edge"
    others = kinds == ""
    for place in np.flatnonzero((kinds == "line") | (kinds == "edge")):
        width = thick[place] if kinds[place] == "line" else 2
        slender = (longest >= SLENDER[0] * width) & (shortest >= SLENDER[1] * width)
        largest = longest[others & slender].max(initial=0)
        if not largest or longest[place] < LARGER * largest:
            kinds[place] = ""
    return kinds


def is_frame(labels: Integers, boxes: Integers, place: int) -> bool:
    """Return whether a component is a closed rectangle or a table around others."""
    left, top, right, bottom = boxes[place]
    shortest = min(right - left, bottom - top)
    inside = np.all((boxes[:, :2] > (left, top)) & (boxes[:, 2:] < (right, bottom)), axis=1)
    heights = boxes[inside, 3] - boxes[inside, 1]
    if heights.max(initial=0) < HELD * shortest:
        return False
    own = labels[top:bottom, left:right] == 1 + place
    band = max(2, round(BAND * shortest))
    sides = (own[:band], own[-band:], own[:, :band].T, own[:, -band:].T)
    return bool(own.mean() <= HOLLOW and all(side.any(axis=0).mean() >= CLOSED for side in sides))


def lies_along_the_border(labels: Integers, boxes: Integers, place: int) -> bool:
    """Return whether a component touches much of a side of the picture."""
    sides = (labels[0], labels[-1], labels[:, 0], labels[:, -1])
    return any(np.mean(side == 1 + place) >= ALONG for side in sides)


def list_left_out(boxes: Integers, kinds: Kinds, spanning: Mask) -> tuple[LeftOut, ...]:
    """List the components with a kind, and those that span the page, which are lines."""
    named = np.where((kinds == "") & spanning, "line", kinds)
    return tuple(
        LeftOut(str(kind), int(left), int(top), int(right - left), int(bottom - top))
        for kind, (left, top, right, bottom) in zip(named, boxes, strict=True)
        if kind
    )


def format_left_out(marks: tuple[LeftOut, ...]) -> str:
    """Describe the marks that were left out: "3 marks left out: a frame, 2 lines"."""
    names = {"frame": "a frame", "line": "a line", "edge": "an edge of the paper"}
    many = {"frame": "frames", "line": "lines", "edge": "edges of the paper"}
    counts = Counter(mark.kind for mark in marks)
    parts = [
        names[kind] if counts[kind] == 1 else f"{counts[kind]:,} {many[kind]}"
        for kind in names
        if counts[kind]
    ]
    marks_text = "1 mark" if len(marks) == 1 else f"{len(marks):,} marks"
    return f"{marks_text} left out: {', '.join(parts)}"
