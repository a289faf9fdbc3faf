"""Look at a command's system calls with strace, and make one of them fail or deadly.

Strace counts calls by their name in each thread, and so does everything here: a `Call` is the
nth of its name in its thread. Each thread has a log of its own, so no line is ever cut in two.
"""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from pipeline.storage.locks import OWNER_FILE

EVERY_CALL_ON_FILES = "%file,%desc,sync"
RENAMES = {"rename", "renameat", "renameat2"}
SYNCS = {"fsync", "fdatasync"}
SYNCS_OF_ALL = {"sync"}
WRITES = {"write", "pwrite64", "writev", "pwritev", "pwritev2"}
WRITING = RENAMES | SYNCS | WRITES


def find_obstacle() -> str:
    """Say why nothing can be traced here; an empty text when it can."""
    if not sys.platform.startswith("linux") or shutil.which("strace") is None:
        return "there is no strace here"
    attempt = ["strace", "-o", "/dev/null", "true"]
    done = subprocess.run(attempt, capture_output=True, text=True, check=False)
    return "" if done.returncode == 0 else f"ptrace is not allowed here: {done.stderr.strip()}"


OBSTACLE = find_obstacle()
NEEDS_STRACE = pytest.mark.skipif(bool(OBSTACLE), reason=OBSTACLE)


@dataclass(frozen=True)
class Call:
    """One system call as strace saw it."""

    name: str
    nth: int  # of this name in its thread, from 1
    line: str  # with the paths of all file descriptors

    @property
    def key(self) -> tuple[str, int]:
        """What strace needs in order to find this call again."""
        return self.name, self.nth

    @property
    def was_injected(self) -> bool:
        """Was this call made to fail, or the last one of a killed process?"""
        return self.line.endswith(("(INJECTED)", "= ?"))

    @property
    def succeeded(self) -> bool:
        return " = -1 " not in self.line and not self.line.endswith("= ?")

    @property
    def paths(self) -> list[str]:
        """Its paths, those of descriptors first: strace writes 3</a/file>, and "/a/file"."""
        return re.findall(r"\d+<(/[^>]*)>", self.line) + re.findall(r'"(/[^"]*)"', self.line)

    def touches(self, folder: Path) -> bool:
        """Is the folder or something in it what this call is about?"""
        return f"{folder}/" in self.line or f'{folder}"' in self.line or f"{folder}>" in self.line


def watch(logs: Path, names: str = EVERY_CALL_ON_FILES) -> list[str]:
    """Make the strace command that writes these calls down, in a new folder of logs."""
    shutil.rmtree(logs, ignore_errors=True)
    logs.mkdir(parents=True)
    every_thread = ["-f", "-ff", "-o", str(logs / "thread")]
    return ["strace", *every_thread, "-y", "-s", "0", "-e", f"trace={names}"]


def inject(logs: Path, call: Call, what: str, *more: str) -> list[str]:
    """Make the strace command in which one call meets `what`, as in `error=EIO`.

    Every `more` is another injection in full, as in `unlink:error=EACCES`.
    """
    injections = [f"{call.name}:{what}:when={call.nth}", *more]
    names = ",".join(injection.split(":")[0] for injection in injections)
    options = [option for text in injections for option in ("-e", f"inject={text}")]
    return [*watch(logs, names), *options]


def read_threads(logs: Path) -> list[list[Call]]:
    """Read the calls of each thread in their order; the thread that began first comes first."""
    threads = []
    for log in sorted(logs.iterdir(), key=lambda path: int(path.suffix[1:])):
        counts: dict[str, int] = {}
        calls = []
        for line in log.read_text(errors="replace").splitlines():
            if match := re.match(r"(\w+)\(", line):
                name = match[1]
                counts[name] = counts.get(name, 0) + 1
                calls.append(Call(name, counts[name], line))
        threads.append(calls)
    return threads


def calls_on(folder: Path, logs: Path) -> list[Call]:
    """List the calls that touch a folder, those of the same name and number only once.

    Who has a folder is written down for others to read, and nothing depends on it.
    """
    found: dict[tuple[str, int], Call] = {}
    for thread in read_threads(logs):
        for call in thread:
            if call.touches(folder) and OWNER_FILE not in call.line:
                found.setdefault(call.key, call)
    return list(found.values())


def was_hit(folder: Path, logs: Path, call: Call) -> bool:
    """Did the injection meet a call that touches the folder?

    With several threads another call may have had the same name and number this time.
    """
    return any(
        seen.key == call.key and seen.was_injected and seen.touches(folder)
        for thread in read_threads(logs)
        for seen in thread
    )


def choose(calls: Sequence[Call], count: int) -> list[Call]:
    """Choose calls evenly; the first and the last write, fsync and rename are among them."""
    important = {*calls[:1], *calls[-1:]}
    for names in (WRITES, SYNCS, RENAMES):
        kind = [call for call in calls if call.name in names]
        important |= {*kind[:1], *kind[-1:]}
    others = [call for call in calls if call not in important]
    return in_order(calls, important | set(spread(others, count - len(important))))


def spread(calls: Sequence[Call], count: int) -> list[Call]:
    """Take so many calls at even distances, or all when there are no more."""
    if count >= len(calls):
        return list(calls)
    return [calls[index * len(calls) // count] for index in range(max(count, 0))]


def in_order(calls: Sequence[Call], chosen: Iterable[Call]) -> list[Call]:
    """Sort chosen calls as they came."""
    wanted = set(chosen)
    return [call for call in calls if call in wanted]
