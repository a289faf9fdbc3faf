"""Memory that arrays give back serves the next arrays, without a page asked of the system."""

import platform
import subprocess
import sys

import pytest
from conftest import REPOSITORY

CODE = """
import resource, sys
import numpy as np
from network.memory import keep_freed_memory

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

if sys.argv[1] == "keep":
    keep_freed_memory()
for turn in range(21):
    if turn == 1:  # the first one has to ask
        before = faults()
    arrays = [np.ones(50_000, np.float32) for _ in range(20)]
    del arrays
print((faults() - before) // 20)
"""


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="it is glibc that is taught")
def test_freed_memory_is_asked_for_once():
    pages = {}
    for how in ("keep", "leave"):
        command = [sys.executable, "-c", CODE, how]
        done = subprocess.run(command, cwd=REPOSITORY, capture_output=True, text=True, check=True)
        pages[how] = int(done.stdout)
    assert pages["keep"] <= 10
    assert pages["leave"] >= 100, "glibc has learnt to keep memory: network/memory.py can go"
