"""Limits of time that hold on a busy machine, too.

PATIENCE ends what hangs, and says nothing about speed. Where an answer has to come soon, its limit
is given for an idle machine and stretched by how slowly this one ran the same process so far.
"""

import os
import time
from pathlib import Path
from typing import Protocol

PATIENCE = 300  # seconds until something is taken to hang
BLINK = 0.02  # seconds of work
SOON = 2  # seconds in which a process that is asked to end has to have ended


def slowness(pid: int) -> float:
    """Return the seconds that a process took for a second of its work since it began, at least 1.

    1 where the system does not show it: then a limit is that of an idle machine.
    """
    path = Path(f"/proc/{pid}/stat")
    if not path.exists():
        return 1.0
    fields = path.read_text().rpartition(")")[2].split()  # from the third on: proc(5)
    ticks = os.sysconf("SC_CLK_TCK")
    worked = (int(fields[11]) + int(fields[12])) / ticks  # in the program and in the kernel
    lived = time.clock_gettime(time.CLOCK_BOOTTIME) - int(fields[19]) / ticks
    return max(1.0, lived / max(worked, 1 / ticks))


def slowness_here() -> float:
    """Return the seconds that this process takes for a second of work, seen in a blink of it."""
    began, worked = time.monotonic(), time.process_time()
    while time.process_time() - worked < BLINK:
        pass
    return max(1.0, (time.monotonic() - began) / BLINK)


class Process(Protocol):
    """What a process of either kind can do: `subprocess.Popen`, and a fork of a warm one."""

    pid: int

    def send_signal(self, number: int, /) -> None: ...
    def communicate(self, *, timeout: float) -> tuple[str, str]: ...


def ends_soon(process: Process, number: int, pace: float = 0) -> tuple[bool, str, str]:
    """Send a signal to a process and wait for its end; return whether it was soon, and its output.

    Call it where the process has been at work from its start, so that its pace is known; or else
    with the pace of this one.
    """
    limit, sent = SOON * (pace or slowness(process.pid)), time.monotonic()
    process.send_signal(number)
    out, err = process.communicate(timeout=PATIENCE)
    return time.monotonic() - sent < limit, out, err
