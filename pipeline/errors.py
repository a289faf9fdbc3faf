"""Errors for users, as a tree, each with its exit code.

    ProjectError
      |-- UsageError      2   a command, an option or a value is not valid
      |-- MissingError    3   something is missing: a file, a run, a package
      |-- CorruptError    4   a file is damaged, or is not safe to load
      |-- DownloadError   5   a download failed: every mirror failed
      |-- StorageError    6   the disk is full, or permission is denied
      `-- and two training errors, in `network/errors.py`

Every message states what happened, the value found and the value expected. The hint states what
to do, and ends with a command if one fixes the problem. Exit code 1 is an internal error; 130 and
143 mean that a signal ended the command.
"""

import re


def printable(text: str) -> str:
    """Escape control characters, so that no file name moves the cursor."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in str(text))


def describe_cause(error: Exception) -> str:
    """Describe damaged content in plain words, given Python's error."""
    if isinstance(error, KeyError) and error.args:
        return f'"{error.args[0]}" is missing'
    if found := re.search(r"__(?:init|new)__\(\) (missing|got) .*?'(\w+)'", str(error)):
        return f'"{found[2]}" is {"missing" if found[1] == "missing" else "unknown"}'
    not_valid = "its content is not valid"
    of_python = re.search(r"NoneType|'\w+' object|object is not|not supported between", str(error))
    return not_valid if of_python else str(error) or not_valid


class ProjectError(Exception):
    """An error that the user can fix; each detail is on a separate line.

    Example:
        >>> try:
        ...     load_dataset("mnits")
        ... except ProjectError as error:
        ...     print(error.exit_code, error.hint)
        2 Did you mean mnist?
    """

    exit_code = 1

    def __init__(self, message: str, hint: str = "", *details: str) -> None:
        super().__init__(message)
        self.message = "\n  ".join(map(printable, (message, *details)))
        self.hint = printable(hint)

    def __str__(self) -> str:
        return f"{self.message}. {self.hint}" if self.hint else self.message


class UsageError(ProjectError):
    """A command, an option or a value is not valid."""

    exit_code = 2


class MissingError(ProjectError):
    """Something is missing: a file, a run, a package."""

    exit_code = 3


class CorruptError(ProjectError):
    """A file is damaged, or is not safe to load."""

    exit_code = 4


class DownloadError(ProjectError):
    """A download failed."""

    exit_code = 5


class StorageError(ProjectError):
    """The disk is full, or permission is denied."""

    exit_code = 6
