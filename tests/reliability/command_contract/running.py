"""Run a command line, and look at how it ended."""

import json
import os
import re
import secrets
import shlex
import subprocess
import sys
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

import pytest

from tests.reliability.warm_commands import Ended
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

# No escape codes go into a pipe, though everything here invites them, and ASCII is all it knows.
COLOURFUL = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "CLICOLOR_FORCE": "1",
    "FORCE_COLOR": "1",
}

ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
POSIX = pytest.mark.skipif(os.name != "posix", reason="terminals, uids and signals are POSIX")
Call = Callable[..., Ended]
Case = Callable[[], AbstractContextManager[None]]


def variables(cache: Path | None, changes: dict[str, str | None]) -> dict[str, str]:
    """Take the environment without what would decide for a command; None removes a variable."""
    kept = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    changes = {"MNIST_CACHE_DIR": cache and str(cache), "COLUMNS": None, **changes}
    changes = {"DISPLAY": None, "WAYLAND_DISPLAY": None, **changes}
    return {k: v for k, v in (kept | changes).items() if v is not None}


def words_of(line: str, places: dict[str, Any]) -> list[str]:
    """Split a line as a shell does, and fill in its places."""
    given = {"new": f"new-{secrets.token_hex(4)}", **places}
    return [word.format(**given) for word in shlex.split(line)]


def run(
    line: str,
    cache: Path | None = None,
    cwd: Path | None = None,
    through: tuple[str, ...] = (),
    places: dict[str, Any] | None = None,
    **changes: str | None,
) -> Ended:
    """Run a line as a process of its own, `through` another program if need be."""
    command = [*through, sys.executable, "-m", *words_of(line, places or {})]
    done = subprocess.run(
        command, capture_output=True, cwd=cwd, env=variables(cache, changes), timeout=PATIENCE,
        check=False, encoding="utf-8", errors="backslashreplace",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert "internal error" not in done.stdout + done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


def parse(text: str) -> dict[str, Any]:
    """Read exactly one JSON object; a NaN, which NumPy has and JSON has not, is an error."""
    value = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert isinstance(value, dict)
    return value


def check_line(ended: Ended, name: str, words: str) -> None:
    """A failure is one line on stderr; what mirrors answered follows, indented."""
    first, *others = ended.stderr.removesuffix("\n").split("\n")
    assert re.fullmatch(rf"{name}: .+[.?!]", first)
    assert words in first
    assert all(re.match(r"  (file|https?)://", other) for other in others), ended.stderr
    assert ended.stdout == ""
