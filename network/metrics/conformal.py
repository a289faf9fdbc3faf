"""Split conformal prediction: sets that contain the true class at a chosen rate.

The score of a validation image is 1 - P_label, high if its true class got a low probability. The
threshold is the quantile of these scores for the chosen coverage. A *prediction set* contains
every class whose score is not above the threshold, and always the predicted class. If new images
come from the same source as the validation images, their sets contain the true class with at least
the chosen probability. That holds for every network; a better network has smaller sets.

Source: Vovk, Gammerman, Shafer, Algorithmic learning in a random world (2005), section 4.1;
this score and its sets, the least ambiguous ones, are of Sadinle, Lei, Wasserman, Least ambiguous
set-valued classifiers with bounded error levels (2019), sections 2 and 4.
"""

import math

import numpy as np

from network.core.params import Array

COVERAGES = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)  # coverages to choose from


def conformal_threshold(probabilities: Array, labels: Array, coverage: float) -> float | None:
    """Compute the threshold of a coverage; None if there are too few examples for it.

    Of n scores it is the one of rank k = ceil((n + 1) * coverage), because a new score is equally
    likely to fall in each of the n + 1 gaps between them. With fewer than coverage / (1 -
    coverage) examples there is no such rank.

    Shapes: probabilities (N, K), labels (N,).  Units: coverage from 0 to 1.
    Source: Lei, G'Sell, Rinaldo, Tibshirani, Wasserman, Distribution-free predictive inference
    for regression (2018), theorem 2.2.
    """
    rank = math.ceil((len(labels) + 1) * coverage - 1e-9)  # 100 * 0.99 is more than 99 in floats
    if rank > len(labels):
        return None
    scores = np.sort(1 - probabilities[np.arange(len(labels)), labels])
    return float(scores[rank - 1])


def prediction_sets(probabilities: Array, threshold: float) -> Array:
    """Return the classes in the set of each image: at least the most likely one.

    Shapes: probabilities (N, K) -> (N, K) bool.
    """
    sets: Array = 1 - probabilities <= threshold
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return sets
