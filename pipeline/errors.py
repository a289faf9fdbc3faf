"""Errors for users, as a tree, each with its exit code.

    ProjectError
      |-- UsageError      2   a command, an option or a value is not valid
      |-- MissingError    3   something is missing: a file, a run, a package
      |-- CorruptError    4   a file or folder is damaged, of another kind, or not safe to load
      |-- DownloadError   5   a download failed: every mirror failed
      |-- StorageError    6   disk or memory is full, permission denied, or another kind of path
      `-- and two training errors, in `network/errors.py`

Every message states what happened, the value found and the value expected. The hint states what
to do, and ends with a command if one fixes the problem. Exit code 1 is an internal error; 130 and
143 mean that a signal ended the command.
"""

import json
import re

COPY_AGAIN = "Copy or download the file again"
MAX_CAUSE = 200  # letters
CAUSES = (  # class of a library's error, a part of its text, what is wrong with the file
    ("BadZipFile", "not a zip file", "its end is missing: it was cut off, or is not a ZIP file"),
    ("BadZipFile", "CRC-32", "its content has another checksum (CRC-32) than it states"),
    ("BadZipFile", "", "its list of members is damaged"),
    ("BadGzipFile", "CRC", "its content has another checksum (CRC-32) than it states"),
    ("BadGzipFile", "", "its header is damaged"),
    ("EOFError", "", "it ends too early"),
    ("zlib.error", "Error -5", "it ends too early"),
    ("zlib.error", "", "its compressed data are damaged"),
    ("struct.error", "", "it ends too early"),
    ("UnicodeDecodeError", "", "it is not UTF-8 text"),
    ("RecursionError", "", "it is nested too deeply"),
    ("MemoryError", "", "it declares more than fits into memory"),
    ("OSError", "truncated", "it ends too early"),
    ("OSError", "data stream", "its compressed data are damaged"),
    ("SyntaxError", "", "its structure is damaged"),
    ("KeyError", "no item named", "a member is missing"),
    ("NotImplementedError", "", "it is compressed in a way that is not supported"),
)


def printable(text: str) -> str:
    """Escape control characters, so that no file name moves the cursor."""
    text = str(text)
    if text.isprintable():
        return text
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


def excerpt(text: str, limit: int = 100) -> str:
    """Return a text from a file for a message: in one line, escaped, and not long."""
    text = printable(" ".join(text.split()) if "\n" in text else text)
    return text if len(text) <= limit else f"{text[:limit]}..."


def describe_cause(error: Exception) -> str:
    """Describe damaged content in plain words, given Python's error."""
    if isinstance(error, json.JSONDecodeError):
        line = f"line {error.lineno}, " if error.lineno > 1 else ""
        return f"it is not JSON, from {line}column {error.colno}"
    kind, text = type(error), str(error)
    names = {kind.__name__, f"{kind.__module__}.{kind.__name__}"}
    for name, part, cause in CAUSES:
        if name in names and part in text:
            return cause
    if isinstance(error, KeyError) and error.args:
        return f'"{excerpt(str(error.args[0]))}" is missing'
    if found := re.search(r"__(?:init|new)__\(\) (missing|got) .*?'(\w+)'", str(error)):
        return f'"{found[2]}" is {"missing" if found[1] == "missing" else "unknown"}'
    not_valid = "its content is not valid"
    of_python = re.search(r"NoneType|'\w+' object|object is not|not supported between", str(error))
    return not_valid if of_python or not text else excerpt(text, MAX_CAUSE)


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
        end = "" if self.message.endswith((".", "?", "!")) else "."  # it may end with `...`
        return f"{self.message}{end} {self.hint}" if self.hint else self.message


class UsageError(ProjectError, ValueError):
    """A command, an option or a value is not valid.

    As in other libraries, it is a `ValueError`.
    """

    exit_code = 2


class CallError(UsageError, TypeError):
    """A function is called with arguments that it does not have, or without those it needs."""


class MissingError(ProjectError):
    """Something is missing: a file, a run, a package."""

    exit_code = 3


class CorruptError(ProjectError):
    """A file or folder is damaged, has other content than expected, or is not safe to load."""

    exit_code = 4


def damaged_file(where: object, kind: str, error: Exception) -> CorruptError:
    """Build the error for a damaged file of a kind, given a library's error."""
    return CorruptError(f"{where}: damaged {kind} ({describe_cause(error)})", COPY_AGAIN)


class DownloadError(ProjectError):
    """A download failed."""

    exit_code = 5


class StorageError(ProjectError):
    """The disk or memory is full, permission is denied, or a path is of the wrong kind."""

    exit_code = 6
