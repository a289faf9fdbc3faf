"""Run a command line to its end: every way it can end has its exit code and its one line."""

import contextlib
import io
import json
import os
import re
import signal
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from types import FrameType
from typing import Any, NoReturn, TextIO

import typer
from typer.main import get_command

from pipeline.errors import ProjectError, StorageError, UsageError, printable
from pipeline.storage.arguments import describe_refusal
from pipeline.storage.user_config import read_user_config
from pipeline.terminal.as_called import as_called

END_SIGNALS = (signal.SIGTERM, *filter(None, [getattr(signal, "SIGHUP", None)]))
LOG_LEVEL, LEVELS = "--log-level", ("debug", "info", "warning")
READER_GONE = 128 + 13  # as if by SIGPIPE, which is what ends other programs in a pipe


def run_app(app: typer.Typer, name: str) -> NoReturn:
    """Run a command line to its end: every way it can end has its exit code and its one line."""
    arguments = sys.argv[1:] or ["--help"]
    failure = Failure(name, "--json" in arguments, not {"-v", "--verbose"}.isdisjoint(arguments))
    with contextlib.suppress(ValueError):  # not the main thread
        for number in END_SIGNALS:
            if signal.getsignal(number) is not signal.SIG_IGN:  # as `nohup` has it
                signal.signal(number, exit_on_signal)
    code: object = 0
    stdout = sys.stdout = usable(sys.stdout)
    sys.stderr = usable(sys.stderr)
    try:
        require_value(arguments)
        arguments = take_log_level(arguments)
        if not read_user_config().colour:
            os.environ.setdefault("NO_COLOR", "1")  # which rich obeys
        command = build_command(app, needs_completion(name, arguments))
        code = command(args=arguments, prog_name=name, standalone_mode=False)
        stdout.flush()
    except BaseException as error:  # noqa: BLE001 - the one place where all that fails ends
        code = failure.report(error)
    if sys.stdout is not stdout:  # typer puts another in its place when the reader has gone
        code = READER_GONE
    close_quietly(stdout)
    sys.exit(code if isinstance(code, int) else 0)


def require_value(arguments: list[str]) -> None:
    """Refuse what an unset variable in a script leaves; no path or name is empty.

    Raises: UsageError.
    """
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if argument == "" or re.fullmatch("--[a-z-]+=", argument):
            where = argument or f"the value after {before or 'the command'}"
            raise UsageError(f"{where} is empty", "Give a value, or leave it out")


@dataclass(frozen=True)
class Failure:
    """How a command that fails says so."""

    name: str
    json: bool
    verbose: bool

    def report(self, error: BaseException) -> int:
        """Print an error in one line (or as JSON) and return the exit code."""
        code, message, hint = self.describe(error)
        message, hint = as_called(message), as_called(hint)
        if self.verbose and isinstance(error, Exception):
            traceback.print_exception(error)
        if not message:
            return code
        answer = {"error": {"code": code, "message": message, "hint": hint}}
        if not (self.json and print_json(answer)):
            first, *details = message.split("\n")  # a list of mirrors, say
            line = " ".join(map(sentence, filter(None, (f"{self.name}: {first}", hint))))
            with contextlib.suppress(OSError):  # nobody is left to read it; the code still tells
                for text in (line, *details):
                    print(printable(text), file=sys.stderr, flush=True)
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
                told = StorageError.exit_code, describe_refusal(error), ""
            case MemoryError():
                told = StorageError.exit_code, "not enough memory", ""
            case _:
                what = f"internal error: {type(error).__name__}: {error}"
                hint = "Run again with --verbose and report the details"
                told = 1, what, "" if self.verbose else hint
        return told

    def help_hint(self, error: typer.TyperException) -> str:
        """Name the help of the command that was misused."""
        context = getattr(error, "ctx", None)
        return f"See `{context.command_path if context else self.name} --help`"


def print_json(value: dict[str, Any]) -> bool:
    """Print an object; False when stdout does not take it."""
    try:
        print(json.dumps(value, indent=2), flush=True)
    except OSError:
        return False
    return True


def sentence(text: str) -> str:
    """End a text with a full stop, unless it has an end."""
    return text if text.endswith((".", "?", "!")) else text + "."


def exit_on_signal(number: int, frame: FrameType | None) -> NoReturn:
    """End by SIGTERM or SIGHUP as by Ctrl-C: temporary files are removed on the way out."""
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


def take_log_level(arguments: list[str]) -> list[str]:
    """Keep a log if `--log-level LEVEL` stands before the command; returns the other arguments.

    Typer would import Pydantic for an option with a value, which takes longer than `--help` may.

    Raises: UsageError for a level that is unknown.
    """
    option, _, level = arguments[0].partition("=")
    if option != LOG_LEVEL:
        return arguments
    import logging

    rest = arguments[1:]
    if not level:
        level, rest = " ".join(rest[:1]), rest[1:]
    if level not in LEVELS:
        raise UsageError(f'{LOG_LEVEL} is "{level}"; expected one of {", ".join(LEVELS)}')
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    return rest or ["--help"]


def needs_completion(name: str, arguments: list[str]) -> bool:
    """Return whether completion in a shell is asked for, which imports Pydantic, too."""
    is_asked = any(argument.endswith("-completion") for argument in arguments[:1])
    return is_asked or f"_{name.upper()}_COMPLETE" in os.environ


@cache  # a process that runs several commands builds them once
def build_command(app: typer.Typer, with_completion: bool) -> Any:
    """Build the commands and options of a program."""
    app._add_completion = with_completion  # noqa: SLF001 - as `Typer(add_completion=...)` does
    return get_command(app)
