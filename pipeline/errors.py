"""The errors a user can meet, drawn as a tree, each with its exit code.

    ProjectError
      |-- UsageError      2   the command or an option makes no sense
      |-- MissingError    3   an artefact is not there yet
      |-- CorruptError    4   a file is damaged, hostile or not what it should be
      |-- DownloadError   5   no mirror gave the right file
      |-- StorageError    6   the disk is full, or the folder is not ours to write
      `-- and two of trainings, in `network/errors.py`

Every message says what is wrong, the value found and the value expected; the hint says what
to do, and ends with the command that mends it where there is one. Exit code 1 means a fault
of our own; 130 and 143 mean that a signal ended the command.
"""


def printable(text: str) -> str:
    """Show control characters by their codes: no file's name moves the cursor or begins a line."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class ProjectError(Exception):
    """A failure that the user can do something about; the details follow in lines of their own.

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
    """The command or an option makes no sense."""

    exit_code = 2


class MissingError(ProjectError):
    """An artefact is not there yet."""

    exit_code = 3


class CorruptError(ProjectError):
    """A file is damaged, hostile or not what it should be."""

    exit_code = 4


class DownloadError(ProjectError):
    """No mirror gave the right file."""

    exit_code = 5


class StorageError(ProjectError):
    """The disk is full, or the folder is not ours to write."""

    exit_code = 6
