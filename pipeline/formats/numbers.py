"""Numbers that become pixels and labels, if that changes none of them."""

import re
from collections.abc import Iterable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline.datasets.user_datasets import SPLIT
from pipeline.errors import CorruptError
from pipeline.formats.streams import split_called

# what people call images and labels, where there are no splits or after the name of a split
PAIRS = (("images", "labels"), ("x", "y"), ("data", "target"))


def whole_bytes(where: str, values: NDArray[Any], what: str) -> NDArray[np.uint8]:
    """Turn numbers into bytes, refusing what that would change.

    Shapes: any, the same out.

    Raises: CorruptError.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "uif":
        raise CorruptError(f"{where}: a {what} is a {values.dtype}, expected a number")
    with np.errstate(invalid="ignore"):
        is_wrong = ~((values >= 0) & (values <= 255) & (values == np.floor(values)))
    if is_wrong.any():
        wrong = values[is_wrong].flat[0]
        hint = "Save pixels as whole numbers: multiply by 255 and round" if 0 < wrong < 1 else ""
        raise CorruptError(
            f"{where}: a {what} is {wrong}, expected a whole number from 0 to 255", hint
        )
    return values.astype(np.uint8)


def ink_bytes(where: str, values: NDArray[Any]) -> tuple[NDArray[np.uint8], str]:
    """Turn pixels of any kind into bytes: whole numbers, or shares of full ink that once were.

    Nielsen's mnist.pkl.gz holds pixel / 256, most others pixel / 255.

    Returns: the bytes, and a note when they were shares.

    Source: M. Nielsen, Neural Networks and Deep Learning, mnist_loader.py; the values in its file.

    Raises: CorruptError.
    """
    if values.dtype.kind != "f" or not values.size or not 0 <= values.min() <= values.max() <= 1:
        return whole_bytes(where, values, "pixel"), ""
    for scale in (1, 256, 255):
        if (pixels := unscaled(values, scale)) is not None:
            note = f"{where}: pixels are shares of full ink, exactly whole numbers / {scale}"
            return pixels, "" if scale == 1 else note
    raise CorruptError(
        f"{where}: pixels are fractions that are no whole numbers / 255 or / 256",
        "Save pixels as whole numbers from 0 to 255",
    )


def unscaled(values: NDArray[Any], scale: int) -> NDArray[np.uint8] | None:
    """Return the bytes of which these are exactly the quotients by `scale`; None unless all are.

    Or the products with 1 / scale, which some people take instead.
    """
    pixels = np.empty(values.shape, np.uint8)
    step = 1 << 16
    flat, out = values.reshape(-1), pixels.reshape(-1)
    for start in range(0, flat.size, step):
        part = flat[start : start + step]
        nearest = np.rint(part.astype(np.float64) * scale)
        quotients = (nearest / scale).astype(values.dtype)
        products = nearest.astype(values.dtype) * values.dtype.type(1 / scale)
        if (nearest > 255).any() or not ((part == quotients) | (part == products)).all():
            return None
        out[start : start + step] = nearest.astype(np.uint8)
    return pixels


def pair_names(keys: Iterable[str]) -> dict[str | None, tuple[str, str]]:
    """Find the names of images and labels that belong together, by split.

    Understood are Keras's x_train and y_train with any split, train_images and train_labels, and
    a single pair: images and labels, x and y, data and target.

    Source: the keys of mnist.npz in Keras's datasets/mnist.py.
    """
    by_name = {key.lower(): key for key in keys}
    found: dict[str | None, tuple[str, str]] = {}
    for images, labels in PAIRS:
        if images in by_name and labels in by_name:
            found[None] = by_name[images], by_name[labels]
    for name, key in by_name.items():
        for pattern in (rf"(x)_({SPLIT})", rf"({SPLIT})_(images)"):
            match = re.fullmatch(pattern, name)
            if match is None:
                continue
            partner = f"y_{match[2]}" if match[1] == "x" else f"{match[1]}_labels"
            if partner in by_name:
                split = split_called(match[2] if match[1] == "x" else match[1])
                found[split] = key, by_name[partner]
    return found
