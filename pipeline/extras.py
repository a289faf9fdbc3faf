"""Optional packages: the error for a missing one, and the install command.

An extra is a list of packages in pyproject.toml that only some commands need.
"""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import MissingError
from pipeline.storage.cache import DISTRIBUTION, find_checkout
from pipeline.terminal.as_called import quote


@contextmanager
def needs_extra(extra: str, purpose: str) -> Iterator[None]:
    """Require an extra for the imports inside; `purpose` names its use: "a plot".

    Raises: MissingError if it is not installed.
    """
    try:
        yield
    except ImportError as error:
        package = str(error.name).split(".")[0]
        raise missing_package(package, purpose, extra_command(extra)) from error


def missing_package(package: str, purpose: str, command: str) -> MissingError:
    """Return the error for a missing package, with its install command."""
    return MissingError(
        f"{purpose} needs the package {package}, which is not installed", f"Install it: {command}"
    )


def extra_command(extra: str) -> str:
    """Return the command that installs an extra for the running Python.

    In a checkout it installs the versions that the tests pass with.
    """
    checkout = find_checkout()
    if checkout is None:
        return pip_command(f"{DISTRIBUTION}[{extra}]")
    here = Path() if is_working_directory(checkout) else checkout
    return pip_command("-c", str(here / "constraints.txt"), "-e", f"{here}[{extra}]")


def pip_command(*arguments: str) -> str:
    """Return a command that installs packages for the running Python."""
    return quote([sys.executable or "python", "-m", "pip", "install", *arguments])


def is_working_directory(folder: Path) -> bool:
    """Return whether this folder is the working directory."""
    try:
        return Path.cwd().samefile(folder)
    except OSError:  # the working directory is gone
        return False
