"""A mark on a page: the pixels that are taken for one digit."""

from dataclasses import dataclass

import numpy as np

from network.images.pages.components import Mask


@dataclass(frozen=True)
class Blob:
    """Where it is on the page, and which pixels there are its own."""

    left: int
    top: int
    mask: Mask  # (h, w), with ink in its first and last rows and columns

    @property
    def height(self) -> int:
        """How many rows it takes."""
        return int(self.mask.shape[0])

    @property
    def width(self) -> int:
        """How many columns it takes."""
        return int(self.mask.shape[1])


def build_blob(mask: Mask, left: int = 0, top: int = 0) -> Blob:
    """Cut a mask, whose corner is there on the page, down to what is in it."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    inner = mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    return Blob(left + int(columns[0]), top + int(rows[0]), inner)
