"""Whether one network is better than another, judged by the same images."""

from dataclasses import dataclass
from math import exp, lgamma, log, sqrt

import numpy as np

from network.core.params import Array
from network.metrics.accuracy import wilson_interval

LIKELY = 0.05  # a chance that is no smaller proves nothing


@dataclass(frozen=True)
class PairedComparison:
    """Which of two networks was right, image by image.

    It is about these two networks, as they are. Another seed makes others.
    """

    both: int
    only_first: int
    only_second: int
    neither: int

    @property
    def count(self) -> int:
        return self.both + self.only_first + self.only_second + self.neither

    @property
    def difference(self) -> float:
        """How much higher the accuracy of the second is."""
        return (self.only_second - self.only_first) / self.count

    @property
    def p_value(self) -> float:
        return exact_p_value(self.only_first, self.only_second)

    @property
    def interval(self) -> tuple[float, float]:
        return paired_interval(self.both, self.only_second, self.only_first, self.neither)

    @property
    def better(self) -> int | None:
        """The better of the two, 0 or 1, or None where chance can explain the difference."""
        if self.p_value >= LIKELY:
            return None
        return int(self.only_second > self.only_first)


def compare_predictions(labels: Array, first: Array, second: Array) -> PairedComparison:
    """Count the images that both, one or none of two networks answered right.

    Shapes: labels (N,), first (N,), second (N,).
    """
    is_first, is_second = first == labels, second == labels
    pairs = np.bincount(2 * is_first + is_second, minlength=4)  # (4,)
    neither, only_second, only_first, both = map(int, pairs)
    return PairedComparison(both, only_first, only_second, neither)


def exact_p_value(one: int, other: int) -> float:
    """Return the chance that n = one + other throws of a coin fall at least so unevenly.

        p = 2 * sum_{k <= m} C(n, k) / 2^n, at most 1, with m = min(one, other)

    The images that both or neither answer right tell nothing of which is better; of the others
    each is a throw. The largest term comes from logarithms, and each before it is the share
    k / (n - k + 1) of the one after it: nothing overflows, and nothing cancels.

    Source: McNemar, Note on the sampling error of the difference between correlated proportions
    or percentages (1947), exactly binomial in place of normal; Dietterich, Approximate
    statistical tests for comparing supervised classification learning algorithms (1998),
    section 3.1.
    """
    n, m = one + other, min(one, other)
    share = total = 1.0
    for k in range(m, 0, -1):
        share *= k / (n - k + 1)
        total += share
        if share < 1e-17 * total:
            break
    largest = exp(lgamma(n + 1) - lgamma(m + 1) - lgamma(n - m + 1) - n * log(2))
    return min(1.0, 2 * largest * total)


def paired_interval(both: int, only_one: int, only_other: int, neither: int) -> tuple[float, float]:
    """Bound the true difference of two accuracies on the same examples, at 95 % confidence.

    The distances from each accuracy to the ends of its own interval are added as vectors, at the
    angle whose cosine is the correlation phi of the two.

    Units: shares, -1 to 1; positive where `one` is right more often than the `other`.
    Source: Newcombe, Improved confidence intervals for the difference between binomial
    proportions based on paired data (1998), method 10.
    """
    n = both + only_one + only_other + neither
    ones, others = both + only_one, both + only_other
    phi = correlation(both, only_one, only_other, neither)
    down, up = distances(ones, n)
    down_other, up_other = distances(others, n)
    difference = (only_one - only_other) / n
    low = difference - difference_length(down, up_other, phi)
    return max(-1.0, low), min(1.0, difference + difference_length(up, down_other, phi))


def correlation(both: int, only_one: int, only_other: int, neither: int) -> float:
    """Return phi, with the correction for continuity where it is positive; 0 without a spread."""
    n = both + only_one + only_other + neither
    margins = both + only_one, only_other + neither, both + only_other, only_one + neither
    if 0 in margins:
        return 0.0
    product = both * neither - only_one * only_other
    corrected = max(product - n / 2, 0) if product > 0 else product
    return corrected / sqrt(margins[0] * margins[1]) / sqrt(margins[2] * margins[3])


def distances(correct: int, count: int) -> tuple[float, float]:
    """Return how far an accuracy is from the ends of its interval, below and above."""
    low, high = wilson_interval(correct, count)
    return correct / count - low, high - correct / count


def difference_length(a: float, b: float, phi: float) -> float:
    """Return the length of the difference of two vectors, phi the cosine between them."""
    return sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))
