"""Risk-coverage curve: error rate on the most confident predictions."""

import numpy as np

from network.core.params import Array


def risk_coverage(probabilities: Array, labels: Array) -> tuple[Array, Array]:
    """Compute the error rate above each threshold of confidence.

    There is a point for each confidence of a prediction: coverage is the share of examples with at
    least that confidence, risk the error rate among them. The last point is that of all examples.
    Equal confidences share a point, so the order of examples makes no difference.

    Shapes: probabilities (N, K), labels (N,) -> coverage (M,) rising to 1, risk (M,), M <= N.
    Source: El-Yaniv and Wiener, On the foundations of noise-free selective classification (2010),
    section 2; with the highest probability Geifman and El-Yaniv, Selective classification for
    deep neural networks (2017), section 2.
    """
    confidence = probabilities.max(axis=1)
    is_wrong = probabilities.argmax(axis=1) != labels
    order = np.argsort(-confidence, kind="stable")
    is_last = np.append(np.diff(confidence[order]) != 0, True)  # of examples with equal confidence
    answered = np.arange(1, len(labels) + 1)
    risk = np.cumsum(is_wrong[order]) / answered
    return answered[is_last] / len(labels), risk[is_last]
