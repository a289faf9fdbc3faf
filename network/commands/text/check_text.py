"""Text about a gradient check: its results, and the time that it takes."""

import math
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from time import monotonic
from typing import Any

from network.commands.text.run_text import format_advice, format_check
from network.core.gradient_check import ArrayCheck
from network.metrics.direction_check import DirectionCheck
from pipeline.terminal.console import Console

NOTE_EVERY = 10.0  # seconds, if no bar is drawn


@contextmanager
def show_time_left(console: Console, total: int) -> Iterator[Callable[[int], None]]:
    """Print how many parameters are checked and the time left, in a bar or in lines.

    Yields: the function to report more of them with.
    """
    begun = shown = monotonic()
    done = 0
    with console.progress("checking", total, "parameters") as advance:

        def report(more: int) -> None:
            nonlocal done, shown
            done += more
            advance(more)
            now = monotonic()
            if not console.shows_progress and now - shown >= NOTE_EVERY:
                minutes = math.ceil((now - begun) * (total - done) / done / 60)
                console.note(f"{done:,} of {total:,} parameters, {minutes} min left at most")
                shown = now

        yield report


def format_checks(checks: list[ArrayCheck], directions: DirectionCheck) -> Iterator[str]:
    """Yield a line for each array, one for all of them together, and the conclusion."""
    yield from map(format_check, checks)
    verdict = "correct" if directions.is_right else "INCORRECT"
    yield (
        f"{'all layers':20} {directions.parameters:>9,} along {directions.directions} random "
        f"directions  relative error {directions.relative_error:.1e}  {verdict}"
    )
    one_by_one = sum(check.checked for check in checks)
    if not all(check.is_right for check in checks):
        yield format_advice(checks)
    elif not directions.is_right:
        yield (
            f"a gradient is incorrect that is not among the {one_by_one:,} checked one by one. "
            "Find its layer with `network check --all`"
        )
    elif one_by_one == directions.parameters:
        yield "every gradient is correct"
    else:
        share = 100 * one_by_one / directions.parameters
        yield (
            "every gradient is correct along random directions, and those of "
            f"{one_by_one:,} parameters ({share:.2g} %) one by one; --all checks every one"
        )


def describe_checks(checks: list[ArrayCheck], directions: DirectionCheck) -> dict[str, Any]:
    """Return the results as plain data."""
    return {
        "right": directions.is_right and all(check.is_right for check in checks),
        "checked": sum(check.checked for check in checks),
        "parameters": directions.parameters,
        "directions": {
            "count": directions.directions,
            "relative_error": finite_or_none(directions.relative_error),
            "right": directions.is_right,
        },
        "arrays": [
            {
                "layer": check.layer,
                "layer_name": check.layer_name,
                "array_name": check.array_name,
                "checked": check.checked,
                "relative_error": finite_or_none(check.relative_error),
                "right": check.is_right,
            }
            for check in checks
        ],
    }


def finite_or_none(number: float) -> float | None:
    """Return a number, or None for infinity and NaN, which JSON does not have."""
    return number if math.isfinite(number) else None
