"""What both commands share: how they print, show progress and are asked to stop.

Results go to stdout, notes and progress to stderr, so a pipe carries results alone. With
`--json` stdout is exactly one JSON object, for errors too.
"""

import contextlib
import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from enum import Enum
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, TextIO, TypeAlias

import typer

from pipeline.errors import printable
from pipeline.terminal.as_called import as_called

if TYPE_CHECKING:
    import rich.progress

SHOW_EVERY = 0.1  # seconds between two looks of a progress bar; a step takes far less

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, *filter(None, [getattr(signal, "SIGHUP", None)]))

CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir", metavar="FOLDER", help="Cache folder. [default: see `pipeline where`]"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Output as one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Output of results and errors only.")]
Overwrite = Annotated[bool, typer.Option("--force", help="Replacement of files of other programs.")]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Traceback of an error.")]

Colour: TypeAlias = tuple[int, int, int]  # red, green, blue, 0 to 255


class Marks(Enum):
    """What can be drawn with in lines of text."""

    COLOURS = "half blocks in any colour"
    BLOCKS = "blocks in the one colour of the text"
    ASCII = "letters and signs"


# Lines to show under a progress bar: of at most so many columns, with such marks.
LinesBelow: TypeAlias = Callable[[int, Marks], list[str]]


class Span(NamedTuple):
    """Some text of a line in one colour; None: the colours of the terminal."""

    text: str
    ink: Colour | None = None
    paper: Colour | None = None


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

    def draw(self, lines: Sequence[Sequence[Span]]) -> None:
        """Print lines of the result that are drawn, in colours where stdout shows them."""
        if self.json:
            return
        if detect_marks(sys.stdout) is not Marks.COLOURS:
            self.say(*("".join(span.text for span in line).rstrip() for line in lines))
            return
        from rich import color, console, segment, style

        def segments(line: Sequence[Span]) -> Iterator[segment.Segment]:
            for span in line:
                ink, paper = (c and color.Color.from_rgb(*c) for c in (span.ink, span.paper))
                yield segment.Segment(printable(span.text), style.Style(color=ink, bgcolor=paper))
            yield segment.Segment.line()

        shown = console.Console(file=sys.stdout)
        shown.print(segment.Segments(it for line in lines for it in segments(line)), end="")

    def note(self, text: str) -> None:
        """Print a line beside the result: what happens, what to do next."""
        if not (self.json or self.quiet):
            print(printable(as_called(text)), file=sys.stderr, flush=True)

    def result(self, value: dict[str, Any]) -> None:
        """Print the JSON object, if that is what was asked for."""
        if self.json:
            print(json.dumps(value, indent=2))

    @property
    def shows_progress(self) -> bool:
        """Does somebody look at stderr, on a terminal where lines can change in their place?"""
        return not (self.json or self.quiet) and can_draw(sys.stderr)

    @contextlib.contextmanager
    def progress(
        self, what: str, total: int, unit: str, below: LinesBelow | None = None
    ) -> Iterator[Callable[[int], None]]:
        """Show how far something is, on a terminal; yields the function to report more with.

        What is shown `below` the bar stays when the bar goes.
        """
        if not self.shows_progress:
            yield lambda more: None
            return
        marks = detect_marks(sys.stderr)

        def lines_below(width: int) -> list[str]:
            return below(width, marks) if below else []

        with progress_bar(unit, lines_below) as bar:
            task = bar.add_task(what, total=total)
            done, shown_at = 0, 0.0

            def advance(more: int) -> None:
                nonlocal done, shown_at
                done += more
                if (now := time.monotonic()) - shown_at > SHOW_EVERY:
                    bar.update(task, completed=done)
                    shown_at = now

            yield advance
        for line in lines_below(terminal_width()):
            self.note(line)

    @contextlib.contextmanager
    def live_lines(self) -> Iterator[Callable[[list[str]], None] | None]:
        """Show lines that change in their place; yields the function to show others with.

        None where that cannot be done: then each is to be told in a note of its own.
        """
        if not self.shows_progress:
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


def detect_marks(stream: TextIO) -> Marks:
    """Say what can be drawn with on a stream: colours on a terminal alone.

    Who sets LC_ALL to C asks for ASCII, though Python would still write UTF-8.
    """
    encoding = (stream.encoding or "ascii").lower().replace("-", "")
    if not encoding.startswith("utf") or os.environ.get("LC_ALL") in ("C", "POSIX"):
        return Marks.ASCII
    if not can_draw(stream):
        return Marks.BLOCKS
    from rich import console

    shown = console.Console(file=stream)
    has_greys = shown.color_system in ("256", "truecolor") and not shown.no_color
    return Marks.COLOURS if has_greys else Marks.BLOCKS


def terminal_width() -> int:
    """Count the columns of the terminal behind stdout, or else stderr; 80 where there is none."""
    columns = 0
    with contextlib.suppress(OSError, ValueError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    return shutil.get_terminal_size((columns or 80, 24)).columns


def centre(text: str, width: int) -> str:
    """Make a text as wide as told, in its middle, cut where it is wider.

    Units: columns; a Chinese character takes two.
    """
    from rich import cells

    left = max(0, width - cells.cell_len(text)) // 2
    return cells.set_cell_size(" " * left + text, width)


def progress_bar(unit: str, below: Callable[[int], list[str]]) -> "rich.progress.Progress":
    """Make a bar with amount, speed and time left, and lines below; it draws itself on stderr."""
    from rich import console, progress, text

    stderr = console.Console(stderr=True)

    class Bar(progress.Progress):
        def get_renderables(self) -> Iterator[console.RenderableType]:
            yield from super().get_renderables()
            for line in below(stderr.width):
                yield text.Text(line, no_wrap=True, overflow="crop")

    if unit == "bytes":
        amounts = [progress.DownloadColumn(), progress.TransferSpeedColumn()]
    else:
        amounts = [progress.TextColumn(f"{{task.completed:,.0f}} of {{task.total:,.0f}} {unit}")]
    return Bar(
        progress.TextColumn("{task.description}"),
        progress.BarColumn(),
        *amounts,
        progress.TimeRemainingColumn(),
        console=stderr,
        transient=True,
    )


@contextlib.contextmanager
def stop_requests() -> Iterator[Callable[[], int]]:
    """Let SIGINT, SIGTERM and SIGHUP ask for a stop instead of forcing it, once.

    SIGHUP, which a terminal sends as it closes, stays ignored for who is started by `nohup`.

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

    for number in STOP_SIGNALS:
        if number == signal.SIGINT or signal.getsignal(number) is not signal.SIG_IGN:
            kept[number] = signal.signal(number, remember)
    try:
        yield lambda: received
    finally:
        restore()
