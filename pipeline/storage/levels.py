"""Grey levels of any scale: the numbers that can be one, and the number that is full ink.

Arrays, tables and pictures follow these rules. A number that is not finite, is negative or is
above full ink is never clipped: it is an error that names the file.
"""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError, UsageError

FULL = 255
FAINT = 127  # no pixel is above it: another scale than 0 to 255
MAX_LEVEL = 65535  # of a picture whose full ink is not stated
SHARES = (256, 255)  # of which fractions are whole numbers, the first that fits
NEARLY = -255  # the same, apart from a little noise
NEARLY_256 = -256
NOISE = 0.1  # of a level, as half precision makes it
NOISE_256 = 0.02  # of a level, as 4 digits make it; more may be another scale
BEYOND = 1e-4  # that shares may be above 1 or below 0
DOUBT = "it is not certain which level is full ink"
FAINT_INK = "so the ink is faint"
OTHERWISE = "if another level is full ink, state it with --highest N"


class Scale(NamedTuple):
    """The scale of some grey levels."""

    full: float = FULL  # the level of full ink
    note: str = ""  # on how it was found

    def to_bytes(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Convert grey levels to bytes, rounded.

        Shapes: any, the same out.
        """
        if self.full == FULL and values.dtype == np.uint8:
            return values
        levels: NDArray[np.float64] = np.multiply(values, FULL / self.full, dtype=np.float64)
        return np.rint(np.clip(levels, 0, FULL)).astype(np.uint8)


def check_levels(where: str, values: NDArray[Any], highest: float | None = None) -> None:
    """Require that numbers are grey levels, up to the highest if that is given.

    Raises: CorruptError with the first number that is not.
    """
    lowest, largest = find_range(values)
    if not math.isfinite(lowest) or not math.isfinite(largest):
        wrong = values[~np.isfinite(values)].flat[0]
        text = "not a number (NaN)" if np.isnan(wrong) else f"infinite ({wrong})"
        what = f"{where}: a pixel is {text}; expected a grey level, such as 0 to 255"
        raise CorruptError(what, "Replace such pixels: np.nan_to_num(x, nan=0, posinf=255)")
    if lowest < (-BEYOND if largest <= 1 + BEYOND else 0):
        mend = "(x + 1) / 2 * 255" if lowest >= -1 and largest <= 1 else "x - x.min()"
        what = f"{where}: a pixel is {format_level(lowest)}; expected 0 or more"
        raise CorruptError(what, f"If 0 is not the lowest level, save {mend} instead of x")
    if highest is not None and largest > highest + (BEYOND if values.dtype.kind == "f" else 0):
        what = f"{where}: a pixel is {format_level(largest)}; expected {format_level(highest)}"
        raise CorruptError(f"{what} at most", "--highest is the largest pixel of all")


def require_highest(highest: float | None, name: str = "--highest") -> None:
    """Require that the level of full ink, if it is given, is above 0.

    Raises: UsageError.
    """
    if highest is not None and not 0 < highest < math.inf:
        found = f"{float(highest):g}".replace("nan", "NaN")
        raise UsageError(f"{name} is {found}; expected a number above 0, such as 255")


def find_range(values: NDArray[Any]) -> tuple[float, float]:
    """Return the lowest and the highest number; NaN if one is not a number."""
    if not values.size:
        return 0.0, 0.0
    with np.errstate(invalid="ignore"):
        return float(values.min()) + 0.0, float(values.max()) + 0.0  # 0, never -0


def format_level(value: float) -> str:
    """Format a grey level for a message."""
    return str(int(value)) if value == round(value) and abs(value) < 1e15 else f"{value:.6g}"


def guess_full(highest: int, step: int) -> int:
    """Guess the level of full ink of whole numbers: by their depth in bits.

    Bytes that were multiplied, as 8 bits are to fill 16 (by 257) or 12 (by 16), are recognised
    by their common divisor, `step`.
    """
    if highest <= FULL:
        return FULL
    if step > 1 and FAINT < highest // step <= FULL:
        return FULL * step
    return (1 << highest.bit_length()) - 1


@dataclass
class LevelSurvey:
    """Statistics of the grey levels of a source, added picture by picture."""

    highest: float = 0.0
    step: int = 0  # the common divisor of whole numbers
    is_whole: bool = True
    is_float: bool = True
    shares: tuple[int, ...] = SHARES  # those of which all numbers may be fractions

    def add(self, values: NDArray[Any]) -> None:
        """Add some grey levels; they have been checked."""
        self.highest = max(self.highest, find_range(values)[1])
        self.is_float &= values.dtype.kind == "f"
        if self.is_whole and values.dtype.kind == "f":
            self.is_whole = bool((values == np.rint(values)).all())
        if self.is_whole and self.highest <= MAX_LEVEL:
            self.step = math.gcd(self.step, int(np.gcd.reduce(values.astype(np.int64), axis=None)))
        if self.is_float and self.highest <= 1 + BEYOND:
            self.shares = tuple(it for it in self.shares if fits(values, it))

    def merge(self, other: "LevelSurvey") -> None:
        """Add the statistics of other grey levels."""
        self.highest = max(self.highest, other.highest)
        self.step = math.gcd(self.step, other.step)
        self.is_whole &= other.is_whole
        self.is_float &= other.is_float
        self.shares = tuple(it for it in self.shares if it in other.shares)

    @property
    def are_shares(self) -> bool:
        """Return whether all numbers are fractions up to 1, and not all are 0."""
        return self.is_float and 0 < self.highest <= 1 + BEYOND

    def find_scale(self, highest: float | None = None) -> Scale:
        """Determine the scale of pictures with more than 8 bits, or of fractions.

        Shares of full ink stand for whole numbers / 255; a higher level of full ink that is given
        refers to those, as it does in an array.
        """
        if highest is not None:
            full = FULL / self.shares[0] if self.are_shares and self.shares else 1.0
            return Scale(highest * full / FULL if self.are_shares and highest > 1 else highest)
        if self.are_shares:
            return self.scale_of_shares()
        if self.is_whole and self.highest <= FAINT:
            return Scale()  # the images are faint, which is reported of any picture
        full = guess_full(math.ceil(self.highest - 0.5), self.step if self.is_whole else 0)
        note = f"more than 8 bits per pixel, and levels up to {format_level(self.highest)}"
        note += "" if self.is_whole else ", some of them rounded fractions"
        return self.scale_up_to(full, note)

    def scale_of_shares(self) -> Scale:
        """Return the scale of fractions up to 1."""
        if self.shares:
            note = f"levels are shares of full ink, exactly whole numbers / {self.shares[0]}"
            return Scale(FULL / self.shares[0], note)
        note = f"levels are fractions up to {format_level(self.highest)}, which were rounded"
        return self.scale_up_to(1, note)

    def scale_up_to(self, full: int, findings: str) -> Scale:
        """Return the scale with a level of full ink, which may be above all levels."""
        doubt = f"{DOUBT}: " if full != self.highest else ""
        return Scale(full, f"{doubt}{findings}: {full} is taken as full ink; {OTHERWISE}")


def is_doubtful(note: str) -> bool:
    """Return whether a note on a scale reports that it is not certain."""
    return DOUBT in note


def is_on_faint_ink(note: str) -> bool:
    """Return whether a note reports that the ink of all images is faint."""
    return FAINT_INK in note


def survey_levels(chunks: Iterable[NDArray[Any]]) -> LevelSurvey:
    """Compute the statistics of some grey levels."""
    survey = LevelSurvey()
    for values in chunks:
        survey.add(values)
    return survey


def are_shares(values: NDArray[Any]) -> bool:
    """Return whether all numbers are from 0 to 1, or slightly beyond; NaN is not."""
    return bool(values.size == 0 or -BEYOND <= values.min() <= values.max() <= 1 + BEYOND)


def fits(values: NDArray[Any], scale: int) -> bool:
    """Return whether shares may be whole numbers / scale."""
    if scale > 0:
        return unscaled(values, scale) is not None
    levels = values.astype(np.float64) * -scale
    noise = NOISE if scale == NEARLY else NOISE_256
    is_near = np.abs(levels - np.rint(levels)) <= noise
    return bool(is_near.all() and (np.rint(levels) <= FULL).all())


def unscaled(values: NDArray[Any], scale: int) -> NDArray[np.uint8] | None:
    """Return the bytes whose quotients by `scale` are exactly these; else None.

    Products with 1 / scale, which some people compute instead, are accepted, too. Doubles may
    have been converted from single precision.
    """
    types = [values.dtype, np.dtype(np.float32)] if values.dtype == np.float64 else [values.dtype]
    pixels = np.empty(values.shape, np.uint8)
    step = 1 << 16
    flat, out = values.reshape(-1), pixels.reshape(-1)
    for start in range(0, flat.size, step):
        part = flat[start : start + step]
        nearest = np.rint(part.astype(np.float64) * scale)
        is_exact = np.zeros(part.shape, np.bool_)
        for dtype in types:
            is_exact |= part == (nearest / scale).astype(dtype)
            is_exact |= part == nearest.astype(dtype) * dtype.type(1 / scale)
        if (nearest > 255).any() or (nearest < 0).any() or not is_exact.all():
            return None
        out[start : start + step] = nearest.astype(np.uint8)
    return pixels
