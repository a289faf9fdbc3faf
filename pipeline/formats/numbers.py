"""Conversion of numbers to pixels and labels, without any change of values."""

import math
from collections.abc import Iterable
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError
from pipeline.storage.levels import (
    BEYOND,
    MAX_LEVEL,
    NEARLY,
    NEARLY_256,
    SHARES,
    Scale,
    are_shares,
    check_levels,
    find_range,
    fits,
    guess_full,
    unscaled,
)

SAVEZ = (
    'In Python: np.savez("mine.npz", x_train=..., y_train=..., x_test=..., y_test=...), '
    "and import that"
)
WHOLE, TRUTH = 1, 0  # scales of whole numbers, and of True and False
GIVEN = -1  # the scale of numbers whose full ink is given
HUNDREDTH = 0.01
MAX_STANDARD = 20.0  # of pixels less their mean, over their deviation
MNIST_MEAN, MNIST_STD = 0.1307, 0.3081  # by which its pixels are often standardised


def whole_bytes(where: str, values: NDArray[Any], what: str) -> NDArray[np.uint8]:
    """Convert numbers to bytes; values that would change raise an error.

    Shapes: any, the same out.

    Raises: CorruptError.
    """
    if values.dtype == np.uint8:
        return values
    if values.dtype.kind not in "uif":
        raise CorruptError(f"{where}: a {what} is a {values.dtype}; expected a number", SAVEZ)
    with np.errstate(invalid="ignore"):
        is_wrong = ~((values >= 0) & (values <= 255) & (values == np.floor(values)))
    if is_wrong.any():
        wrong = values[is_wrong].flat[0]
        hint = f"Save whole numbers from 0 to 255{whole_numbers(values)}. {SAVEZ}"
        raise CorruptError(
            f"{where}: a {what} is {wrong}; expected a whole number from 0 to 255",
            hint + (highest_hint(values) if what == "pixel" else ""),
        )
    return values.astype(np.uint8)


def whole_numbers(values: NDArray[Any]) -> str:
    """Return a hint on how to restore whole pixels from numbers up to 1."""
    if values.dtype.kind != "f" or not values.size or not np.isfinite(values).all():
        return ""
    low, high = float(values.min()), float(values.max())
    if high > MAX_STANDARD:
        return ': np.round(x).astype("uint8")' if -0.5 <= low <= high <= 255.5 else ""
    standard = -MNIST_MEAN / MNIST_STD
    if abs(low - standard) < HUNDREDTH:
        share = f"(x * {MNIST_STD} + {MNIST_MEAN})"
    elif low < -1 - BEYOND or high > 1 + BEYOND:
        return ": reverse their scaling, as in np.round((x * std + mean) * 255)"
    elif low < 0:
        share = "(x + 1) / 2"
    else:
        share = "(x - 0.01) / 0.99" if abs(low - HUNDREDTH) < HUNDREDTH / 10 else "x"
    return f': np.round({share} * 255).astype("uint8")'


def highest_hint(values: NDArray[Any]) -> str:
    """Return a hint on the option for numbers of another scale, if they can be grey levels."""
    lowest, largest = find_range(values)
    if not 0 <= lowest <= largest <= MAX_LEVEL:
        return ""
    if largest <= 1:
        return ". To round them, state that 1 is full ink: --highest 1"
    is_whole = bool((values == np.floor(values)).all())
    step = int(np.gcd.reduce(values.astype(np.int64), axis=None)) if is_whole else 0
    full = guess_full(math.ceil(largest), step)
    return f". If another number is full ink, state it, as in --highest {full}"


