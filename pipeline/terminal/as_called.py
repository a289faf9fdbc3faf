"""Commands in printed texts, spelled the way the user called the program.

`network` is only found if the environment is active. If the user called `.venv/bin/network` or
`python -m network`, printed commands begin the same way. They also repeat the cache folder that
the user typed.
"""

import contextlib
import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path

COMMANDS = re.compile(
    r"""(?P<before> ` | Next:\  | Then:\  | ,\ or\  )
        (?P<program> pipeline | network )
        (?P<rest> \ (?P<command> [a-z][a-z-]* )? [^`\n]*? )
        (?= ` | ,\ or\  | \n | $ )""",
    re.VERBOSE,
)
WITHOUT_CACHE = {"presets", "inspect"}  # commands that have no option --cache-dir


def as_called(text: str) -> str:
    """Spell the commands in a text, in backticks or after `Next:`, as typed here."""

    def spell(found: re.Match[str]) -> str:
        needs_none = found["command"] in {None, *WITHOUT_CACHE} or "--help" in found["rest"]
        folder = "" if needs_none else cache_option()
        return f"{found['before']}{program(found['program'])}{found['rest']}{folder}"

    return COMMANDS.sub(spell, text)


def name_output(message: str, hint: str) -> str:
    """Return a hint that names the option whose file or folder could not be written.

    The storage of files knows no options. It suggests another cache folder.
    """
    for option, named in typed_options(sys.argv[1:]):
        if option == "--cache-dir" or not named:
            continue
        if message.startswith(tuple(f"cannot write {it}" for it in spellings(named))):
            return hint.replace("another folder with --cache-dir", f"another {option}")
    return hint


def spellings(path: str) -> list[str]:
    """Return a path as it was typed, and in full unless the working directory is gone."""
    found = [path]
    with contextlib.suppress(FileNotFoundError):
        found.append(os.path.abspath(os.path.expanduser(path)))  # noqa: PTH100, PTH111
    return found


def cache_option() -> str:
    """Return the option --cache-dir as the user typed it, after a space, or an empty text."""
    for option, folder in typed_options(sys.argv[1:]):
        if option == "--cache-dir" and folder:
            return " " + quote([option, folder])
    return ""


def typed_options(words: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Yield each option of a command line and its value: what is joined to it, or the next word."""
    for word, following in pairwise([*words, ""]):
        option, is_joined, joined = word.partition("=")
        if option.startswith("--"):
            yield option, joined if is_joined else following


def program(name: str) -> str:
    """Return how to call one of the programs, given how this one was called.

    The bare name if PATH has the same program; otherwise `python -m`, or its path.
    """
    return program_beside(name, sys.argv[0])


@cache  # by the call as well: a process of tests runs several programs
def program_beside(name: str, this: str) -> str:
    """Return how to call one of the programs, given the call of this one."""
    called = Path(this)
    if called.name == "__main__.py":
        return quote([python(), "-m", name])
    ours = called.with_name(name + called.suffix)
    if not ours.is_file() or same_file(shutil.which(name), ours):
        return name
    return quote([relative(ours)])


def python() -> str:
    """Return the running interpreter: its bare name if on PATH, or its path."""
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found is not None and Path(found).parent == Path(sys.executable).parent:
            return name
    return relative(Path(sys.executable))


def relative(path: Path) -> str:
    """Return a path relative to the working directory if it is below it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the working directory is gone
        return str(path)


def same_file(found: str | None, path: Path) -> bool:
    """Return whether a found program is this file."""
    try:
        return found is not None and path.samefile(found)
    except OSError:
        return False


def quote(words: list[str]) -> str:
    """Return a command as one line that a shell splits into the same words."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
