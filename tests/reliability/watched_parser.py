"""Feed files to one parser in a process of its own, and note all that must not happen.

    echo '["IDX", "/tmp/folder", 60, 2000, 0]' | python watched_parser.py

forks for every line: a parser, a folder, the most seconds, how many changed files to try, and the
number of the first; instead the files in FOLDER/given where there are some. It answers with the
fork's exit code. What was found is in FOLDER/found.json, what was printed beside it, and an input
that ended the process is left as it was, at its place in the folder.
"""

import contextlib
import gc
import itertools
import json
import os
import re
import resource
import signal
import sys
import time
import warnings
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors import ProjectError
from tests.reliability.mutations import change
from tests.reliability.targets import TARGETS, Target

CPU_SECONDS = 20  # for an input: what takes longer hangs
SLOW_MS = 2000  # what takes longer is read again, for other processes use the caches, too
SPARE_BYTES = 300 << 20  # that a parser may order beside what the process has at the start
MOST_FAULTS = 10  # that are kept
GOOD = ("accepted", "refused")
HARMLESS = {
    *("builtins.id", "object.__getattr__", "array.__new__", "sys._getframe", "os.listdir"),
    "os.scandir",
}

# What the standard library and NumPy import only when a file needs it.
IMPORTED_LATE = (
    *("encodings.cp437", "encodings.ascii", "encodings.raw_unicode_escape", "encodings.utf_16"),
    *("encodings.utf_16_le", "encodings.utf_16_be", "encodings.utf_32", "encodings.utf_32_le"),
    *("encodings.utf_32_be", "encodings.latin_1", "tokenize", "numpy._core._internal", "difflib"),
    "unicodedata",
)


class Watch:
    """Notes what Python tells its audit hooks, but for reading the input and what is harmless."""

    def __init__(self, folder: Path) -> None:
        self.folder = str(folder)
        self.events: list[str] = []
        self.is_on = False
        sys.addaudithook(self.hook)

    def hook(self, event: str, arguments: tuple[Any, ...]) -> None:
        if self.is_on and not self.is_harmless(event, arguments):
            self.events.append(f"{event} {arguments!r}"[:200])

    def is_harmless(self, event: str, arguments: tuple[Any, ...]) -> bool:
        if event == "open":
            path, _, flags = arguments
            writes = flags & (os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND)
            return not writes and str(path).startswith(self.folder)
        if event == "compile":  # NumPy parses the header of a .npy file; to run it were an `exec`
            return arguments[1] == "<unknown>"
        return event in HARMLESS

    @contextlib.contextmanager
    def on(self) -> Iterator[None]:
        self.events, self.is_on = [], True
        try:
            yield
        finally:
            self.is_on = False


def inputs_of(target: Target, folder: Path, first: int) -> Iterator[tuple[str, bytes]]:
    """Yield the valid files, then changed ones without end; each depends on its number alone."""
    seeds = target.make_seeds(folder)
    yield from (("valid", seed) for seed in seeds)
    for number in itertools.count(first):
        rng = np.random.default_rng([number, *target.name.encode()])
        yield f"number {number}", change(rng, seeds, target.knowing)


def given_inputs(folder: Path) -> list[tuple[str, bytes]]:
    """List the files that were put there to be tried."""
    return [(path.name, path.read_bytes()) for path in sorted((folder / "given").glob("*"))]


def causes(error: BaseException | None) -> Iterator[BaseException]:
    """Yield an error and what it came from."""
    while error is not None:
        yield error
        error = error.__cause__ or error.__context__


def outcome_of(read: Callable[[Path], Any], path: Path) -> str:
    """Read an input: accepted, refused, or what should not have left the parser."""
    with warnings.catch_warnings(record=True) as shown:
        warnings.simplefilter("always")
        warnings.simplefilter("ignore", DeprecationWarning)  # as Python does for users
        try:
            read(path)
            outcome = "accepted"
        except Exception as error:  # noqa: BLE001
            outcome = "refused" if isinstance(error, ProjectError) else repr(error)
            if any(isinstance(cause, MemoryError) for cause in causes(error)):
                outcome = f"it wanted too much memory: {error!r}"
    return f"it warned: {shown[0].message}" if shown else outcome[:300]


