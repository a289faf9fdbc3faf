"""The paper under transparent pictures: white, or black if more of them are visible on it.

It is chosen once for all pictures of a source. A paper of each picture's own would make dark ink on
light paper of some, and light ink on dark of others.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import NamedTuple, TypeAlias

MIN_CONTRAST = 32  # levels between the darkest and the lightest visible pixel
WHITE, BLACK = "white", "black"


class Contrast(NamedTuple):
    """The contrast of a transparent picture on each paper, in levels."""

    name: str
    white: int
    black: int


ListContrasts: TypeAlias = Callable[[], Iterable[Contrast]]


@dataclass
class Paper:
    """The paper of a source's transparent pictures, chosen when the first one is read."""

    list_all: ListContrasts
    colour: str = ""  # empty until then
    unseen: tuple[str, ...] = ()  # names of pictures that are visible on the other paper only

    def choose(self) -> str:
        """Return the paper on which most pictures are visible."""
        if not self.colour:
            on_white, on_black = list[str](), list[str]()
            for it in self.list_all():
                if it.white < MIN_CONTRAST <= it.black:
                    on_white.append(it.name)
                if it.black < MIN_CONTRAST <= it.white:
                    on_black.append(it.name)
            is_white = len(on_white) <= len(on_black)
            self.colour = WHITE if is_white else BLACK
            self.unseen = tuple(on_white if is_white else on_black)
        return self.colour

    def notes(self, where: object) -> tuple[str, ...]:
        """Return a note on pictures of which nothing is visible."""
        if not self.unseen:
            return ()
        other = BLACK if self.colour == WHITE else WHITE
        what = f"{where}: {len(self.unseen):,} transparent pictures are visible on {other} paper"
        what += f" only ({self.unseen[0]} is the first), but all are drawn on {self.colour}"
        return (f"{what}. Save them without transparency",)
