"""Paired comparison of two networks on the same images (McNemar's test)."""

from dataclasses import dataclass
from math import exp, lgamma, log

import numpy as np

from network.core.params import Array
from network.metrics.confidence_intervals import paired_interval

LIKELY = 0.05  # significance level


@dataclass(frozen=True)
class PairedComparison:
    """Correct predictions of two networks, image by image.

    The comparison is of these two networks only. Another seed gives other networks.
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
        """The accuracy of the second minus that of the first."""
        return (self.only_second - self.only_first) / self.count

    @property
    def p_value(self) -> float:
        return exact_p_value(self.only_first, self.only_second)

    @property
    def interval(self) -> tuple[float, float]:
        return paired_interval(self.both, self.only_second, self.only_first, self.neither)

    @property
    def better(self) -> int | None:
        """The better of the two, 0 or 1, or None if the difference is not significant."""
        if self.p_value >= LIKELY:
            return None
        return int(self.only_second > self.only_first)


def compare_predictions(labels: Array, first: Array, second: Array) -> PairedComparison:
    """Count the images that both, one or none of two networks predicted correctly.

    Shapes: labels (N,), first (N,), second (N,).
    """
    is_first, is_second = first == labels, second == labels
    pairs = np.bincount(2 * is_first + is_second, minlength=4)  # (4,)
    neither, only_second, only_first, both = map(int, pairs)
    return PairedComparison(both, only_first, only_second, neither)


def exact_p_value(one: int, other: int) -> float:
    """Return the p-value of McNemar's test: n = one + other coin tosses, at least as uneven.

        p = 2 * sum_{k <= m} C(n, k) / 2^n, at most 1, with m = min(one, other)

    Images that both or neither predict correctly do not count; each of the others is a toss. The
    largest term is computed with logarithms, and each one before it is k / (n - k + 1) times the
    one after it: so no number overflows, and no digits cancel.

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
