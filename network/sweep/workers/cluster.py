"""Workers of a Dask cluster, which may be on other machines, and come and go."""

import asyncio
import logging
import time
from collections.abc import Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from network.errors import NoClusterError
from network.sweep.workers.job import JobResult, NoDataError, TrainingJob, run_job
from network.sweep.workers.workers import WorkerError, Workers, set_result, timeout_error
from pipeline.errors import UsageError
from pipeline.extras import needs_extra

if TYPE_CHECKING:
    import distributed

CONNECT = 10.0  # seconds to reach a scheduler


@contextmanager
def cluster_workers(address: str, timeout: float) -> Iterator[Workers]:
    """Connect to the scheduler of a Dask cluster.

    Certificates for tls:// addresses come from Dask's own configuration.

    Raises: NoClusterError when it does not answer, UsageError for what is no address,
    MissingError without the extra `sweep`.
    """
    with needs_extra("sweep", "training on a cluster"):
        import distributed
    for logger in logging.root.manager.loggerDict:
        if logger.startswith("distributed"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)  # we tell what is to be told
    try:
        asyncio.run(ping_scheduler(address))
    except ValueError as error:
        raise UsageError(
            f"--scheduler is {address!r}, expected an address such as tcp://127.0.0.1:8786"
        ) from error
    except AssertionError as error:
        raise UsageError(f"Dask refuses its own configuration: {error}") from error
    except (OSError, TypeError) as error:  # a TypeError where tls:// has no certificates
        raise NoClusterError(
            f"no scheduler answers at {address} ({error})", "Start one with `dask scheduler`"
        ) from error
    with distributed.Client(address, timeout=CONNECT, set_as_default=False) as client:
        yield ClusterWorkers(client, address, timeout)


async def ping_scheduler(address: str) -> None:
    """Find out whether a scheduler answers: a client that fails to connect hangs in its end.

    Raises: OSError, ValueError, TypeError.
    """
    from distributed import Security
    from distributed.comm.core import connect

    arguments = Security().get_connection_args("client")
    comm = await connect(address, timeout=CONNECT, **arguments)
    await comm.close()


class ClusterWorkers:
    """The workers of a Dask cluster, each thread of them one; they may come and go."""

    def __init__(self, client: "distributed.Client", address: str, timeout: float) -> None:
        self.client, self.address, self.timeout = client, address, timeout
        self.options = f"--scheduler {address}"
        self.deadlines: dict[distributed.Future[JobResult], float] = {}
        self.sent: distributed.Future[bytes] | None = None  # the examples, once somebody had none

    @property
    def count(self) -> int:
        with self.reaching():
            return sum(self.client.nthreads().values())

    def submit(self, job: TrainingJob) -> "Future[JobResult]":
        future: Future[JobResult] = Future()
        with self.reaching():
            self.submit_task(job, future)
        return future

    def check(self) -> None:
        now = time.monotonic()
        overdue = [task for task, deadline in list(self.deadlines.items()) if now > deadline]
        with self.reaching():
            if overdue:
                self.end(overdue)

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Notice that the scheduler has gone away.

        Raises: NoClusterError.
        """
        gone = NoClusterError(f"the scheduler at {self.address} went away")
        if self.client.status not in {"running", "connecting"}:
            raise gone
        try:
            yield
        except (OSError, RuntimeError) as error:  # of a connection, of a client that is closed
            raise gone from error

    def submit_task(self, job: TrainingJob, future: "Future[JobResult]") -> None:
        """Have the cluster run a job; a worker without the examples is sent them."""
        task = self.client.submit(run_job, job, self.sent, pure=False)
        self.deadlines[task] = time.monotonic() + self.timeout

        def take(task: "distributed.Future[JobResult]") -> None:
            is_overdue = self.deadlines.pop(task, None) is None
            if task.status == "error" and isinstance(task.exception(), NoDataError):
                self.send_examples(job)
                self.submit_task(job, future)
            elif is_overdue:
                future.set_exception(timeout_error(self.timeout))
            elif task.status == "cancelled":
                future.set_exception(WorkerError("the cluster lost it"))
            else:
                set_result(task.result, future)

        task.add_done_callback(take)

    def send_examples(self, job: TrainingJob) -> None:
        """Put the examples on the cluster, from where each worker fetches them once."""
        if self.sent is None:
            self.sent = self.client.scatter(Path(job.data.path).read_bytes(), hash=False)

    def end(self, overdue: "list[distributed.Future[JobResult]]") -> None:
        """Restart the workers that take too long; what waits for a worker still gets more time."""
        workers = {key: worker for worker, keys in self.client.processing().items() for key in keys}
        for task in overdue:
            if task.key in workers:
                self.deadlines.pop(task, None)
                task.cancel()
                self.client.restart_workers([workers[task.key]], raise_for_error=False)
            else:
                self.deadlines[task] = time.monotonic() + self.timeout
