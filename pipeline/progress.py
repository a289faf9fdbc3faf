"""Progress reporting for long-running work."""

import contextlib
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Protocol, runtime_checkable


@runtime_checkable
class ProgressReporter(Protocol):
    """Receiver of notes and progress, such as `console.Console`."""

    def note(self, text: str) -> None:
        """Print or record one event."""

    def progress(
        self, what: str, total: int, unit: str
    ) -> AbstractContextManager[Callable[[int], None]]:
        """Track work of a known size; yields the function to report with."""


class SilentReporter:
    """A reporter that prints nothing."""

    def note(self, text: str) -> None:
        pass

    @contextlib.contextmanager
    def progress(self, what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        yield lambda more: None


SILENT = SilentReporter()