class Ink(NamedTuple):
    """The meaning of the numbers of some pixels."""

    scale: int  # pixels are whole numbers / scale; or TRUTH, GIVEN
    highest: float | None = None  # the number of full ink, if that is given

    def to_bytes(self, where: str, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Convert pixels to bytes.

        Raises: CorruptError.
        """
        pixels = values if self.scale == GIVEN else self.restore(where, values)
        if self.highest is None:
            return pixels
        check_levels(where, pixels, self.highest)
        return Scale(self.highest).to_bytes(pixels)

    def restore(self, where: str, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Restore the bytes that were converted to these pixels.

        Raises: CorruptError.
        """
        if self.scale == WHOLE:
            return whole_bytes(where, values, "pixel")
        if self.scale == TRUTH:
            return values.astype(np.uint8) * np.uint8(255)
        if self.scale in (NEARLY, NEARLY_256):
            return np.rint(np.clip(values.astype(np.float64), 0, 1) * -self.scale).astype(np.uint8)
        pixels = unscaled(values, self.scale)
        if pixels is None:
            raise CorruptError(f"{where}: the file changed while it was read", "Import it again")
        return pixels

    def note(self, where: str) -> tuple[str, ...]:
        """Return a note on the conversion, if there was one."""
        if self.scale in (WHOLE, GIVEN):
            return ()
        if self.scale == TRUTH:
            return (f"{where}: pixels are true or false; true was taken as 255",)
        if self.scale in (NEARLY, NEARLY_256):
            what = f"{where}: pixels are nearly whole numbers / {-self.scale}"
            return (f"{what}, and were rounded to those",)
        return (f"{where}: pixels are shares of full ink, exactly whole numbers / {self.scale}",)


def find_ink(where: str, chunks: Iterable[NDArray[Any]], highest: float | None = None) -> Ink:
    """Determine the scale of pixels: whole numbers, or shares of full ink.

    Nielsen's mnist.pkl.gz holds pixel / 256, most others pixel / 255. If the number of full ink
    is given, numbers are divided by it; it refers to whole pixels where these were divided before.

    Source: M. Nielsen, Neural Networks and Deep Learning, mnist_loader.py; the values in its file.

    Raises: CorruptError.
    """
    scales = [WHOLE, *SHARES, NEARLY, NEARLY_256]
    for values in chunks:
        require_finite(where, values)
        is_given = highest is not None and is_on_given_scale(where, values, highest)
        if is_given or scales == [GIVEN]:
            scales = [GIVEN]
        elif values.dtype.kind == "b":
            scales = [TRUTH]
        elif values.dtype.kind != "f" or not are_shares(values):
            scales = [it for it in scales if it == WHOLE]
            whole_bytes(where, values, "pixel")
        else:
            scales = [it for it in scales if fits(values, it)]
        if not scales:
            raise CorruptError(
                f"{where}: pixels are fractions, but not whole numbers / 255 or / 256",
                f"Save pixels as whole numbers from 0 to 255{whole_numbers(values)}. {SAVEZ}"
                f"{highest_hint(values)}",
            )
    if highest is not None and scales[0] == WHOLE:
        return Ink(GIVEN, highest)
    return Ink(scales[0], highest)


def require_finite(where: str, values: NDArray[Any]) -> None:
    """Require that no pixel is NaN or infinite.

    Raises: CorruptError.
    """
    if values.dtype.kind == "f" and not np.isfinite(find_range(values)).all():
        check_levels(where, values)


def is_on_given_scale(where: str, values: NDArray[Any], highest: float) -> bool:
    """Return whether the given number of full ink refers to these numbers, not to their shares.

    Raises: CorruptError.
    """
    if values.dtype.kind not in "buif":
        raise CorruptError(f"{where}: a pixel is a {values.dtype}; expected a number")
    check_levels(where, values, highest)
    return highest <= 1 or values.dtype.kind in "ui" or not are_shares(values)


def class_numbers(where: str, values: NDArray[Any], count: int) -> NDArray[np.uint8] | list[str]:
    """Read one label for each of `count` images: a number or a class name.

    Shapes: (count,), (count, 1), (1, count), or one-hot (count, K) or (K, count).

    Raises: CorruptError.
    """
    if values.size != count:
        values = one_hot_numbers(where, values, count)
    values = values.reshape(-1)
    if values.dtype.kind in "SU":
        return [label_text(where, value) for value in values.tolist()]
    if values.dtype.kind == "b":
        values = values.astype(np.uint8)
    if values.dtype.kind not in "uif":
        raise CorruptError(f"{where}: labels of {values.dtype}; expected numbers or texts", SAVEZ)
    with np.errstate(invalid="ignore"):
        is_wrong = ~np.isfinite(values) | (values != np.floor(values))
    if is_wrong.any():
        row, count = int(is_wrong.argmax()), int(is_wrong.sum())
        what = f"a label is {values[row]}; expected a whole number or a text"
        what = f"{where}: {what}; image {row + 1:,} is the first of {count:,} such"
        raise CorruptError(what, "Save the labels as whole numbers or texts")
    if values.size and not 0 <= values.min() <= values.max() <= 255:
        return [str(int(value)) for value in values.tolist()]
    return values.astype(np.uint8)


def label_text(where: str, value: str | bytes) -> str:
    """Return a label as text, decoded from bytes if necessary.

    Raises: CorruptError.
    """
    try:
        return value.decode().strip() if isinstance(value, bytes) else value.strip()
    except UnicodeDecodeError as error:
        hint = 'Save np.char.decode(labels, "latin-1"), or in the encoding that they have'
        raise CorruptError(f"{where}: a label is not UTF-8 text ({error.reason})", hint) from error


def one_hot_numbers(where: str, values: NDArray[Any], count: int) -> NDArray[Any]:
    """Return the position of the one in each row.

    Shapes: (count, K) or (K, count), with axes of 1 among them -> (count,).

    Raises: CorruptError.
    """
    rows = values.reshape([n for n in values.shape if n != 1] if count > 1 else (1, -1))
    rows = rows if rows.shape[0] == count else rows.T
    if rows.dtype.kind not in "buif" or ((rows != 0).sum(1) != 1).any() or (rows.max(1) <= 0).any():
        raise CorruptError(
            f"{where}: {rows.shape[1]} numbers for each image that are not one-hot; expected one "
            "label for each",
            "If the largest is the class, save np.argmax(y, axis=1) instead of y. " + SAVEZ,
        )
    places: NDArray[np.intp] = rows.argmax(1)
    return places
