"""Console output of both programs: results, notes, progress and stop requests.

Results go to stdout, notes and progress to stderr, so a pipe carries only results. With
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
from typing import TYPE_CHECKING, Annotated, Any, NamedTuple, NoReturn, TextIO, TypeAlias

import typer

from pipeline.errors import printable
from pipeline.terminal.as_called import as_called

if TYPE_CHECKING:
    import rich.progress

SHOW_EVERY = 0.1  # seconds between two updates of a progress bar; a step takes far less

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, *filter(None, [getattr(signal, "SIGHUP", None)]))

CacheDir = Annotated[
    Path | None,
    typer.Option(
        "--cache-dir", metavar="FOLDER", help="Cache folder. [default: see `pipeline where`]"
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print the result as one JSON object.")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="Print only results and errors.")]
Overwrite = Annotated[
    bool, typer.Option("--force", help="Overwrite a file even if another program wrote it.")
]
Verbose = Annotated[bool, typer.Option("--verbose", "-v", help="Print the traceback of an error.")]

Colour: TypeAlias = tuple[int, int, int]  # red, green, blue, 0 to 255


class Marks(Enum):
    """Characters and colours available for drawing in text."""

    COLOURS = "half blocks in any colour"
    BLOCKS = "blocks in the colour of the text"
    ASCII = "letters and signs"


# Lines to show under a progress bar, given the width in columns and the marks.
LinesBelow: TypeAlias = Callable[[int, Marks], list[str]]


class Span(NamedTuple):
    """A part of a line in one colour; None: the colours of the terminal."""

    text: str
    ink: Colour | None = None
    paper: Colour | None = None


@dataclass(frozen=True)
class Console:
    """Output of one command: results to stdout, notes and progress to stderr."""

    json: bool = False
    quiet: bool = False

    def say(self, *lines: str) -> None:
        """Print lines of the result."""
        if not self.json:
            for line in lines:
                print(printable(line))

    def draw(self, lines: Sequence[Sequence[Span]]) -> None:
        """Print drawn lines of the result, in colour if stdout supports it."""
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
        """Print a note to stderr: progress, or the next command."""
        if not (self.json or self.quiet):
            print(printable(as_called(text)), file=sys.stderr, flush=True)

    def warn(self, text: str) -> None:
        """Print a line to stderr, also with --quiet: what the user has to know."""
        if not self.json:
            with contextlib.suppress(OSError):  # the terminal was closed
                print(printable(as_called(text)), file=sys.stderr, flush=True)

    def stop(self, number: int, what: str, *more: str) -> NoReturn:
        """Print what a signal stopped and how to continue, also with --quiet, and exit.

        Raises: SystemExit with 128 and the signal's number.
        """
        code = 128 + number
        for line in (what, *more):
            self.warn(line)
        hint = as_called(" ".join(more))
        self.result({"error": {"code": code, "message": as_called(what), "hint": hint}})
        raise SystemExit(code)

    def result(self, value: dict[str, Any]) -> None:
        """Print the JSON object with `--json`."""
        if self.json:
            print(json.dumps(value, indent=2))

    @property
    def shows_progress(self) -> bool:
        """Return whether stderr is a terminal that can redraw lines."""
        return not (self.json or self.quiet) and can_draw(sys.stderr)

    @contextlib.contextmanager
    def progress(
        self, what: str, total: int, unit: str, below: LinesBelow | None = None
    ) -> Iterator[Callable[[int], None]]:
        """Show a progress bar on a terminal; yields the function to report with.

        The lines `below` the bar remain after the bar is removed.
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
        """Show lines that are redrawn; yields the function to replace them.

        Yields None if that is not possible; then print each line as a note.
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
    """Return whether a stream is a terminal that can redraw lines."""
    return stream.isatty() and os.environ.get("TERM", "") != "dumb"


def detect_marks(stream: TextIO) -> Marks:
    """Return the marks that a stream supports; colours need a terminal.

    LC_ALL set to C requests ASCII, even if Python would write UTF-8.
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
    """Return the columns of the terminal of stdout or stderr; 80 without one."""
    columns = 0
    with contextlib.suppress(OSError, ValueError):
        columns = os.get_terminal_size(sys.stderr.fileno()).columns
    return shutil.get_terminal_size((columns or 80, 24)).columns


def centre(text: str, width: int) -> str:
    """Return a text centred in `width` columns, cut if it is wider.

    Units: columns; a Chinese character takes two.
    """
    from rich import cells

    left = max(0, width - cells.cell_len(text)) // 2
    return cells.set_cell_size(" " * left + text, width)


def progress_bar(unit: str, below: Callable[[int], list[str]]) -> "rich.progress.Progress":
    """Return a progress bar for stderr: amount, speed, time left, lines below."""
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
    """Record the first SIGINT, SIGTERM or SIGHUP as a stop request.

    A terminal sends SIGHUP as it closes; under `nohup` it stays ignored.

    Yields: a function that returns the number of the received signal, or 0. A second signal has
    its usual effect.
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
