"""Contact sheets as characters for a terminal, two pixels per character."""

from collections.abc import Iterator, Sequence
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import UsageError
from pipeline.terminal.console import Colour, Marks, Span, centre
from pipeline.terminal.preview import RIGHT, WRONG, Tile

GAP = 2  # columns between tiles
DARKEST = 28  # grey of an empty pixel: a tile stands out from a black terminal
SHADES = " .:-=+*#%@"  # ASCII, from nothing to full ink
CORNERS = " ▄▀█"  # neither half, the lower one, the upper one, both
INK = (230, 230, 230)
ON_DARK = {RIGHT: (110, 215, 150), WRONG: (255, 125, 110)}  # colours legible on dark

Line = list[Span]


def draw_tiles(tiles: Sequence[Tile], title: str, marks: Marks, width: int) -> list[Line]:
    """Draw the tiles in rows that fit the width, with a title above.

    Units: width in columns.
    Raises: UsageError when there is nothing to draw, or no room for it.
    """
    if not tiles:
        raise UsageError("no images match", "Choose another split, or leave out --wrong")
    side = tiles[0].pixels.shape[1]
    if width < side:
        raise UsageError(
            f"the terminal has {width} columns, and a digit needs {side}",
            "Widen the terminal, or use --out",
        )
    columns = (width + GAP) // (side + GAP)
    lines = [[Span(title[:width])]]
    for start in range(0, len(tiles), columns):
        drawn = [draw_tile(tile, marks) for tile in tiles[start : start + columns]]
        lines.append([])
        for parts in zip(*drawn, strict=True):
            gapped = [[*part, Span(" " * GAP)] for part in parts]
            lines.append([span for part in gapped for span in part][:-1])
    return lines


def draw_tile(tile: Tile, marks: Marks) -> list[Line]:
    """Draw one image and the line under it."""
    pixels = np.pad(tile.pixels, ((0, len(tile.pixels) % 2), (0, 0)))
    upper, lower = pixels[0::2], pixels[1::2]  # (H / 2, W)
    caption = tile.caption
    if marks is Marks.COLOURS:
        lines = [draw_in_greys(*rows) for rows in zip(upper, lower, strict=True)]
    elif marks is Marks.BLOCKS:
        halves = 2 * (upper >= 128) + (lower >= 128)
        lines = [[Span("".join(CORNERS[half] for half in row))] for row in halves]
    else:
        shades = (upper.astype(int) + lower) * len(SHADES) // 511
        lines = [[Span("".join(SHADES[shade] for shade in row))] for row in shades]
        caption = caption.encode("ascii", "backslashreplace").decode()
    below = centre(caption, pixels.shape[1])
    is_dark = marks is Marks.COLOURS
    ink, paper = (ON_DARK.get(tile.colour, INK), grey(0)) if is_dark else (None, None)
    return [*lines, [Span(below, ink, paper)]]


def draw_in_greys(upper: NDArray[np.uint8], lower: NDArray[np.uint8]) -> Line:
    """Draw two rows of pixels in one line, each pixel in its grey."""

    def spans() -> Iterator[Span]:
        for (above, below), same in groupby(zip(upper.tolist(), lower.tolist(), strict=True)):
            mark = " " if above == below else "▀"  # no seam between equal greys
            yield Span(mark * len([*same]), grey(above), grey(below))

    return [*spans()]


def grey(pixel: int) -> Colour:
    """Return the colour of a pixel, 0 to 255: light on a dark ground."""
    level = DARKEST + pixel * (255 - DARKEST) // 255
    return level, level, level
