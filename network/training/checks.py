"""Checks of names, numbers and types that files and options share, each with its error."""

import difflib
import json
from collections.abc import Collection
from numbers import Integral, Real
from types import UnionType
from typing import Any, get_args, get_origin

from pipeline.errors import UsageError
from pipeline.storage.arguments import show_value

MAX_SHOWN = 200  # characters of a value in an error


def check_name(option: str, name: Any, known: Collection[str]) -> None:
    """Require a name that is known.

    Raises: UsageError, with the nearest name.
    """
    if not isinstance(name, str) or name not in known:
        raise UsageError(
            f"{option} is {format_value(name)}; expected {format_list(known)}",
            suggest_name(name, known),
        )


def check_range(option: str, value: float | None, low: float, high: float) -> None:
    """Require a number from low to high; None is accepted as not set.

    Raises: UsageError.
    """
    if value is not None and not low <= value <= high:
        raise UsageError(f"{option} is {format_value(value)}; expected {format_range(low, high)}")


def suggest_name(name: Any, known: Collection[str]) -> str:
    """Return a suggestion of the nearest name; empty if none is near."""
    typed = name.lower() if isinstance(name, str) else ""
    lower = {one.lower(): one for one in known}
    near = difflib.get_close_matches(typed, lower, n=1, cutoff=0.5)
    return f"Did you mean {lower[near[0]]}?" if near else ""


def fits_type(value: Any, hint: Any) -> bool:
    """Return whether a value fits a type; lists count as tuples, integers as floats."""
    if isinstance(hint, UnionType):
        return any(fits_type(value, one) for one in get_args(hint))
    kind, inner = get_origin(hint) or hint, get_args(hint)
    if kind is dict:
        return isinstance(value, dict) and all(fits_type(one, inner[1]) for one in value.values())
    if kind is tuple:
        return isinstance(value, list | tuple) and all(fits_type(one, inner[0]) for one in value)
    if isinstance(value, bool):
        return kind is bool
    return isinstance(value, int | float if kind is float else kind)


def format_value(value: Any) -> str:
    """Return a value as it was typed: text in double quotes, lists of a file in brackets.

    A value that no file can have, such as an object of Python, is described by its type.
    """
    if value is None:  # only Python has this value
        return "None"
    try:
        if isinstance(value, tuple) and value:  # from the command line
            return ",".join(map(str, value))[:MAX_SHOWN]
        if isinstance(value, Real) and not isinstance(value, int):  # also a number of NumPy
            value = int(value) if isinstance(value, Integral) else float(value)
        return json.dumps(value, ensure_ascii=False)[:MAX_SHOWN]
    except (TypeError, ValueError, RecursionError, OverflowError):  # a list inside of itself
        return show_value(value)


def format_range(low: float, high: float) -> str:
    """Return a range as text, such as `0 to 1,000,000`."""
    return f"{format_number(low)} to {format_number(high)}"


def format_number(number: float) -> str:
    """Return a number as text, such as `1,000,000`, `0.999999` or `1e-12`."""
    return f"{int(number):,}" if number == int(number) else f"{number:.10g}"


def format_list(names: Collection[str]) -> str:
    """Return names as text, such as `a, b or c`."""
    *others, last = names or ("nothing",)
    return f"{', '.join(others)} or {last}" if others else last
