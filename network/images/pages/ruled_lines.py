"""Take the ruling of paper off the ink: lines that are long, straight, and paler than ink."""

import numpy as np
from numpy.typing import NDArray

LONG = 0.1  # of the longer side of the page: shorter lines are strokes
PALE = 0.6  # of full ink: darker lines are strokes, however long
FAINTEST = 0.1  # of full ink: what is paler does no harm
ACROSS = 0.9  # of the columns of a ruled page have a line
Levels = NDArray[np.uint8]


def without_ruling(strength: Levels, full: int) -> Levels:
    """Take off what long lines have of the ink, and spread what is left over the whole range.

    strength' = (strength - lines) full / (full - lines): full ink stays full where a line
    crosses it.

    Shapes: (H, W), the same out.
    """
    length = max(2, round(LONG * max(strength.shape)))
    across = lines_across(strength, full, length)
    down = lines_across(np.ascontiguousarray(strength.T), full, length).T
    if not (across.any() or down.any()):
        return strength
    lines = np.maximum(across, down).astype(np.float32)
    left = (strength - lines) * (full / (full - lines))
    return np.clip(np.round(left), 0, 255).astype(np.uint8)


def lines_across(strength: Levels, full: int, length: int) -> Levels:
    """Return the ink of pale lines along the rows, if there are some from side to side.

    Shapes: (H, W), the same out.
    """
    lines = along_rows(strength, length)
    lines[lines > PALE * full] = 0
    seen = np.any(lines > FAINTEST * full, axis=0)
    return lines if np.mean(seen) > ACROSS else np.zeros_like(lines)


def along_rows(strength: Levels, length: int) -> Levels:
    """Keep of the ink what is part of a line along the rows: a grey opening by a stretch.

    The line may be a row higher or lower at its ends, as paper is held in a hand.

    Shapes: (H, W), the same out.
    """
    framed = np.pad(strength, ((1, 1), (0, 0)), mode="edge")
    thick = np.maximum(np.maximum(framed[:-2], framed[1:-1]), framed[2:])
    ahead = np.pad(thick, ((0, 0), (0, length - 1)), mode="edge")
    eroded = 255 - highest_ahead(255 - ahead, length)  # of each stretch, by its first column
    behind = np.pad(eroded, ((0, 0), (length - 1, 0)), mode="edge")
    return highest_ahead(behind, length)  # of the stretches that a pixel is in


def highest_ahead(levels: Levels, length: int) -> Levels:
    """Return the highest of each pixel and those after it in its row, `length` in all.

    Stretches twice as long are made of two, as long as that goes; then two overlap.

    Shapes: (H, W + length - 1) -> (H, W).
    """
    width, reach = levels.shape[1] - length + 1, 1
    while 2 * reach <= length:
        levels = np.maximum(levels[:, :-reach], levels[:, reach:])
        reach *= 2
    rest = length - reach
    return np.maximum(levels[:, :width], levels[:, rest : rest + width])
