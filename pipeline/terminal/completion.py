"""What completes the value of an option in the shell: names that there are, no errors."""

from collections.abc import Callable, Iterable
from contextlib import suppress

import typer

from pipeline.errors import ProjectError
from pipeline.storage.cache import Cache, find_cache

Complete = Callable[[typer.Context, str], list[str]]


def complete_names(list_names: Callable[[Cache], Iterable[str]]) -> Complete:
    """Complete a name from those that a function lists, of the cache that is being typed.

    Of a list, `one,other`, the last name is completed.
    """

    def complete(ctx: typer.Context, incomplete: str) -> list[str]:
        before, comma, begun = incomplete.rpartition(",")
        with suppress(ProjectError, OSError):  # nothing of that is for the line that is being typed
            names = list_names(find_cache(ctx.params.get("cache_dir")))
            return [f"{before}{comma}{name}" for name in names if name.startswith(begun)]
        return []

    return complete


def complete_among(*names: str) -> Complete:
    """Complete one of some names."""
    return complete_names(lambda cache: names)
