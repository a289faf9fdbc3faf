"""Count how often the nearest neighbour of an image is near it in the file.

    python benchmarks/same_writer.py

Digits of one writer are together in the file of MNIST and look alike. So among nearest neighbours,
small distances in the file are more frequent than by chance, up to `SAME_WRITER` in
network/metrics/out_of_distribution.py.
"""

import itertools

import numpy as np

from network.core.params import Array
from network.metrics.out_of_distribution import all_cosines, stroke_vectors
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import find_cache

ASKED = 10_000  # images whose neighbours are found: every sixth
BOUNDS = (0, 10, 50, 200, 500, 1000, 5000)  # distances in the file


def distances_to_nearest(vectors: Array, asked: Array) -> Array:
    """Return the distance in the file from each image to its nearest neighbour.

    Shapes: vectors (N, D), asked (M,) indices -> (M,).
    """
    nearest: list[int] = []
    for cosines in all_cosines(vectors[asked], vectors):
        for row in cosines:
            own = asked[len(nearest)]
            row[own] = -1  # it is nearest to itself
            nearest.append(abs(int(row.argmax()) - own))
    return np.array(nearest)


def main() -> None:
    """Print the number of neighbours for each range of distances, relative to chance."""
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
