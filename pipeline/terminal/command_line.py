"""Command lines: each way to end has an exit code and a one-line message."""

import contextlib
import io
import json
import os
import re
import sys
import traceback
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, NoReturn, TextIO

import typer
from typer.main import get_command

from pipeline.errors import ProjectError, StorageError, UsageError, printable
from pipeline.storage.arguments import describe_refusal
from pipeline.storage.user_config import read_user_config
from pipeline.terminal.as_called import as_called, name_output
from pipeline.terminal.interrupts import catch_end_signals

LOG_LEVEL, LEVELS = "--log-level", ("debug", "info", "warning")
COMPLETION = ("--install-completion", "--show-completion")
MORE_MEMORY = "Close other programs, or use fewer images or a smaller network"
READER_GONE = 128 + 13  # the code of SIGPIPE, which ends other programs in a pipe


def run_app(app: typer.Typer, name: str) -> NoReturn:
    """Run a command line, and exit with the code of its result."""
    arguments = sys.argv[1:] or ["--help"]
    failure = Failure(name, "--json" in arguments, not {"-v", "--verbose"}.isdisjoint(arguments))
    code: object = 0
    stdout = sys.stdout = usable(sys.stdout)
    sys.stderr = usable(sys.stderr)
    try:
        catch_end_signals()
        require_value(arguments)
        arguments = take_log_level(arguments)
        require_no_shell(arguments)
        if not read_user_config().colour:
            os.environ.setdefault("NO_COLOR", "1")  # rich reads this variable
        command = build_command(app, needs_completion(name, arguments))
        code = command(args=arguments, prog_name=name, standalone_mode=False)
        stdout.flush()
    except BaseException as error:  # noqa: BLE001 - every failure ends here
        code = failure.report(error)
    if sys.stdout is not stdout:  # typer replaces it if the reader has gone
        code = READER_GONE
    close_quietly(stdout)
    if not close_quietly(sys.stderr):  # Python would end with 120
        code = READER_GONE
    sys.exit(code if isinstance(code, int) else 0)


def require_value(arguments: list[str]) -> None:
    """Require that no argument is empty, as an unset variable in a script is.

    Raises: UsageError.
    """
    for before, argument in zip(["", *arguments], arguments, strict=False):
        if argument == "" or re.fullmatch("--[a-z-]+=", argument):
            where = argument or f"the value after {before or 'the command'}"
            raise UsageError(f"{where} is empty", "Give a value, or leave the option out")


@dataclass(frozen=True)
class Failure:
    """Error output of a command."""

    name: str
    json: bool
    verbose: bool

    def report(self, error: BaseException) -> int:
        """Print an error in one line (or as JSON) and return the exit code."""
        code, message, hint = self.describe(error)
        if code == StorageError.exit_code:
            hint = name_output(message, hint)
        message, hint = as_called(message), as_called(hint)
        if self.verbose and isinstance(error, Exception):
            traceback.print_exception(error)
        if not message:
            return code
        answer = {"error": {"code": code, "message": message, "hint": hint}}
        if not (self.json and print_json(answer)):
            first, *details = message.split("\n")  # such as a list of mirrors
            line = " ".join(map(sentence, filter(None, (f"{self.name}: {first}", hint))))
            with contextlib.suppress(OSError):  # stderr is closed; the exit code remains
                for text in (line, *details):
                    print(printable(text), file=sys.stderr, flush=True)
        return code

    def describe(self, error: BaseException) -> tuple[int, str, str]:
        """Return exit code, message and hint; an empty message prints nothing."""
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
                told = StorageError.exit_code, "not enough memory", MORE_MEMORY
            case _:
                what = f"internal error: {type(error).__name__}: {error}"
                hint = "Run again with --verbose and report the details"
                told = 1, what, "" if self.verbose else hint
        return told

    def help_hint(self, error: typer.TyperException) -> str:
        """Return the hint with the `--help` of the command that was called."""
        context = getattr(error, "ctx", None)
        return f"See `{context.command_path if context else self.name} --help`"


def print_json(value: dict[str, Any]) -> bool:
    """Print an object as JSON; return False if stdout is closed or full."""
    try:
        print(json.dumps(value, indent=2), flush=True)
    except OSError:
        return False
    return True


def sentence(text: str) -> str:
    """Return a text with a full stop, unless it ends with punctuation."""
    return text if text.endswith((".", "?", "!")) else text + "."


def usable(stream: TextIO | None) -> TextIO:
    """Return a stream that accepts any text: escaped in ASCII, dropped if closed."""
    if stream is None:
        return Path(os.devnull).open("w", encoding="utf-8")
    if isinstance(stream, io.TextIOWrapper):
        stream.reconfigure(errors="backslashreplace")
    return stream


def close_quietly(stream: TextIO) -> bool:
    """Flush a stream, so that a closed pipe or full disk raises nothing at exit.

    Returns: whether its reader is still there.
    """
    try:
        stream.flush()
    except OSError as error:
        os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
        return not isinstance(error, BrokenPipeError)
    return True


def take_log_level(arguments: list[str]) -> list[str]:
    """Start the log of `--log-level LEVEL`, and return the other arguments.

    Typer would import Pydantic for an option with a value, which makes `--help` too slow.

    Raises: UsageError for an unknown level.
    """
    option, _, level = arguments[0].partition("=")
    if option != LOG_LEVEL:
        return arguments
    import logging

    rest = arguments[1:]
    if not level:
        level, rest = " ".join(rest[:1]), rest[1:]
    if not level:
        raise UsageError(f"{LOG_LEVEL} requires a value; expected one of {', '.join(LEVELS)}")
    if level not in LEVELS:
        raise UsageError(f'{LOG_LEVEL} is "{level}"; expected one of {", ".join(LEVELS)}')
    logging.basicConfig(level=level.upper(), format="%(levelname)s %(name)s: %(message)s")
    return rest or ["--help"]


def require_no_shell(arguments: list[str]) -> None:
    """Require nothing after an option of shell completion, which is for the shell in use.

    Raises: UsageError.
    """
    option, *others = arguments
    if option in COMPLETION and others and others != ["--help"]:
        raise UsageError(
            f'"{others[0]}" is not expected after {option}', "Run it in the shell that it is for"
        )


def needs_completion(name: str, arguments: list[str]) -> bool:
    """Return whether shell completion is requested, which imports Pydantic."""
    is_asked = any(argument.endswith("-completion") for argument in arguments[:1])
    return is_asked or f"_{name.upper()}_COMPLETE" in os.environ


@cache  # a process that runs several commands builds them once
def build_command(app: typer.Typer, with_completion: bool) -> Any:
    """Build the commands and options of a program."""
    app._add_completion = with_completion  # noqa: SLF001 - as `Typer(add_completion=...)` does
    return get_command(app)
