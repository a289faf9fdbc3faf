"""Sets of classes that hold the right one as often as promised: split conformal prediction.

Ask of each held-out example how unlikely its own class was held to be, 1 - P_label, and take the
value that a share of all of them stays below: the threshold. A set holds every class that is not
more unlikely than that, and the answer in any case. If a new image comes from where the held-out
examples come from, then whatever the network and its probabilities are worth, the right class is
in its set with at least the promised probability; what the network is worth shows in how small
the sets are.

Source: Vovk, Gammerman, Shafer, Algorithmic learning in a random world (2005), section 4.1;
this score and its sets, the least ambiguous ones, are of Sadinle, Lei, Wasserman, Least ambiguous
set-valued classifiers with bounded error levels (2019), sections 2 and 4.
"""

import math

import numpy as np

from network.core.params import Array

COVERAGES = (0.8, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999)  # what can be promised


def conformal_threshold(probabilities: Array, labels: Array, coverage: float) -> float | None:
    """Find how unlikely the classes in a set may be, None where so much cannot be promised.

    Of n scores it is the one of rank k = ceil((n + 1) * coverage), for a new score is equally
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
    """Tell which classes are in the set of each image: at least the most likely one.

    Shapes: probabilities (N, K) -> (N, K) bool.
    """
    sets: Array = 1 - probabilities <= threshold
    sets[np.arange(len(sets)), probabilities.argmax(axis=1)] = True
    return sets
