"""New arrays reuse the memory of freed ones without a system call."""

import platform
import subprocess
import sys

import pytest

from tests.support.checkout import REPOSITORY

COUNT_PAGE_FAULTS = """
import resource, sys
import numpy as np
from network.environment import keep_freed_memory
if sys.argv[1] == "keep":
    assert keep_freed_memory()
def page_faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt
def step():
    arrays = [np.zeros(400_000, np.float32) + 1 for _ in range(8)]
    return [array * 2 for array in arrays]
step()
before = page_faults()
for _ in range(10):
    step()
print(page_faults() - before)
"""


def page_faults(how):
    command = [sys.executable, "-c", COUNT_PAGE_FAULTS, how]
    return int(subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=True).stdout)


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="the C library has no such switch")
def test_memory_that_is_kept_need_not_be_asked_for_again():
    assert page_faults("keep") < 1000 < page_faults("leave")  # 25 MB ten times are 60,000 pages
