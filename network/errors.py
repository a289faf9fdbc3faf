"""Errors of `network`, in addition to those of `pipeline/errors.py`, with exit codes."""

from pipeline.errors import ProjectError


class DivergedError(ProjectError):
    """Divergence in training: the loss is not a number."""

    exit_code = 7


class NoClusterError(ProjectError):
    """A cluster that cannot be reached."""

    exit_code = 5
