"""Options whose value is a number: one declaration, and one form of error for all of them."""

import math
from collections.abc import Callable
from typing import Any

import typer

from pipeline.errors import ProjectError, UsageError
from pipeline.storage.arguments import MAX_SHOWN, show_value


class TypedNumberError(ProjectError):
    """A typed number is not valid. It is not a `ValueError`: Typer would change its message."""

    exit_code = UsageError.exit_code


def whole_option(
    flag: str, low: int | None = None, high: int | None = None, *, example: int, **more: Any
) -> Any:
    """Declare an option whose value is a whole number from low to high, both included."""
    expected = f"a whole number such as {example}"
    return typer.Option(flag, parser=number_reader(flag, int, low, high, expected), **more)


def number_option(
    flag: str, low: float | None = None, high: float | None = None, *, example: float, **more: Any
) -> Any:
    """Declare an option whose value is a number from low to high, both included."""
    expected = f"a number such as {example:g}"
    return typer.Option(flag, parser=number_reader(flag, float, low, high, expected), **more)


def number_reader(
    flag: str,
    kind: Callable[[Any], float],
    low: float | None,
    high: float | None,
    expected: str,
) -> Callable[[Any], float]:
    """Return a function that reads the value of an option."""

    def read(text: Any) -> float:
        """Return the number in a text.

        Raises: TypedNumberError.
        """
        try:
            number = kind(text)
        except ValueError:
            raise TypedNumberError(f"{flag} is {show_value(text)}; expected {expected}") from None
        if not -math.inf < number < math.inf:  # NaN is not, either
            raise TypedNumberError(f"{flag} is {show_value(text)}; expected {expected}")
        if (low is not None and number < low) or (high is not None and number > high):
            typed = str(text).strip()[:MAX_SHOWN]
            raise TypedNumberError(f"{flag} is {typed}; expected {describe_range(low, high)}")
        return number

    return read


def describe_range(low: float | None, high: float | None) -> str:
    """Return a range in words: `1 or more`, `1 to 1,000`."""
    if low is None:
        return f"{high:,} at most"
    return f"{low:,} or more" if high is None else f"{low:,} to {high:,}"
