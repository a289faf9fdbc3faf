"""A command in a fork of a process that has imported everything, to be watched and signalled."""

import contextlib
import math
import os
import signal
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from pipeline.storage.cache import Cache
from tests.reliability.warm_commands import WarmCommands
from tests.support.checkout import REPOSITORY


class WarmProcess:
    """A command that runs, with what the tests use of `subprocess.Popen`."""

    def __init__(self, warm: WarmCommands, arguments: Sequence[str], cache: Cache) -> None:
        """Start it; what it says on stderr can be read while it runs."""
        folder = Path(tempfile.mkdtemp(dir=warm.folder))
        self.warm, self.out = warm, folder / "stdout"
        self.returncode: int | None = None
        os.mkfifo(folder / "stderr")
        reader = os.open(folder / "stderr", os.O_RDONLY | os.O_NONBLOCK)  # before there is a writer
        environment = {"OPENBLAS_NUM_THREADS": "1", "MNIST_CACHE_DIR": str(cache.root)}
        self.pid = warm.ask(
            arguments=arguments, stdin=os.devnull, stdout=str(self.out),
            stderr=str(folder / "stderr"), file_size=None, cwd=str(cache.root),
            environment={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
        )  # fmt: skip
        os.set_blocking(reader, True)
        self.stderr = os.fdopen(reader)
        os.kill(self.pid, signal.SIGCONT)

    def poll(self) -> int | None:
        """Return how it has ended, if it has."""
        return self.wait(0)

    def wait(self, timeout: float) -> int | None:
        """Wait for its end, at most so long."""
        self.returncode = self.warm.wait(self.pid, timeout)
        return self.returncode

    def communicate(self, timeout: float = math.inf) -> tuple[str, str]:
        """Wait for its end, and return all that it said and that was not read before."""
        with self.stderr:
            told = self.stderr.read()
        self.wait(timeout)
        return self.out.read_text(), told

    def send_signal(self, number: int) -> None:
        """Send it a signal, unless it has ended."""
        if self.poll() is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it, and wait until it is gone."""
        self.send_signal(signal.SIGKILL)
        self.warm.wait(self.pid)

    def terminate(self) -> None:
        """Ask it to end."""
        self.send_signal(signal.SIGTERM)


@contextlib.contextmanager
def running(warm: WarmCommands, line: str, cache: Cache, *more: str) -> Iterator[WarmProcess]:
    """Start a command, which does not outlive the test."""
    process = WarmProcess(warm, [*line.split(), *more], cache)
    try:
        yield process
    finally:
        process.kill()
        process.stderr.close()
