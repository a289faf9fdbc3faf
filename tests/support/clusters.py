"""A Dask cluster as its user starts it: by command lines, on one machine or on several."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time

from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

SCHEDULER = ("scheduler", "--port", "0", "--no-dashboard")
WORKER = ("worker", "--nworkers", "1", "--nthreads", "1", "--no-dashboard")
ALONE = ("--no-nanny",)  # without the process that would start it again: half of the work


class Cluster:
    """A scheduler and its workers, each a process started by its command line.

    `before` is what starts a command on another machine, and `host` that machine's address.
    """

    def __init__(self, folder, *options, host="127.0.0.1", before=(), **environment):
        self.folder, self.options, self.environment = folder, options, environment
        self.processes = []
        self.file = folder / "scheduler.json"
        told = ("--host", host, "--scheduler-file", str(self.file))
        self.start(*SCHEDULER, *told, *options, before=before)
        self.address = self.wait_for_address()

    def start(self, *arguments, before=()):
        with (self.folder / f"log-{len(self.processes)}").open("wb") as log:
            process = subprocess.Popen(
                [*before, sys.executable, "-m", "dask", *arguments],
                env={**os.environ, "PYTHONPATH": str(REPOSITORY), **self.environment},
                stdout=log, stderr=log, cwd=self.folder, start_new_session=True,
            )  # fmt: skip
        self.processes.append(process)
        return process

    def wait_for_address(self):
        until = time.monotonic() + PATIENCE
        while time.monotonic() < until:
            with contextlib.suppress(OSError, ValueError):
                return json.loads(self.file.read_text())["address"]
            time.sleep(0.1)
        raise AssertionError(self.log)

    @property
    def log(self):
        """What the scheduler has said so far."""
        return (self.folder / "log-0").read_text()

    def add_worker(self, host="127.0.0.1", before=(), alone=ALONE):
        told = (self.address, "--host", host, *alone, *self.options)
        return self.start(*WORKER, *told, before=before)

    def stop(self):
        for process in self.processes:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
