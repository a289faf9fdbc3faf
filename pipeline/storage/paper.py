"""The paper under transparent pictures: white, or black if more of them are clearer on it.

Strokes of light ink with dark edges are visible on white, but only as outlines. So the choice
depends on the contrast of all visible pixels. A picture that is more than half opaque contains its
paper, as a card with round corners does. It counts only if it is visible on one of the two alone.

It is chosen once for all pictures of a source. A paper of each picture's own would make dark ink on
light paper of some, and light ink on dark of others.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.storage.levels import FULL

MIN_CONTRAST = 32  # levels between the darkest and the lightest visible pixel
MIN_TRANSPARENT = 0.5  # of a picture of ink
WHITE, BLACK = "white", "black"


class Contrast(NamedTuple):
    """The contrast of a transparent picture on each paper, in levels."""

    name: str
    white: int
    black: int
    gain: float = 0.0  # of the mean contrast with the paper, on black instead of white

    @property
    def best(self) -> str:
        """The paper on which the picture is visible, or clearer; none if both are as good."""
        if (self.white < MIN_CONTRAST) != (self.black < MIN_CONTRAST):
            return WHITE if self.white > self.black else BLACK
        return BLACK if self.gain > 0 else WHITE if self.gain < 0 else ""


def measure_contrast(
    name: str, on_white: NDArray[np.uint8], on_black: NDArray[np.uint8]
) -> Contrast:
    """Measure a picture that is drawn on both papers: they differ where it is transparent.

    Shapes: (H, W).
    """
    white, black = float(on_white.mean()), float(on_black.mean())
    is_ink = white - black >= FULL * MIN_TRANSPARENT
    gain = black - (FULL - white) if is_ink else 0.0
    return Contrast(name, int(np.ptp(on_white)), int(np.ptp(on_black)), gain)


ListContrasts: TypeAlias = Callable[[], Iterable[Contrast]]


@dataclass
class Paper:
    """The paper of a source's transparent pictures, chosen when the first one is read."""

    list_all: ListContrasts
    colour: str = ""  # empty until then
    unseen: tuple[str, ...] = ()  # names of pictures that are visible on the other paper only

    def choose(self) -> str:
        """Return the paper on which most pictures are visible, and clear."""
        if not self.colour:
            found = list(self.list_all())
            best = [it.best for it in found]
            is_black = best.count(BLACK) > best.count(WHITE)
            self.colour = BLACK if is_black else WHITE
            self.unseen = tuple(
                it.name
                for it in found
                if it.best not in ("", self.colour) and min(it.white, it.black) < MIN_CONTRAST
            )
        return self.colour

    def notes(self, where: object) -> tuple[str, ...]:
        """Return a note on pictures of which nothing is visible."""
        if not self.unseen:
            return ()
        other = BLACK if self.colour == WHITE else WHITE
        what = f"{where}: {len(self.unseen):,} transparent pictures are visible on {other} paper"
        what += f" only ({self.unseen[0]} is the first), but all are drawn on {self.colour}"
        return (f"{what}. Save them without transparency",)
