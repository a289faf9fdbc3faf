"""Choose who trains: processes on this machine, or the workers of a cluster."""

from contextlib import AbstractContextManager

from network.sweep.workers.cluster import cluster_workers
from network.sweep.workers.local import local_workers
from network.sweep.workers.workers import Workers, cores
from pipeline.errors import UsageError


def choose_workers(
    count: int | None, scheduler: str | None, timeout: float
) -> AbstractContextManager[Workers]:
    """Choose who trains: a cluster, or so many processes here, without a wish one for each core.

    Raises: UsageError, MissingError, NoClusterError.
    """
    if scheduler is None:
        return local_workers(count or cores(), timeout)
    if count is not None:
        raise UsageError("--workers are processes here, and --scheduler has workers of its own")
    return cluster_workers(scheduler, timeout)
