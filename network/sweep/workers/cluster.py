"""Workers of a Dask cluster, on any machine; they may join and leave."""

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

    Certificates for tls:// addresses come from the configuration of Dask.

    Raises: NoClusterError if it does not respond, UsageError for an invalid address,
    MissingError without the extra `sweep`.
    """
    with needs_extra("sweep", "training on a cluster"):
        import distributed
    for logger in logging.root.manager.loggerDict:
        if logger.startswith("distributed"):
            logging.getLogger(logger).setLevel(logging.CRITICAL)  # we print the errors
    try:
        asyncio.run(ping_scheduler(address))
    except ValueError as error:
        raise UsageError(
            f'--scheduler is "{address}"; expected an address such as tcp://127.0.0.1:8786'
        ) from error
    except AssertionError as error:
        raise UsageError(f"the configuration of Dask is not valid: {error}") from error
    except (OSError, TypeError) as error:  # a TypeError if tls:// has no certificates
        raise NoClusterError(
            f"no scheduler found at {address} ({error})", "Start one with `dask scheduler`"
        ) from error
    with distributed.Client(address, timeout=CONNECT, set_as_default=False) as client:
        yield ClusterWorkers(client, address, timeout)


async def ping_scheduler(address: str) -> None:
    """Check that a scheduler responds, because closing an unconnected client hangs.

    Raises: OSError, ValueError, TypeError.
    """
    from distributed import Security
    from distributed.comm.core import connect

    arguments = Security().get_connection_args("client")
    comm = await connect(address, timeout=CONNECT, **arguments)
    await comm.close()


class ClusterWorkers:
    """The workers of a Dask cluster, one per thread; they may join and leave."""

    def __init__(self, client: "distributed.Client", address: str, timeout: float) -> None:
        self.client, self.address, self.timeout = client, address, timeout
        self.options = f"--scheduler {address}"
        self.deadlines: dict[distributed.Future[JobResult], float] = {}
        self.sent: distributed.Future[bytes] | None = None  # examples, if a worker lacked them

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
        """Detect that the scheduler is lost.

        Raises: NoClusterError.
        """
        gone = NoClusterError(f"the scheduler at {self.address} was lost")
        if self.client.status not in {"running", "connecting"}:
            raise gone
        try:
            yield
        except (OSError, RuntimeError) as error:  # of a connection, of a client that is closed
            raise gone from error

    def submit_task(self, job: TrainingJob, future: "Future[JobResult]") -> None:
        """Submit a job to the cluster; send the examples if a worker lacks them."""
        sent = self.sent
        task = self.client.submit(run_job, job, sent, pure=False)
        self.deadlines[task] = time.monotonic() + self.timeout

        def take(task: "distributed.Future[JobResult]") -> None:
            is_overdue = self.deadlines.pop(task, None) is None
            if task.status == "error" and isinstance(task.exception(), NoDataError):
                self.send_examples(job)
                self.submit_task(job, future)
            elif is_overdue:
                future.set_exception(timeout_error(self.timeout))
            elif task.status == "cancelled":
                if self.sent is sent:  # the examples may be lost, too; a worker requests them again
                    self.sent = None
                future.set_exception(WorkerError("the cluster lost the job"))
            else:
                set_result(task.result, future)

        task.add_done_callback(take)

    def send_examples(self, job: TrainingJob) -> None:
        """Send the examples to the cluster; each worker fetches them once."""
        if self.sent is None:
            self.sent = self.client.scatter(Path(job.data.path).read_bytes(), hash=False)

    def end(self, overdue: "list[distributed.Future[JobResult]]") -> None:
        """Restart workers that take too long; jobs that have no worker yet get more time."""
        workers = {key: worker for worker, keys in self.client.processing().items() for key in keys}
        for task in overdue:
            if task.key in workers:
                self.deadlines.pop(task, None)
                task.cancel()
                self.client.restart_workers([workers[task.key]], raise_for_error=False)
            else:
                self.deadlines[task] = time.monotonic() + self.timeout
