"""Whether an image is like those that a run was trained on: how far the nearest of them is.

A network answers whatever it is shown, a letter, a cat, noise, and may be sure of it. So an image
is compared with the images to train on, not with what the network makes of them. Each becomes a
vector: pixels are added up in squares of two by two, smoothed by a narrow Gaussian, less what a
wide one makes of them (so what stays is where strokes are), and the vector is made as long as 1.
The distance of two images is 1 minus the cosine between their vectors.

How far is too far is read off held-out examples: a distance is taken such that, with 95 %
confidence, no more than 1 % of images like them are farther.

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

# Digits of one hand lie near each other in the file of a data set: among the nearest neighbours of
# MNIST's training images nineteen times as many lie within ten places as would by chance, beyond
# 200 no more than that (benchmarks/same_writer.py). Who shows the network an image is another hand.
SAME_WRITER = 200  # places; at most a hundredth of all

FALSE_POSITIVE_RATE = (
    0.01  # the share of images like the held-out ones that may be called unlike them
)
CONFIDENCE = 0.95  # that no more of them are
MIN_EXAMPLES = math.ceil(
    math.log(1 - CONFIDENCE) / math.log(1 - FALSE_POSITIVE_RATE)
)  # examples it takes: 299


@dataclass(frozen=True)
class DistanceDetector:
    """How far held-out examples are from what a run was trained on."""

    count: int  # of held-out examples
    threshold: float  # what is farther is unlike them
    farthest: tuple[float, ...]  # their largest distances, a hundredth of all, rising

    def __post_init__(self) -> None:
        if not 0 < len(self.farthest) <= self.count:
            raise ValueError(f"{len(self.farthest)} of {self.count} distances")
        numbers = self.threshold, *self.farthest
        if list(self.farthest) != sorted(self.farthest) or not all(-1 <= it <= 3 for it in numbers):
            raise ValueError(f"distances are {numbers}"[:500])

    def is_out_of_distribution(self, distance: float) -> bool:
        """Is this farther than images like the held-out ones may be?"""
        return distance > self.threshold

    def share_closer(self, distance: float) -> float:
        """Tell which share of the held-out examples is nearer; all that are not far count so."""
        farther = sum(other >= distance for other in self.farthest)
        return 1 - farther / self.count


def fit_detector(distances: Array) -> DistanceDetector | None:
    """Read off held-out distances how far is too far; None where they are too few to tell.

    Shapes: distances (N,).
    """
    rank = safe_rank(len(distances), 1 - FALSE_POSITIVE_RATE)
    if rank is None:
        return None
    rising = np.sort(distances).round(6).tolist()
    few = math.ceil(len(rising) * FALSE_POSITIVE_RATE)
    return DistanceDetector(len(rising), rising[rank - 1], tuple(rising[-few:]))


def stroke_vectors(pixels: Array) -> Array:
    """Turn images into vectors of length 1 that tell where strokes are; blank ones into 0.

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
    """Make the matrix that takes a wide Gaussian from a narrow one.

    Shapes: (H * W, H * W) float32.
    """
    narrow, wide = (np.kron(gaussian(height, it), gaussian(width, it)) for it in (NARROW, WIDE))
    difference: Array = narrow - wide
    return difference


def nearest_distances(images: Array, known: Array) -> Array:
    """Measure how far the nearest of the known images is from each image: 0 to 2.

    Shapes: images (N, D), known (M, D), from `describe` -> (N,).
    """
    nearest = [cosines.max(axis=1) for cosines in all_cosines(images, known)]
    return 1 - np.concatenate(nearest)


def held_out_distances(vectors: Array, trained: Array, held_out: Array) -> Array:
    """Measure how far examples are from what a run was trained on, other hands' examples alone.

    Shapes: vectors (N, D), trained (M,) and held_out (L,) places in them, rising -> (L,).
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
    """Compare each image with each that is known, a chunk of images at a time.

    Shapes: images (N, D), known (M, D) -> some (n, M) that may be changed.
    """
    for start in range(0, len(images), CHUNK):
        yield images[start : start + CHUNK] @ known.T


def safe_rank(count: int, share: float, confidence: float = CONFIDENCE) -> int | None:
    """Find the lowest rank, of so many, that a share of the whole is below, with confidence.

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
