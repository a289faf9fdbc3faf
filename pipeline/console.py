"""What both commands share: how they print, show progress and are asked to stop.

Results go to stdout, notes and progress to stderr, so a pipe carries results alone. With
`--json` stdout is exactly one JSON object, for errors too.
"""

import contextlib
import json
import os
import signal
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, TextIO

import typer

from pipeline.errors import printable

if TYPE_CHECKING:
    import rich.progress

SHOW_EVERY = 0.1  # seconds between two looks of a progress bar; a step takes far less

CacheDir = Annotated[
    Path | None,
    typer.Option("--cache-dir", help="Folder of all artefacts [default: see `pipeline where`]."),
]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object instead of text.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print results and errors alone.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Show where an error came from.")]


@dataclass(frozen=True)
class Console:
    """Where a command's words go."""

    json: bool = False
    quiet: bool = False

    def say(self, *lines: str) -> None:
        """Print lines of the result."""
        if not self.json:
            for line in lines:
                print(printable(line))

    def note(self, text: str) -> None:
        """Print a line beside the result: what happens, what to do next."""
        if not (self.json or self.quiet):
            print(printable(text), file=sys.stderr, flush=True)

    def result(self, value: dict[str, Any]) -> None:
        """Print the JSON object, if that is what was asked for."""
        if self.json:
            print(json.dumps(value, indent=2))

    @contextlib.contextmanager
    def progress(self, what: str, total: int, unit: str) -> Iterator[Callable[[int], None]]:
        """Show how far something is, on a terminal; yields the function to report more with."""
        if self.json or self.quiet or not can_draw(sys.stderr):
            yield lambda more: None
            return
        with progress_bar(unit) as bar:
            task = bar.add_task(what, total=total)
            done, shown_at = 0, 0.0

            def advance(more: int) -> None:
                nonlocal done, shown_at
                done += more
                if (now := time.monotonic()) - shown_at > SHOW_EVERY:
                    bar.update(task, completed=done)
                    shown_at = now

            yield advance

    @contextlib.contextmanager
    def live_lines(self) -> Iterator[Callable[[list[str]], None] | None]:
        """Show lines that change in their place; yields the function to show others with.

        None where that cannot be done: then each is to be told in a note of its own.
        """
        if self.json or self.quiet or not can_draw(sys.stderr):
            yield None
            return
        from rich import console, live, text

        stderr = console.Console(stderr=True)
        with live.Live(console=stderr, auto_refresh=False, transient=True) as display:
            yield lambda lines: display.update(
                text.Text("\n".join(map(printable, lines)), no_wrap=True, overflow="ellipsis"),
                refresh=True,
            )


def can_draw(stream: TextIO) -> bool:
    """Is this a terminal that can go back in a line? The one of many editors cannot."""
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


def progress_bar(unit: str) -> "rich.progress.Progress":
    """Make a bar with amount, speed and time left; it draws itself on stderr."""
    from rich import console, progress

    if unit == "bytes":
        amounts = [progress.DownloadColumn(), progress.TransferSpeedColumn()]
    else:
        amounts = [progress.TextColumn(f"{{task.completed:,.0f}} of {{task.total:,.0f}} {unit}")]
    return progress.Progress(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        *amounts,
        progress.TimeRemainingColumn(),
        console=console.Console(stderr=True),
        transient=True,
    )


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], int]]:
    """Let SIGINT and SIGTERM ask for a stop instead of forcing it, once.

    Yields: a function that returns the number of the signal that came, 0 while none did. A
    second signal does what signals do without this.
    """
    received = 0
    kept: dict[int, Any] = {}

    def remember(number: int, frame: FrameType | None) -> None:
        nonlocal received
        received = number
        restore()

    def restore() -> None:
        while kept:
            signal.signal(*kept.popitem())

    for number in (signal.SIGINT, signal.SIGTERM):
        kept[number] = signal.signal(number, remember)
    try:
        yield lambda: received
    finally:
        restore()
