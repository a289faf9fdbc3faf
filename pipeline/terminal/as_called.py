"""Commands in texts, written so that they can be typed where they are read.

`network` is only found where the environment is active. A user who called `.venv/bin/network`
or `python -m network` is told to go on with that.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

PROGRAMS = "pipeline|network"


def as_called(text: str) -> str:
    """Write the commands in a text, in backticks or after `Next:`, as they can be typed here."""
    return re.sub(
        rf"(`|Next: |Then: |, or )({PROGRAMS})(?= )",
        lambda found: found[1] + program(found[2]),
        text,
    )


@cache
def program(name: str) -> str:
    """Return how one of the programs is called, given how this one was.

    The bare name if it is found on PATH, and is ours; otherwise as a module, or by its path.
    """
    called = Path(sys.argv[0])
    if called.name == "__main__.py":
        return quote([python(), "-m", name])
    ours = called.with_name(name + called.suffix)
    if not ours.is_file() or same_file(shutil.which(name), ours):
        return name
    return quote([relative(ours)])


def python() -> str:
    """Return the interpreter that runs this: by its bare name if PATH has it, or by its path."""
    for name in ("python", "python3"):
        found = shutil.which(name)
        if found is not None and Path(found).parent == Path(sys.executable).parent:
            return name
    return relative(Path(sys.executable))


def relative(path: Path) -> str:
    """Return a path as seen from the working directory if it is below it."""
    try:
        return str(path.absolute().relative_to(Path.cwd()))
    except (ValueError, OSError):  # elsewhere, or the working directory is gone
        return str(path)


def same_file(found: str | None, path: Path) -> bool:
    """Return whether a program was found and is this file."""
    try:
        return found is not None and path.samefile(found)
    except OSError:
        return False


def quote(words: list[str]) -> str:
    """Write a command so that a shell takes it apart again."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
