"""Scale of a CSV file's pixels: whole numbers, or shares of full ink."""

from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipeline.errors import CorruptError
from pipeline.formats.csv.lines import WHOLE_NUMBER
from pipeline.storage.levels import BEYOND, FULL, NOISE, NOISE_256, format_level
from pipeline.storage.levels import Scale as Levels

NEAR_TESTS = 2  # the last ones
WHOLE = "Save pixels as whole numbers from 0 to 255"
Test: TypeAlias = Callable[[NDArray[np.float64]], bool]


def is_rounded(values: NDArray[np.float64], scale: int, digits: int) -> bool:
    """Return whether numbers are whole numbers / `scale`, rounded to `digits` decimals."""
    return bool((np.round(np.rint(values * scale) / scale, digits) == values).all())


def is_exact(values: NDArray[np.float64], scale: int, kind: str) -> bool:
    """Return whether numbers are exact quotients by `scale` in a float type."""
    dtype = np.dtype(kind).type
    whole = np.rint(values * scale)
    texts, quotients = values.astype(dtype), (whole / scale).astype(dtype)
    products = whole.astype(dtype) * dtype(1 / scale)
    return bool(((texts == quotients) | (texts == products)).all() and (whole <= FULL).all())


def is_near(values: NDArray[np.float64], scale: int, noise: float) -> bool:
    """Return whether numbers are whole numbers / `scale`, apart from noise in parts of a level."""
    return bool((np.abs(values * scale - np.rint(values * scale)) <= noise).all())


def list_tests() -> list[tuple[int, Test]]:
    """List the possible scales: the divisor, and a test of values."""
    exact = [
        (scale, lambda values, scale=scale, kind=kind: is_exact(values, scale, kind))
        for kind in ("f8", "f4")
        for scale in (FULL + 1, FULL)
    ]
    rounded = [
        (scale, lambda values, scale=scale, digits=digits: is_rounded(values, scale, digits))
        for scale in (FULL, FULL + 1)
        for digits in range(3, 10)
    ]
    near = [
        (scale, lambda values, scale=scale, noise=noise: is_near(values, scale, noise))
        for scale, noise in ((FULL, NOISE), (FULL + 1, NOISE_256))
    ]
    return [*exact, *rounded, *near]


def highest_of(values: NDArray[np.float64]) -> float:
    """Return the highest number, or 0."""
    return float(values.max(initial=0))


class Scale:
    """Scale of a file's numbers, from all of them, and the pixels that result.

    The number of full ink may be given. It refers to whole pixels if the numbers are shares.
    """

    def __init__(self, full: float | None = None) -> None:
        self.full = full
        self.limit = FULL if full is None else full
        self.highest = 0.0
        self.tests = list_tests()
        self.has_shares = False

    def survey(self, values: NDArray[Any]) -> NDArray[np.bool_] | None:
        """Add some numbers; return a mask of those that cannot be pixels, if any.

        Shapes: any, the same out.
        """
        if values.dtype == np.uint8:
            highest = float(values.max(initial=0))
            if highest <= (1 if self.has_shares else self.limit):
                self.highest = max(self.highest, highest)
                return None
        values = np.where((values > 1) & (values <= 1 + BEYOND), 1.0, values)
        values = np.where((values < 0) & (values >= -BEYOND), 0.0, values)
        is_wrong = (values < 0) | (values > self.limit)
        if self.full is not None and (highest_of(values) > 1 or self.full <= 1):
            self.highest = max(self.highest, highest_of(values))
            return is_wrong if is_wrong.any() else None
        is_share = values != np.rint(values)
        highest = max(self.highest, highest_of(values))
        if highest > 1:
            above = values > 1
            are_shares = self.has_shares or np.count_nonzero(is_share) > np.count_nonzero(above)
            is_wrong |= above if are_shares else is_share
        elif is_share.any():
            self.has_shares = True
            shares = np.unique(values[values > 0])
            self.tests = [it for it in self.tests if it[1](shares)]
        self.highest = highest
        return is_wrong if is_wrong.any() else None

    @property
    def is_given(self) -> bool:
        """Return whether the numbers are divided by the number of full ink that is given."""
        return self.full is not None and (self.full <= 1 or self.highest > 1 or not self.has_shares)

    @property
    def expected(self) -> str:
        """Describe the numbers that can be pixels."""
        if self.full is None:
            return WHOLE_NUMBER
        return f"a number from 0 to {format_level(self.full)}, as --highest states"

    @property
    def divisor(self) -> int | None:
        """Return the divisor of the pixels; None if none fits all of them."""
        found = (divisor for divisor, _ in self.tests if np.rint(self.highest * divisor) <= FULL)
        return next(found, None) if self.has_shares else 1

    def check(self, path: Path) -> str:
        """Check that the numbers are pixels; return a note if they are shares.

        Raises: CorruptError.
        """
        if self.is_given:
            return ""
        if self.divisor is None:
            raise CorruptError(
                f"{path}: pixels are fractions, but not whole numbers / 255 or / 256",
                f"{WHOLE}: np.round(x * 255), or np.round((x - 0.01) / 0.99 * 255) from 0.01 on. "
                "To round them, state that 1 is full ink: --highest 1",
            )
        if not self.has_shares:
            return ""
        if (largest := np.rint(self.highest * self.divisor)) > self.limit:
            what = f"{path}: a pixel is {format_level(largest)} / {self.divisor}"
            what += f"; expected {format_level(self.limit)} / {self.divisor} at most"
            raise CorruptError(what, "--highest is the largest pixel of all")
        if len(self.tests) <= NEAR_TESTS:
            what = f"{path}: pixels are nearly whole numbers / {self.divisor}"
            return f"{what}, and were rounded to those"
        return f"{path}: pixels are shares of full ink, whole numbers / {self.divisor}"

    def pixels(self, values: NDArray[Any]) -> NDArray[np.uint8]:
        """Return the pixels that numbers stand for.

        Shapes: any, the same out.
        """
        if self.full is not None and self.is_given:
            return Levels(self.full).to_bytes(values)
        divisor = self.divisor or 1
        if divisor == 1:
            return values.astype(np.uint8, copy=False)
        levels: NDArray[np.float64] = np.rint(np.clip(values, 0, 1) * float(divisor))
        return Levels(self.limit).to_bytes(levels.astype(np.uint8))
