"""Keep the files of tests in memory where there is plenty: disks take their time to sync.

What has to be forced to disk, and in which order, is seen in the system calls (R22), not on a disk.
"""

import os
import shutil
import tempfile
from pathlib import Path

MEMORY = Path("/dev/shm")  # Linux has it
ROOM = 8 << 30  # bytes; the whole suite has a third of it in use at once


def use_memory_for_files() -> None:
    """Make a file system of memory the place of temporary files, unless another one was chosen."""
    if "TMPDIR" not in os.environ and has_plenty(MEMORY):
        os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def has_plenty(folder: Path) -> bool:
    """Is there room on a file system, and may programs be run from it?"""
    if not folder.is_dir() or not os.access(folder, os.W_OK):
        return False
    is_executable = not os.statvfs(folder).f_flag & os.ST_NOEXEC
    return is_executable and min(shutil.disk_usage(folder).free, available_memory()) > ROOM


def available_memory() -> int:
    """Return the bytes of memory that are free or can be freed."""
    lines = Path("/proc/meminfo").read_text().splitlines()
    (found,) = (line for line in lines if line.startswith("MemAvailable:"))
    return int(found.split()[1]) << 10
