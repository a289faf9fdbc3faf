"""Request bodies about a network: a digit, a class, edits."""

from typing import Annotated

import numpy as np
from pydantic import BaseModel, Field

from network.core.data import scale_pixels
from network.core.params import Array
from network.interpret.edits import Edits
from pipeline.datasets.records import IMAGE_SHAPE

PIXELS = IMAGE_SHAPE[0] * IMAGE_SHAPE[1]
MAX_EDITED_UNITS = 1000  # per kind of edit

Place = Annotated[int, Field(ge=0, le=10**6)]
Level = Annotated[int, Field(ge=0, le=255)]
Shift = Annotated[float, Field(ge=-1000, le=1000)]
Scale = Annotated[float, Field(ge=-5, le=5)]
Pixels = Annotated[list[Level], Field(min_length=PIXELS, max_length=PIXELS)]


class DigitForm(BaseModel):
    """A digit, row by row, and a member of an ensemble."""

    pixels: Pixels
    member: Place | None = None

    @property
    def image(self) -> Array:
        """The image as input of a network.  Shapes: (28, 28)."""
        return scale_pixels(np.array(self.pixels, np.uint8).reshape(IMAGE_SHAPE))


class EditsForm(BaseModel):
    """Edits of a network or of a member of an ensemble."""

    off: list[tuple[Place, Place]] = Field(default=[], max_length=MAX_EDITED_UNITS)
    shifts: list[tuple[Place, Place, Shift]] = Field(default=[], max_length=MAX_EDITED_UNITS)
    scales: list[tuple[Place, Place, Scale]] = Field(default=[], max_length=MAX_EDITED_UNITS)
    prune: float = Field(default=0.0, ge=0, le=1)
    noise: float = Field(default=0.0, ge=0, le=10)
    member: Place | None = None

    @property
    def edits(self) -> Edits:
        """The edits of a model."""
        shifts = {(layer, unit): by for layer, unit, by in self.shifts}
        scales = {(layer, unit): times for layer, unit, times in self.scales}
        return Edits(tuple(self.off), shifts, scales, self.prune, self.noise)


class SaveForm(EditsForm):
    """Edits to save as a run, and its name."""

    name: Annotated[str, Field(max_length=100)] | None = None
