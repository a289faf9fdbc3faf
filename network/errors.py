"""Errors of `network` with their exit codes; `pipeline/errors.py` has the others."""

from pipeline.errors import ProjectError


class DivergedError(ProjectError):
    """Training diverged: the loss is not a number."""

    exit_code = 7


class NoClusterError(ProjectError):
    """A cluster cannot be reached."""

    exit_code = 5
