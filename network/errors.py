"""The errors that a network adds to those of `pipeline/errors.py`, each with its exit code."""

from pipeline.errors import ProjectError


class DivergedError(ProjectError):
    """The loss is no longer a number: the parameters have run away."""

    exit_code = 7


class NoClusterError(ProjectError):
    """The scheduler cannot be reached, or not any more."""

    exit_code = 5
