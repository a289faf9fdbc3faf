"""Optional packages: the error where one is missing, and the command that installs it.

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
    """Import inside what an extra installs; `purpose` is what it is for, as in "a plot".

    Raises: MissingError where it is not installed.
    """
    try:
        yield
    except ImportError as error:
        package = str(error.name).split(".")[0]
        raise missing_package(package, purpose, extra_command(extra)) from error


def missing_package(package: str, purpose: str, command: str) -> MissingError:
    """Return the error of a package that is not installed, with the command that installs it."""
    return MissingError(
        f"{purpose} needs the package {package}, which is not installed", f"Install it: {command}"
    )


def extra_command(extra: str) -> str:
    """Write the command that installs an extra for the Python that runs this.

    In a checkout it installs the versions that the tests pass with.
    """
    checkout = find_checkout()
    if checkout is None:
        return pip_command(f"{DISTRIBUTION}[{extra}]")
    here = Path() if is_working_directory(checkout) else checkout
    return pip_command("-c", str(here / "constraints.txt"), "-e", f"{here}[{extra}]")


def pip_command(*arguments: str) -> str:
    """Write a command that installs packages for the Python that runs this."""
    return quote([sys.executable or "python", "-m", "pip", "install", *arguments])


def is_working_directory(folder: Path) -> bool:
    """Return whether relative paths begin in this folder."""
    try:
        return Path.cwd().samefile(folder)
    except OSError:  # the working directory is gone
        return False
