"""The errors that a network adds to those of `pipeline/errors.py`, each with its exit code."""

from pipeline.errors import ProjectError


class DivergedError(ProjectError):
    """Training diverged: the loss is not a number any more."""

    exit_code = 7


class NoClusterError(ProjectError):
    """A cluster cannot be reached."""

    exit_code = 5
