"""Out-of-distribution detection: the distance of an image to the nearest training image.

A network predicts a class for every image, even a letter, a cat or noise, and may be confident. So
an image is compared with the training images themselves, not with outputs of the network. Each
becomes a vector: pixels are added up in squares of two by two and filtered by a difference of
Gaussians, a narrow one minus a wide one, which leaves the strokes. The vector is scaled to length
1. The distance of two images is 1 minus the cosine between their vectors.

The threshold comes from validation images: with 95 % confidence, at most 1 % of images like them
are farther.

Source: the distance to the nearest neighbour as a score is in Sun, Ming, Zhu, Li,
Out-of-distribution detection with deep nearest neighbors (2022), section 3, with vectors of
length 1 from inside a network; the difference of Gaussians is of Marr and Hildreth, Theory of
edge detection (1980). `benchmarks/familiarity.py` compares this with other scores.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

import numpy as np

from network.core.params import Array
from network.images.distortions import gaussian

NARROW, WIDE = 0.5, 2.0  # standard deviations of the Gaussians, in squares of two by two pixels
CHUNK = 250  # images compared at once: with 54,000 others a chunk takes 54 MB

# Digits of one writer are near each other in the file of a dataset: among the nearest neighbours of
# MNIST's training images, nineteen times as many as by chance are within ten places, and beyond 200
# as many as by chance (benchmarks/same_writer.py). A user's digits are by another writer.
SAME_WRITER = 200  # places; at most a hundredth of all

FALSE_POSITIVE_RATE = 0.01  # largest share of false alarms
CONFIDENCE = 0.95  # that the share is not exceeded
MIN_EXAMPLES = math.ceil(
    math.log(1 - CONFIDENCE) / math.log(1 - FALSE_POSITIVE_RATE)
)  # examples needed: 299


@dataclass(frozen=True)
class DistanceDetector:
    """Distances of validation images to the training images, with a threshold."""

    count: int  # of validation images
    threshold: float  # images with a larger distance are out of distribution
    farthest: tuple[float, ...]  # their largest distances, a hundredth of all, rising

    def __post_init__(self) -> None:
        if not 0 < len(self.farthest) <= self.count:
            raise ValueError(f"{len(self.farthest)} of {self.count} distances")
        numbers = self.threshold, *self.farthest
        if list(self.farthest) != sorted(self.farthest) or not all(-1 <= it <= 3 for it in numbers):
            raise ValueError(f"distances are {numbers}"[:500])

    def is_out_of_distribution(self, distance: float) -> bool:
        """Return whether a distance is above the threshold."""
        return distance > self.threshold

    def share_closer(self, distance: float) -> float:
        """Return the share of validation images that are closer; all that are not far count."""
        farther = sum(other >= distance for other in self.farthest)
        return 1 - farther / self.count


def fit_detector(distances: Array) -> DistanceDetector | None:
    """Fit the threshold to distances of validation images; None if there are too few.

    Shapes: distances (N,).
    """
    rank = safe_rank(len(distances), 1 - FALSE_POSITIVE_RATE)
    if rank is None:
        return None
    rising = np.sort(distances).round(6).tolist()
    few = math.ceil(len(rising) * FALSE_POSITIVE_RATE)
    return DistanceDetector(len(rising), rising[rank - 1], tuple(rising[-few:]))


def stroke_vectors(pixels: Array) -> Array:
    """Compute vectors of length 1 that describe the strokes of images; 0 for blank ones.

    Shapes: pixels (N, H, W) uint8 -> (N, H / 2 * W / 2) float32.
    """
    corners = [pixels[:, row::2, column::2] for row in (0, 1) for column in (0, 1)]
    squares = np.add.reduce([corner.astype(np.uint16) for corner in corners])
    rows = squares.reshape(len(pixels), -1).astype(np.float32)
    strokes: Array = rows @ stroke_filter(*squares.shape[1:])
    length = np.sqrt(np.square(strokes).sum(axis=1, keepdims=True))
    strokes /= np.maximum(length, 1e-6)
    return strokes


@cache
def stroke_filter(height: int, width: int) -> Array:
    """Build the matrix of a difference of Gaussians, narrow minus wide.

    Shapes: (H * W, H * W) float32.
    """
    narrow, wide = (np.kron(gaussian(height, it), gaussian(width, it)) for it in (NARROW, WIDE))
    difference: Array = narrow - wide
    return difference


def nearest_distances(images: Array, known: Array) -> Array:
    """Compute the distance of each image to the nearest known image: 0 to 2.

    Shapes: images (N, D), known (M, D), from `stroke_vectors` -> (N,).
    """
    nearest = [cosines.max(axis=1) for cosines in all_cosines(images, known)]
    return 1 - np.concatenate(nearest)


def held_out_distances(vectors: Array, trained: Array, held_out: Array) -> Array:
    """Compute distances of validation images to training images of other writers.

    Shapes: vectors (N, D), trained (M,) and held_out (L,) indices of them, rising -> (L,).
    """
    reach = min(SAME_WRITER, len(vectors) // 100)
    first = np.searchsorted(trained, held_out - reach)
    last = np.searchsorted(trained, held_out + reach, side="right")
    nearest, row = np.empty(len(held_out), np.float32), 0
    for cosines in all_cosines(vectors[held_out], vectors[trained]):
        for near in cosines:
            near[first[row] : last[row]] = -1
            nearest[row] = near.max()
            row += 1
    return 1 - nearest


def all_cosines(images: Array, known: Array) -> Iterator[Array]:
    """Compare each image with each known image, chunk by chunk.

    Shapes: images (N, D), known (M, D) -> some (n, M) that may be changed.
    """
    for start in range(0, len(images), CHUNK):
        yield images[start : start + CHUNK] @ known.T


def safe_rank(count: int, share: float, confidence: float = CONFIDENCE) -> int | None:
    """Find the lowest of `count` ranks that a share of all images is below, with confidence.

    The share below the value of rank k is less than s with the probability that of n draws k or
    more are below, P(Binomial(n, s) >= k), which has to be 1 - confidence at most. None if no
    rank will do, for it takes log(1 - confidence) / log(s) draws.

    Source: Wilks, Determination of sample sizes for setting tolerance limits (1941), section 3.
    """
    if share**count > 1 - confidence:
        return None
    odds = math.log(share) - math.log1p(-share)
    log_chance, at_least, rank = count * math.log(share), 0.0, count
    while rank > 0:  # of exactly `rank` draws
        at_least += math.exp(log_chance)
        if at_least > 1 - confidence:
            break
        log_chance += math.log(rank / (count - rank + 1)) - odds
        rank -= 1
    return rank + 1
