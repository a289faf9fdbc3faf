"""The environment of a run: versions, BLAS, threads.

The same seed gives the same bits only if all of these are the same: another BLAS kernel or number
of threads adds up the same products in another order.
"""

import ctypes
import platform
import sys
from contextlib import AbstractContextManager
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from threadpoolctl import ThreadpoolController, threadpool_info, threadpool_limits

from network.core.params import Params, named_arrays

# Multiplications in the largest matrix product of a step. Below this a second core costs more in
# synchronisation than it saves: 784-30-10 at batch size 128 is 7 % faster on one core,
# 784-128-10 at 32 is 1.7 times as fast, and 784-512-10 at 128 is 1.3 times as fast on two.
TOO_SMALL_TO_SHARE = 10_000_000


def describe_environment() -> dict[str, Any]:
    """Return the versions, and the BLAS library with its threads."""
    blas = [
        {key: pool.get(key) for key in ("internal_api", "version", "architecture", "num_threads")}
        for pool in threadpool_info()
        if pool["user_api"] == "blas" and is_for_numpy(Path(pool["filepath"]))
    ]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "blas": blas,
    }


def is_for_numpy(library: Path) -> bool:
    """Return whether a library may serve NumPy, and not only another package."""
    numpy = Path(np.__file__).resolve().parent
    try:
        package = library.resolve().relative_to(numpy.parent).parts[0]
    except ValueError:
        return True
    return package.startswith("numpy")


def differences(before: dict[str, Any], now: dict[str, Any]) -> list[str]:
    """Return the differences of two environments, with both values."""
    before, now = flat(before), flat(now)
    names = [name for name in before | now if before.get(name) != now.get(name)]
    return [f"{name} was {before.get(name)} and is now {now.get(name)}" for name in names]


def flat(environment: dict[str, Any]) -> dict[str, Any]:
    """Return every fact under a separate name, such as `BLAS threads`."""
    facts = {name: value for name, value in environment.items() if name != "blas"}
    for pool in environment.get("blas", []):
        facts |= {f"BLAS {name.removeprefix('num_')}": value for name, value in pool.items()}
    return facts


@cache
def thread_pools() -> ThreadpoolController:
    """Find the libraries that use threads, once; NumPy has loaded its BLAS by now."""
    return ThreadpoolController()


def blas_threads() -> int:
    """Count the threads that a matrix product may use now."""
    pools = thread_pools().select(user_api="blas").info()
    return max((pool["num_threads"] for pool in pools), default=1)


def one_core_each() -> AbstractContextManager[Any]:
    """Keep every matrix product on the calling core while this context lasts."""
    limits: AbstractContextManager[Any] = thread_pools().limit(limits=1, user_api="blas")
    return limits


def one_thread() -> AbstractContextManager[Any]:
    """Limit OpenMP of the loaded libraries to one thread while this context lasts.

    Its threads wait for each other by spinning: next to other work two are slower than one.
    """
    limits: AbstractContextManager[Any] = threadpool_limits(1, user_api="openmp")
    return limits


def suitable_threads(
    params: Params, batch_size: int, shards: int = 1
) -> AbstractContextManager[Any]:
    """Keep matrix products of a small network on one core while this context lasts.

    Then its results do not depend on the number of cores either. The same applies if a batch is
    computed in shards, because each has a core already.
    """
    largest = batch_size * max((array.size for _, array in named_arrays(params)), default=0)
    is_alone = largest < TOO_SMALL_TO_SHARE or shards > 1
    limit = 1 if is_alone else None  # None: all cores
    limits: AbstractContextManager[Any] = threadpool_limits(limit, user_api="blas")
    return limits


def keep_to_one_core() -> None:
    """Keep all matrix products of this process on one core."""
    threadpool_limits(1)


TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # numbers in malloc.h of glibc
NEVER_TRIM = 2**31 - 1  # the largest int


def keep_freed_memory() -> bool:
    """Let new arrays reuse freed memory; return whether the C library can do that.

    By default glibc returns a large array to the system when it is freed. The next array gets new
    pages, each zeroed at its first use, which is a third of the time of a step of a small
    convolutional network. With this setting the process keeps its peak memory.

    Source: mallopt(3) of the Linux manual.
    """
    if not sys.platform.startswith("linux"):
        return False
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)  # musl has none
    if mallopt is None:
        return False
    sizes = (2**30, 2**25)  # older versions accept at most the second
    return bool(mallopt(TRIM_THRESHOLD, NEVER_TRIM)) and any(
        mallopt(MMAP_THRESHOLD, size) for size in sizes
    )
