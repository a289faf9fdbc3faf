"""Images and labels from pickles of other programs.

Such a pickle may hold a pair or a dictionary with "images" and "labels"; lists or arrays; images
of 28x28 or rows of 784; labels of shape (N,) or (N, 1). The safe reader runs no code, and then
every shape, type and range is checked. Lists inside a dictionary, or next to arrays, are read up
to about a hundred images (`safe_load.MAX_OPCODES`).
"""

from collections.abc import Iterable
from itertools import chain
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError
from pipeline.pickles.safe_load import load_plain

Pixels: TypeAlias = NDArray[np.uint8]  # (N, 28, 28)
Labels: TypeAlias = NDArray[Any]  # (N,), uint8 in the file, int64 in memory


class LayoutError(CorruptError):
    """A pickle of another layout than ours, or without images and labels."""


def read_other_layout(path: Path) -> tuple[Pixels, Labels]:
    """Read images and labels from a pickle of another program.

    Shapes: pixels (N, 28, 28) uint8, labels (N,) int64.

    Raises: MissingError, CorruptError.
    """
    loaded = load_plain(path)
    if isinstance(loaded, dict) and {"images", "labels"} <= loaded.keys():
        loaded = loaded["images"], loaded["labels"]
    if not isinstance(loaded, list | tuple) or len(loaded) != 2:
        raise layout_error(path, "it does not hold a pair of images and labels")
    pixels, labels = integers(path, loaded[0], "pixel"), integers(path, loaded[1], "label")
    pixel_count = int(np.prod(IMAGE_SHAPE))
    if pixels.size != len(labels) * pixel_count or labels.size != len(labels):
        raise layout_error(path, f"images {pixels.shape} and labels {labels.shape} do not match")
    return pixels.reshape(-1, *IMAGE_SHAPE), labels.reshape(-1).astype(np.int64)


def integers(path: Path, values: Any, what: str) -> NDArray[np.uint8]:
    """Convert nested lists or an array to uint8 without changing a value.

    Raises: LayoutError.
    """
    if isinstance(values, list | tuple) and (kinds := kinds_of_leaves(values)) - {int, np.ndarray}:
        names = ", ".join(sorted(kind.__name__ for kind in kinds))
        raise layout_error(path, f"among the {what}s are {names}; expected integers alone")
    try:
        array = np.asarray(values)
    except ValueError as error:
        raise layout_error(path, f"the {what} lists have different lengths") from error
    if array.dtype.kind not in "iu" or array.ndim == 0:
        raise layout_error(path, f"a {what} is a {array.dtype}; expected an integer")
    if array.size and not 0 <= int(array.min()) <= int(array.max()) <= 255:
        raise layout_error(path, f"a {what} is not from 0 to 255")
    return array.astype(np.uint8)


def kinds_of_leaves(values: Iterable[Any]) -> set[type]:
    """Return the types of the leaves of nested lists.

    A list next to numbers counts as a leaf, so it is detected.
    """
    kinds = set(map(type, values))
    while kinds and kinds <= {list, tuple}:
        kinds = set(map(type, chain.from_iterable(values)))
        if kinds <= {list, tuple}:  # the last level, the longest, is never copied
            values = list(chain.from_iterable(values))
    return kinds


def layout_error(path: Path, what: str) -> LayoutError:
    """Return the error for a pickle that is not in the layout of parallel lists."""
    return LayoutError(
        f"{path}: not a pickle of parallel lists of 28x28 images: {what}",
        "Run `pipeline build-pickles --force`",
    )