def most_mib() -> float:
    """Return the most memory that this process has had; `ru_maxrss` counts its parent's too."""
    status = Path("/proc/self/status").read_text()
    return int(re.search(r"VmHWM:\s*(\d+) kB", status)[1]) / 1024


def limit_memory() -> None:
    """Let every order for much more memory fail."""
    pages = int(Path("/proc/self/statm").read_text().split()[0])
    size = pages * resource.getpagesize() + SPARE_BYTES
    resource.setrlimit(resource.RLIMIT_AS, (size, size))


def write_over(path: Path, data: bytes) -> None:
    """Write a file over itself: a file that is emptied first is at once forced to disk by ext4."""
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT), "wb") as file:
        file.write(data)
        file.truncate()


def prepare(target: Target, folder: Path) -> Path:
    """Let everything be imported that reading needs; return the place for inputs."""
    path = folder / target.place
    path.parent.mkdir(parents=True, exist_ok=True)
    for seed in target.make_seeds(folder):
        for data in (seed, seed[:-9], b"nothing"):
            write_over(path, data)
            outcome_of(target.read, path)
    return path


class Findings:
    """What has been seen so far."""

    def __init__(self) -> None:
        self.inputs = self.accepted = self.escaped = self.executed = 0
        self.most_ms = 0.0
        self.faults: list[tuple[str, str, list[str], str]] = []

    def add(self, name: str, data: bytes, outcome: str, events: list[str], ms: float) -> None:
        is_escaped = outcome not in GOOD or (name, outcome) == ("valid", "refused")
        self.inputs += 1
        self.accepted += outcome == "accepted"
        self.escaped += is_escaped
        self.executed += bool(events)
        self.most_ms = max(self.most_ms, ms)
        if (is_escaped or events) and len(self.faults) < MOST_FAULTS:
            self.faults.append((name, outcome, events, data.hex()))


def read_once(target: Target, path: Path, watch: Watch) -> tuple[str, list[str], float]:
    """Read what is in its place: the outcome, what Python told of it, and milliseconds of CPU."""
    signal.setitimer(signal.ITIMER_PROF, CPU_SECONDS)  # when it is over, the process ends
    started = time.process_time()
    with watch.on():
        outcome = outcome_of(target.read, path)
    ms = 1000 * (time.process_time() - started)
    signal.setitimer(signal.ITIMER_PROF, 0)
    return outcome, watch.events, ms


def examine(target: Target, folder: Path, seconds: float, inputs: int, first: int) -> Findings:
    """Try so many inputs, or for so long."""
    path, watch, findings = prepare(target, folder), Watch(folder), Findings()
    tried = given_inputs(folder) or itertools.islice(inputs_of(target, folder, first), inputs)
    end = time.monotonic() + seconds
    limit_memory()
    for name, data in tried:
        write_over(path, data)
        outcome, events, ms = read_once(target, path, watch)
        for _ in range(2 if ms > SLOW_MS else 0):
            ms = min(ms, read_once(target, path, watch)[2])
        findings.add(name, data, outcome, events, ms)
        if time.monotonic() > end:
            break
    return findings


def become(folder: Path) -> None:
    """Turn this fork into a process of its own, whose output is kept in the folder."""
    new = os.O_WRONLY | os.O_CREAT | os.O_TRUNC
    for number, path, flags in (
        (0, os.devnull, os.O_RDONLY), (1, folder / "stdout", new), (2, folder / "stderr", new)
    ):  # fmt: skip
        os.dup2(os.open(path, flags), number)


def main() -> None:
    """Import all that a parser may need, and fork for every line."""
    for name in IMPORTED_LATE:
        import_module(name)
    gc.freeze()  # a fork neither looks through these objects nor copies them
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            name, folder, seconds, inputs, first = json.loads(line)
            become(Path(folder))
            findings = examine(TARGETS[name], Path(folder), seconds, inputs, first)
            found = {**vars(findings), "most_mib": most_mib()}
            (Path(folder) / "found.json").write_text(json.dumps(found))
            return
        print(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), flush=True)


if __name__ == "__main__":
    main()
