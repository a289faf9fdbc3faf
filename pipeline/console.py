"""What both commands share: how they print, show progress, fail and end.

Results go to stdout, notes and progress to stderr, so a pipe carries results alone. With
`--json` stdout is exactly one JSON object, for errors too.
"""

import contextlib
import importlib.metadata
import io
import json
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Annotated, Any, NoReturn, TextIO

import typer

from pipeline.errors import ProjectError, StorageError, UsageError, printable

if TYPE_CHECKING:
    import rich.progress

READER_GONE = 128 + 13  # as if by SIGPIPE, which is what ends other programs in a pipe
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

    def say(self, text: str) -> None:
        """Print a line of the result."""
        if not self.json:
            print(printable(text))

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
        if self.json or self.quiet or not sys.stderr.isatty():
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


def run_app(app: typer.Typer, name: str) -> NoReturn:
    """Run a command line to its end: every way it can end has its exit code and its one line."""
    arguments = sys.argv[1:] or ["--help"]
    failure = Failure(name, "--json" in arguments, not {"-v", "--verbose"}.isdisjoint(arguments))
    with contextlib.suppress(ValueError):  # not the main thread
        signal.signal(signal.SIGTERM, exit_on_signal)
    code: object = 0
    stdout = sys.stdout = usable(sys.stdout)
    sys.stderr = usable(sys.stderr)
    try:
        code = app(args=arguments, prog_name=name, standalone_mode=False)
        stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the one place where all that fails ends
        code = failure.report(error)
    if sys.stdout is not stdout:  # typer puts another in its place when the reader has gone
        code = READER_GONE
    close_quietly(stdout)
    sys.exit(code if isinstance(code, int) else 0)


@dataclass(frozen=True)
class Failure:
    """How a command that fails says so."""

    name: str
    json: bool
    verbose: bool

    def report(self, error: BaseException) -> int:
        """Print an error in one line (or as JSON) and return the exit code."""
        code, message, hint = self.describe(error)
        if self.verbose and isinstance(error, Exception):
            traceback.print_exception(error)
        if not message:
            return code
        try:
            if self.json:
                answer = {"error": {"code": code, "message": message, "hint": hint}}
                print(json.dumps(answer, indent=2), flush=True)
            else:
                first, newline, details = message.partition("\n")  # a list of mirrors, say
                line = " ".join(map(sentence, filter(None, (f"{self.name}: {first}", hint))))
                print(printable(line + newline + details), file=sys.stderr, flush=True)
        except OSError:
            pass  # nobody is left to read it; the exit code still tells
        return code

    def describe(self, error: BaseException) -> tuple[int, str, str]:
        """Return exit code, message and hint; an empty message when all has been said."""
        match error:
            case ProjectError():
                told = error.exit_code, error.message, error.hint
            case typer.TyperException():
                message = error.format_message().rstrip(".")
                told = UsageError.exit_code, message, self.help_hint(error)
            case SystemExit():
                told = error.code if isinstance(error.code, int) else 1, "", ""
            case KeyboardInterrupt() | typer.Abort():
                told = 130, "", ""
            case BrokenPipeError():
                told = READER_GONE, "", ""
            case OSError():
                place = f"{error.filename}: " if error.filename else ""
                told = StorageError.exit_code, f"{place}{error.strerror or error}", ""
            case MemoryError():
                told = StorageError.exit_code, "not enough memory", ""
            case _:
                what = f"this is a fault of ours: {type(error).__name__}: {error}"
                told = 1, what, "" if self.verbose else "Show where with --verbose"
        return told

    def help_hint(self, error: typer.TyperException) -> str:
        """Name the help of the command that was misused."""
        context = getattr(error, "ctx", None)
        return f"See `{context.command_path if context else self.name} --help`"


def sentence(text: str) -> str:
    """End a text with a full stop, unless it has an end."""
    return text if text.endswith((".", "?", "!")) else text + "."


def exit_on_signal(number: int, frame: FrameType | None) -> NoReturn:
    """End by SIGTERM as by Ctrl-C: temporary files are removed on the way out."""
    sys.exit(128 + number)


def usable(stream: TextIO | None) -> TextIO:
    """Make a stream take any text: one that is closed swallows it, one of ASCII escapes it."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def close_quietly(stream: TextIO) -> None:
    """Let nothing that is still buffered for a closed pipe or a full disk raise at exit."""
    try:
        stream.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


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


def version_option(name: str) -> Any:
    """Make the --version option of a command."""

    def show(wanted: bool) -> None:
        if wanted:
            print(f"{name} {importlib.metadata.version('mnist-neural-net')}")
            raise typer.Exit

    return typer.Option("--version", callback=show, is_eager=True, help="Print the version.")
