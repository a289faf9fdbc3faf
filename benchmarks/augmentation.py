"""Measure the images per second of each augmentation, alone and together.

    python benchmarks/augmentation.py                 # about a minute
    python benchmarks/augmentation.py --shard 32      # images per call (default 128)

This uses one thread, then two at the same time with one shard each, like training. BLAS has one
thread. The cases take turns, so a busy machine slows all of them equally.
"""

import argparse
import statistics
import time
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from threadpoolctl import threadpool_limits

from network.core.params import Array
from network.environment import keep_freed_memory
from network.images.augmentation import Augmentation, build_augmentation

AFFINE = {"shift": 1.0, "rotate": 10.0, "scale": 0.1, "shear": 0.1}
STRENGTHS = {**AFFINE, "elastic": 34.0, "thickness": 1.0, "erase": 6.0, "noise": 0.1}
IMAGES_A_TURN = 20_000

CASES: dict[str, dict[str, float]] = {
    **{name: {name: strength} for name, strength in STRENGTHS.items()},
    "affine: the first four": AFFINE,
    "affine and elastic": {**AFFINE, "elastic": 34.0},
    "all eight": STRENGTHS,
}


def work(augment: Augmentation, images: Array, seed: int) -> None:
    """Augment a shard again and again, as one thread of training does."""
    rng = np.random.default_rng(seed)
    for _ in range(IMAGES_A_TURN // len(images)):
        augment(images, rng)


def images_per_second(augment: Augmentation, images: Array, threads: int) -> float:
    """Time one turn of all threads."""
    with ThreadPoolExecutor(threads) as pool:
        started = time.perf_counter()
        list(pool.map(work, [augment] * threads, [images] * threads, range(threads)))
        seconds = time.perf_counter() - started
    return threads * (IMAGES_A_TURN // len(images)) * len(images) / seconds


def main() -> None:
    """Print the median (smallest-largest) of each case, with one and two threads."""
    keep_freed_memory()  # as training does
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=9, help="turns that count (default 9)")
    parser.add_argument("--shard", type=int, default=128, help="images per call (default 128)")
    options = parser.parse_args()
    images = np.random.default_rng(0).random((options.shard, 28, 28), np.float32)
    built = {name: build_augmentation(strengths) for name, strengths in CASES.items()}
    rates: dict[tuple[str, int], list[float]] = {(n, t): [] for n in CASES for t in (1, 2)}
    with threadpool_limits(1, user_api="blas"):
        for turn in range(1 + options.repeats):  # the first one finds cold caches
            for name, threads in rates:
                rate = images_per_second(built[name], images, threads)
                rates[name, threads] += [rate] if turn else []
    print(f"images/s in shards of {options.shard}{'one thread':>22}{'two threads':>31}")
    for name in CASES:
        columns = [
            f"{statistics.median(r):>11,.0f} ({min(r):,.0f}-{max(r):,.0f})"
            for r in (rates[name, 1], rates[name, 2])
        ]
        print(f"{name:<24}{columns[0]:<31}{columns[1]}")


if __name__ == "__main__":
    main()
