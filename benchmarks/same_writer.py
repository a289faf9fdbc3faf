"""Count how often the nearest neighbour of a training image lies near it in the file.

    python benchmarks/same_writer.py

Digits of one hand lie together in MNIST's file, and look alike. So among nearest neighbours small
distances in the file are more frequent than chance makes them, up to a distance beyond which they
are not: `SAME_WRITER` in network/metrics/out_of_distribution.py.
"""

import itertools

import numpy as np

from network.core.params import Array
from network.metrics.out_of_distribution import all_cosines, stroke_vectors
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import find_cache

ASKED = 10_000  # images whose neighbours are found, every sixth of all
BOUNDS = (0, 10, 50, 200, 500, 1000, 5000)  # distances in the file


def distances_to_nearest(vectors: Array, asked: Array) -> Array:
    """Return how far in the file the nearest other image is from each that is asked about.

    Shapes: vectors (N, D), asked (M,) places -> (M,).
    """
    nearest: list[int] = []
    for cosines in all_cosines(vectors[asked], vectors):
        for row in cosines:
            own = asked[len(nearest)]
            row[own] = -1  # it is nearest to itself
            nearest.append(abs(int(row.argmax()) - own))
    return np.array(nearest)


def main() -> None:
    """Print, for each range of distances, how many times as many there are as by chance."""
    pixels, _ = read_split(find_cache(), MNIST, "train")
    asked = np.linspace(0, len(pixels) - 1, ASKED).astype(np.int64)
    found = distances_to_nearest(stroke_vectors(pixels), asked)
    print("places apart   neighbours   times chance")
    for low, high in itertools.pairwise(BOUNDS):
        count = int(((found > low) & (found <= high)).sum())
        chance = len(asked) * 2 * (high - low) / len(pixels)
        print(f"{low + 1:>5,}-{high:<6,} {count:>12,} {count / chance:>13.1f}")


if __name__ == "__main__":
    main()
