"""Layout of the images in an array, from its shape alone."""

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError

MIN_SIDE, MAX_SIDE = 8, 1024  # pixels
COLOURS = 3
CIFAR = (COLOURS, 32, 32)  # whose rows have 3,072 numbers
MAX_CLASSES = 256


class Item(NamedTuple):
    """The arrangement of the numbers of one image."""

    height: int
    width: int
    colours: int  # 1 for grey levels, or 3
    is_colour_first: bool = False


class Layout(NamedTuple):
    """The arrangement of images in an array."""

    image_count: int
    item: Item
    axis: int  # which counts the images: 0, or -1 as in MATLAB; 1 for 28 x N x 28
    is_clear: bool = True  # no other axis could count them

    @property
    def is_usual(self) -> bool:
        """Return whether the images have MNIST's size."""
        return (self.item.height, self.item.width) == IMAGE_SHAPE


def find_layout(shape: tuple[int, ...], axis: int | None = None) -> Layout | None:
    """Find the images in an array of this shape; those of 28x28 are preferred.

    `axis` is the one that counts the images, if that is known.

    Returns: None if there are none.
    """
    rests = {0: shape[1:], -1: shape[:-1]}
    if len(shape) == 3 and shape[::2] == IMAGE_SHAPE:
        rests[1] = IMAGE_SHAPE
    found = [
        Layout(shape[place], item, place)
        for place, rest in rests.items()
        if axis in (None, place) and rest and (item := find_item(rest)) is not None
    ]
    choice = [it for it in found if it.is_usual] or found
    if not choice:
        return None
    counts = [it.image_count for it in choice]
    return choice[0]._replace(is_clear=counts[0] == 1 or counts.count(counts[0]) == 1)


def settle_layout(
    shape: tuple[int, ...], layout: Layout | None, others: Sequence[Layout]
) -> Layout | None:
    """Read an unclear array like the clear ones next to it, if those agree on the axis."""
    axes = {it.axis for it in others if it.is_clear and it.is_usual}
    if layout is None or layout.is_clear or len(axes) != 1:
        return layout
    return find_layout(shape, axes.pop()) or layout


def require_clear(where: str, shape: tuple[int, ...], layout: Layout) -> None:
    """Check that only one axis of an array can count its images.

    Raises: CorruptError.
    """
    if layout.is_clear:
        return
    size = "x".join(map(str, shape))
    what = f"{where}: its shape is {size}, so it is not clear which axis counts the images"
    if len(shape) == 2:
        height, width = layout.item.height, layout.item.width
        hint = f"x.reshape(-1, {height}, {width}) if each row is an image, "
        hint += f"x.T.reshape(-1, {height}, {width}) if each column is"
    else:
        hint = "x.reshape(len(x), -1) if it is the first axis, "
        hint += "np.moveaxis(x, -1, 0).reshape(x.shape[-1], -1) if it is the last"
    raise CorruptError(what, f"In Python: save {hint}")


def find_item(shape: tuple[int, ...]) -> Item | None:
    """Find the arrangement of one image: (784,), (28, 28), (28, 28, 3), ...

    Source: the rows of 3,072 are those of CIFAR's data batches.
    """
    if len(shape) == 3 and shape[-1] in (1, COLOURS) and are_sides(shape[:2]):
        return Item(shape[0], shape[1], shape[2])
    if len(shape) == 3 and shape[0] in (1, COLOURS) and are_sides(shape[1:]):
        return Item(shape[1], shape[2], shape[0], is_colour_first=True)
    if len(shape) == 2 and are_sides(shape):
        return Item(*shape, 1)
    size = math.prod(shape)
    if max(shape) < size:  # several axes with a length, but not an image
        return None
    if size == math.prod(CIFAR):
        return Item(CIFAR[1], CIFAR[2], COLOURS, is_colour_first=True)
    side = math.isqrt(size)
    return Item(side, side, 1) if side * side == size and are_sides((side, side)) else None


def is_one_image(shape: tuple[int, ...]) -> bool:
    """Return whether an array is a single image."""
    item = find_item(shape) if shape else None
    if item is None or (item.height, item.width) == IMAGE_SHAPE:
        return item is not None
    layout = find_layout(shape)
    return layout is None or not layout.is_usual


def are_sides(sides: tuple[int, ...]) -> bool:
    """Return whether these can be the height and width of a picture."""
    return all(MIN_SIDE <= side <= MAX_SIDE for side in sides)


def arrange(rows: NDArray[Any], item: Item) -> NDArray[Any]:
    """Bring images into one order of axes.

    Shapes: (n, ...) -> (n, height, width, colours).
    """
    if item.is_colour_first:
        return np.moveaxis(rows.reshape(-1, item.colours, item.height, item.width), 1, -1)
    return rows.reshape(-1, item.height, item.width, item.colours)


def can_label(shape: tuple[int, ...], count: int) -> bool:
    """Return whether an array can label `count` images, by numbers or one-hot."""
    if math.prod(shape) == count:
        return sum(n > 1 for n in shape) <= 1
    sides = [n for n in shape if n != 1]
    if len(sides) == 1 and count == 1:
        return sides[0] <= MAX_CLASSES
    return len(sides) == 2 and count in sides and math.prod(sides) <= count * MAX_CLASSES
