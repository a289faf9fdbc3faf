"""Calibration: temperature scaling turns scores into probabilities.

Of a hundred predictions with a probability of 0.9, ninety should be correct. Networks are often
overconfident, or underconfident. *Temperature scaling* corrects that: the scores s are divided by
a temperature T before they become probabilities,

    P = softmax(s / T),        T > 1 lowers the confidence; no prediction changes.

The scores of a network are logarithms, up to a constant that softmax removes:

    ends with Softmax     the logits z, what enters the softmax: log y, up to a constant
    ends with Sigmoid     the logits again, which are log y / (1 - y): each output is the
                          probability of its class alone, and P is conditional on the event that
                          the image belongs to exactly one class:
                          P_k ~ y_k prod_{j != k} (1 - y_j) ~ y_k / (1 - y_k)
    an Ensemble           the same of the mean y, log y where the members end with Softmax:
                          averaged first, then calibrated. log y and log(1 - y) are computed from
                          the members' logits: in 32 bits a y below 1e-8 has lost its digits
    anything else         the outputs themselves; of LogSoftmax they are log y

Source: Guo, Pleiss, Sun, Weinberger, On calibration of modern neural networks (2017), sections 2
(ECE, reliability) and 4.2 (temperature); that outputs learnt by squared error are probabilities:
Bishop, Pattern Recognition and Machine Learning (2006), section 1.5.5; for ensembles Rahaman and
Thiery, Uncertainty quantification and deep ensembles (2021), section 4, "pool then calibrate".
"""

from dataclasses import dataclass

import numpy as np

from network.core.activations import Softmax
from network.core.layers import Identity
from network.core.model import Model
from network.core.params import Array, Params
from network.metrics.accuracy import compute_in_chunks, compute_outputs

BINS = 15  # of Guo and others
COLDEST, HOTTEST = 0.05, 20.0  # limits of the temperature
HALVINGS = 50  # of the interval in which the best temperature is


def log_scores(model: Model, params: Params, images: Array) -> Array:
    """Compute the logarithms of a model's scores, up to a constant for each image.

    Shapes: images (N, H, W) -> (N, K) float64.
    """
    *layers, last = model.layers
    if not last.gives_scores:
        return compute_outputs(model, params, images).astype(np.float64)
    if last.is_activation:
        logits = Model((*layers, Identity()))
        return compute_outputs(logits, params, images).astype(np.float64)

    def compute(chunk: Array) -> Array:
        x, _ = Model(tuple(layers)).forward(params[:-1], chunk)
        log_y, log_rest = last.log_scores(params[-1], x)
        return log_y if last.sums_to_one else log_y - log_rest

    return compute_in_chunks(compute, images)


def outputs_and_scores(model: Model, params: Params, images: Array) -> tuple[Array, Array]:
    """Compute the outputs of a model and the logarithms of its scores.

    Shapes: images (N, H, W) -> (N, K) as the model computes, (N, K) float64.
    """
    last = model.layers[-1]
    if last.is_activation and last.gives_scores:  # one run is enough
        z = compute_outputs(Model((*model.layers[:-1], Identity())), params, images)
        return compute_outputs(Model((last,)), params[-1:], z), z.astype(np.float64)
    return compute_outputs(model, params, images), log_scores(model, params, images)


def apply_temperature(scores: Array, temperature: float) -> Array:
    """P = softmax(scores / T).

    Shapes: (N, K), the same out.
    """
    return Softmax().forward({}, scores / temperature)[0]


def probabilities(model: Model, params: Params, images: Array, temperature: float = 1.0) -> Array:
    """Compute the probability of each class; temperature 1 leaves the network as trained.

    Shapes: images (N, H, W) -> (N, K) float64, each row adds up to 1.
    """
    return apply_temperature(log_scores(model, params, images), temperature)


def log_loss(probabilities: Array, labels: Array) -> float:
    """Compute the log-loss L = -1/N sum_n log P_label.

    Shapes: probabilities (N, K), labels (N,).
    """
    of_label = probabilities[np.arange(len(labels)), labels]
    return float(-np.log(np.maximum(of_label, np.finfo(np.float64).tiny)).mean())


def fit_temperature(scores: Array, labels: Array) -> float:
    """Find the temperature whose probabilities have the least log-loss.

    With b = 1/T the loss is convex, and its slope is dL/db = 1/N sum_n (sum_k P_k s_k - s_label):
    the expected score under P, minus the score of the label. It grows with b, so the interval in
    which it is 0 is halved again and again (bisection). If every label has the highest score, the
    lowest temperature is the best.

    Shapes: scores (N, K), labels (N,).
    Source: Guo and others (2017), section 4.2.
    """
    of_label = scores[np.arange(len(labels)), labels]
    low, high = np.log(COLDEST), np.log(HOTTEST)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        expected = (apply_temperature(scores, float(np.exp(middle))) * scores).sum(axis=1)
        if (expected - of_label).mean() > 0:  # temperature too low: less confidence is better
            low = middle
        else:
            high = middle
    return float(np.exp((low + high) / 2))


@dataclass(frozen=True, eq=False)
class Bins:
    """Predictions in bins of confidence, from 0 to 1 in intervals of equal width.

    Confidence and accuracy are NaN if the count is 0.
    """

    confidence: Array  # (bins,) mean probability of the predicted classes
    accuracy: Array  # (bins,) share of correct predictions
    count: Array  # (bins,) int64


def reliability_bins(probabilities: Array, labels: Array, bins: int = BINS) -> Bins:
    """Sort predictions into bins by probability; bin m covers ((m - 1) / M, m / M].

    Shapes: probabilities (N, K), labels (N,).
    Source: Guo and others (2017), section 2, equation 1 and the paragraphs around it.
    """
    confidence = probabilities.max(axis=1)
    is_right = probabilities.argmax(axis=1) == labels
    which = np.clip(np.ceil(confidence * bins).astype(np.int64) - 1, 0, bins - 1)
    count = np.bincount(which, minlength=bins)
    with np.errstate(invalid="ignore"):  # 0 / 0 is the NaN of an empty bin
        return Bins(
            np.bincount(which, confidence, bins) / count,
            np.bincount(which, is_right, bins) / count,
            count,
        )


def expected_calibration_error(bins: Bins) -> float:
    """Compute the expected calibration error, sum_m n_m / N |accuracy_m - confidence_m|.

    Source: Guo and others (2017), equation 3; Naeini, Cooper, Hauskrecht, Obtaining well
    calibrated probabilities using Bayesian binning (2015).
    """
    gap = np.abs(bins.accuracy - bins.confidence)
    return float(np.nansum(bins.count * gap) / bins.count.sum())
