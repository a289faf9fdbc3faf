"""Choice of workers: processes on this machine, or those of a cluster."""

from contextlib import AbstractContextManager

from network.sweep.workers.cluster import cluster_workers
from network.sweep.workers.local import local_workers
from network.sweep.workers.workers import Workers, cores
from pipeline.errors import UsageError


def choose_workers(
    count: int | None, scheduler: str | None, timeout: float
) -> AbstractContextManager[Workers]:
    """Return the workers of a cluster, or processes here, by default one per core.

    Raises: UsageError, MissingError, NoClusterError.
    """
    if scheduler is None:
        return local_workers(count or cores(), timeout)
    if count is not None:
        raise UsageError("--workers cannot be combined with --scheduler, which has its own workers")
    return cluster_workers(scheduler, timeout)
