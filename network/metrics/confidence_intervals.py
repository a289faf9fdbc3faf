"""Confidence intervals: of an accuracy, and of the difference of two on the same examples."""

from math import sqrt

NORMAL_QUANTILE = 1.959964  # of 97.5 %: 95 % lie between it and its negative


def accuracy_interval(correct: int, count: int) -> tuple[float, float]:
    """Return the 95 % confidence interval of an accuracy (Wilson's)."""
    return wilson_interval(correct, count)


def wilson_interval(correct: int, count: int, z: float = NORMAL_QUANTILE) -> tuple[float, float]:
    """Compute Wilson's interval of an accuracy, `correct` of `count`, at 95 % by default.

    The interval always contains the share itself, even if rounding would exclude 0 or 1.

    Units: shares, 0 to 1; z is the normal quantile of the confidence (0.975 -> 1.959964).
    Source: Wilson, Probable inference, the law of succession, and statistical inference
    (1927), equation 7.
    """
    share = correct / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * sqrt(share * (1 - share) / count + (z / (2 * count)) ** 2) / (1 + z * z / count)
    return max(0.0, min(share, centre - half)), min(1.0, max(share, centre + half))


def paired_interval(both: int, only_one: int, only_other: int, neither: int) -> tuple[float, float]:
    """Compute the 95 % interval of the difference of two accuracies on the same examples.

    The distances from each accuracy to the ends of its own interval are added as vectors, at the
    angle whose cosine is the correlation phi of the two.

    Units: shares, -1 to 1; positive if `one` is correct more often than the `other`.
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
    """Return phi, with the correction for continuity if it is positive; 0 without a spread."""
    n = both + only_one + only_other + neither
    margins = both + only_one, only_other + neither, both + only_other, only_one + neither
    if 0 in margins:
        return 0.0
    product = both * neither - only_one * only_other
    corrected = max(product - n / 2, 0) if product > 0 else product
    return corrected / sqrt(margins[0] * margins[1]) / sqrt(margins[2] * margins[3])


def distances(correct: int, count: int) -> tuple[float, float]:
    """Return the distances of an accuracy from the ends of its interval, below and above."""
    low, high = wilson_interval(correct, count)
    return correct / count - low, high - correct / count


def difference_length(a: float, b: float, phi: float) -> float:
    """Return the length of the difference of two vectors, phi the cosine between them."""
    return sqrt(max(0.0, a * a - 2 * phi * a * b + b * b))
