"""Processes as Linux shows them, to be killed and stopped by tests that started them."""

from pathlib import Path


def children_of(pid: int) -> set[int]:
    """Return the processes that a process has started and that are there still."""
    children = set()
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        children |= {int(child) for child in task.read_text().split()}
    return {child for child in children if b"spawn_main" in command_line(child)}


def command_line(pid: int) -> bytes:
    """Return how a process was started, nothing when it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""


def process_state(pid: int) -> str | None:
    """Return the letter of a process's state as proc(5) has it: T is stopped; None: it is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return None
