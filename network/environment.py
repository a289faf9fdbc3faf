"""What a run is computed with: versions, BLAS, threads.

The same seed gives the same bits only where all of these are the same: another BLAS kernel or
number of threads adds up the same products in another order.
"""

import platform
from typing import Any

import numpy as np
from threadpoolctl import threadpool_info


def describe_environment() -> dict[str, Any]:
    """Name the versions, and the library that multiplies matrices with its threads."""
    blas = [
        {key: pool.get(key) for key in ("internal_api", "version", "architecture", "num_threads")}
        for pool in threadpool_info()
        if pool["user_api"] == "blas"
    ]
    return {
        "python": platform.python_version(),
        "numpy": np.__version__,
        "machine": platform.machine(),
        "blas": blas,
    }
