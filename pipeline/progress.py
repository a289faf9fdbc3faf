"""How long work tells of itself while it goes on, without knowing who listens."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable


@runtime_checkable
class ProgressReporter(Protocol):
    """Somebody who listens; `console.Console` prints what it hears."""

    def note(self, text: str) -> None:
        """Hear what has happened."""

    def progress(
        self, what: str, total: int, unit: str
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Watch something of a known size; what is entered is the function to report more with."""


class SilentReporter:
    """Nobody listens."""

    def note(self, text: str) -> None:
        pass

    @contextlib.contextmanager
    def progress(self, what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        yield lambda more: None


SILENT = SilentReporter()
