"""Shell completion of option values: existing names, never errors."""

from collections.abc import Callable, Iterable
from contextlib import suppress

import typer

from pipeline.errors import ProjectError
from pipeline.storage.cache import Cache, find_cache

Complete = Callable[[typer.Context, str], list[str]]


def complete_names(list_names: Callable[[Cache], Iterable[str]]) -> Complete:
    """Return a completion of the names that a function lists for the cache.

    In a list, `one,other`, the last name is completed.
    """

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        with suppress(ProjectError, OSError):  # errors must not appear in the line being typed
            names = list_names(find_cache(ctx.params.get("cache_dir")))
            return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]
        return []

    return complete


def complete_among(*names: str) -> Complete:
    """Return a completion of fixed names."""
    return complete_names(lambda cache: names)
