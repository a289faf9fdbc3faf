"""Histograms of the weights of every layer: the current and the initial ones."""

import contextlib
from typing import Any, NamedTuple

import numpy as np

from network.core.model import Model
from network.core.params import Array, Params
from network.lab.gradient_stats import learning_layers, name_layer, pack_first_layer_weights
from network.runs.checkpoints import load_checkpoint
from network.runs.film import list_epochs, load_frame
from network.runs.folder import Run
from network.runs.live_changes import first_configuration
from network.training.build import init_params
from pipeline.errors import CorruptError

BINS = 48  # even: 0 lies between the two in the middle
CLEAR = 0.995  # share of the weights inside the bins; the outermost bins hold the others, too
ROOM = 8  # the bins shrink when they are more than this many times as wide as needed
TINY = 1e-6  # minimum limit of the bins, for weights that are all 0


class Histogram(NamedTuple):
    """The weights of a layer, counted in BINS bins of equal width from -limit to limit."""

    name: str  # layer 2 (Linear)
    limit: float
    now: list[int]
    spread: float  # the standard deviation
    start: list[int] | None  # None if the initial weights are unknown
    spread_at_start: float | None


class Histograms:
    """Histograms of a model, updated repeatedly in bins that change only when needed."""

    def __init__(self, model: Model, first: Params | None) -> None:
        """Start with the initial parameters, which must not change; None if they are unknown."""
        self.layers = learning_layers(model)
        self.first = [None if first is None else first[place]["weight"] for place in self.layers]
        self.limits = [widest(weight) for weight in self.first]
        self.least = list(self.limits)  # so that the bins cover the initial weights, too

    def count(self, params: Params) -> list[Histogram]:
        """Count the current weights; return an empty list if one of them is not finite."""
        weights = [params[place]["weight"] for place in self.layers]
        if not all(np.isfinite(weight).all() for weight in weights):
            return []
        self.limits = list(map(fit_limit, self.limits, self.least, weights))
        names = [name_layer(index, layer) for index, layer in self.layers.items()]
        return list(map(compare_weights, names, self.limits, weights, self.first))


def find_initial_params(run: Run) -> Params | None:
    """Find the initial parameters of a run; None if they are unknown.

    They are in the checkpoint before the first step, or in the first frame of the film, or they
    are computed again from the configuration. If the run started from the parameters of another
    run, they are unknown without a film, because that run may have been trained further.

    Raises: MissingError, CorruptError.
    """
    checkpoint = load_checkpoint(run.checkpoint)
    if not checkpoint.meta.get("step"):
        return checkpoint.params
    with contextlib.suppress(CorruptError):  # ignore a damaged film
        if list_epochs(run):
            return load_frame(run, 0).checkpoint.params
    if "seen" in checkpoint.meta:  # the run started from another one
        return None
    return init_params(checkpoint.model, first_configuration(checkpoint, str(run.checkpoint)))


def pack_weights(params: Params, histograms: Histograms) -> dict[str, Any]:
    """Return first-layer weights as pictures, and histograms of all weights."""
    counted = [one._asdict() for one in histograms.count(params)]
    return {"pictures": pack_first_layer_weights(params), "histograms": counted}


def compare_weights(name: str, limit: float, weight: Array, first: Array | None) -> Histogram:
    """Count the current and the initial weights of a layer in the same bins."""
    at_start = (
        (None, None) if first is None else (count_weights(first, limit), standard_deviation(first))
    )
    return Histogram(
        name, limit, count_weights(weight, limit), standard_deviation(weight), *at_start
    )


def count_weights(weight: Array, limit: float) -> list[int]:
    """Count weights in bins; the outermost bins hold the weights beyond them, too."""
    inside = np.clip(weight, -limit, limit)
    counts: list[int] = np.histogram(inside, BINS, (-limit, limit))[0].tolist()
    return counts


def standard_deviation(weight: Array) -> float:
    """Return the standard deviation of weights."""
    return float(weight.std(dtype=np.float64))


def widest(weight: Array | None) -> float:
    """Return the largest absolute weight; 0 without weights."""
    return 0.0 if weight is None else float(np.abs(weight).max())


def fit_limit(limit: float, least: float, weight: Array) -> float:
    """Return a limit that covers CLEAR of the weights: double it if needed, or halve it.

    The bins change rarely, so that the page shows how the weights spread. They shrink when
    weights that had diverged are small again.
    """
    limit, sizes = limit or widest(weight) or 1.0, np.abs(weight)
    while np.mean(sizes <= limit) < CLEAR:
        limit *= 2
    while limit / 2 >= max(least, TINY) and np.mean(sizes <= limit / ROOM) >= CLEAR:
        limit /= 2
    return limit
