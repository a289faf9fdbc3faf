"""The weights of every layer that learns, counted in bins: as they are, and as they began."""

import contextlib
from typing import Any, NamedTuple

import numpy as np

from network.core.model import Model
from network.core.params import Array, Params
from network.lab.gradient_stats import describe_stats, learning_layers, pack_first_layer_weights
from network.runs.checkpoints import load_checkpoint
from network.runs.film import list_epochs, load_frame
from network.runs.folder import Run
from network.runs.live_changes import first_configuration
from network.training.build import init_params
from pipeline.errors import CorruptError

BINS = 48  # even: 0 lies between the two in the middle
CLEAR = 0.995  # of the weights lie in the bins; of more, the outermost hold what lies beyond
ROOM = 8  # times as wide as the weights need it: bins that are more shrink again
TINY = 1e-6  # bins are not narrower, were all weights 0


class Histogram(NamedTuple):
    """A layer's weights, counted in BINS bins of one width from -limit to limit."""

    name: str  # Linear 30
    limit: float
    now: list[int]
    spread: float  # the standard deviation
    start: list[int] | None  # None where nobody knows the first weights
    spread_at_start: float | None


class Histograms:
    """Counts the weights of a model again and again, in bins that stay while these fit them."""

    def __init__(self, model: Model, first: Params | None) -> None:
        """Begin with the first parameters, which must not change; None where nobody knows them."""
        self.layers = learning_layers(model)
        self.first = [None if first is None else first[place]["weight"] for place in self.layers]
        self.limits = [widest(weight) for weight in self.first]
        self.least = list(self.limits)  # so that the first weights are seen, too

    def count(self, params: Params) -> list[Histogram]:
        """Count the weights as they are; none while one of them is no number any more."""
        weights = [params[place]["weight"] for place in self.layers]
        if not all(np.isfinite(weight).all() for weight in weights):
            return []
        self.limits = list(map(fit_limit, self.limits, self.least, weights))
        names = [describe_stats(layer) for layer in self.layers.values()]
        return list(map(compare_weights, names, self.limits, weights, self.first))


def find_initial_params(run: Run) -> Params | None:
    """Find what a run began with; None where nobody knows.

    It is in the checkpoint while there was no step, then in the film's first frame, and else made
    again from the configuration; but not that of a run which began with another's parameters,
    for that one may have been trained further since.

    Raises: MissingError, CorruptError.
    """
    checkpoint = load_checkpoint(run.checkpoint)
    if not checkpoint.meta.get("step"):
        return checkpoint.params
    with contextlib.suppress(CorruptError):  # a film that is damaged is as good as none
        if list_epochs(run):
            return load_frame(run, 0).checkpoint.params
    if "seen" in checkpoint.meta:  # by the parameters that it began with
        return None
    return init_params(checkpoint.model, first_configuration(checkpoint, str(run.checkpoint)))


def pack_weights(params: Params, histograms: Histograms) -> dict[str, Any]:
    """Write what a page shows of the weights: the first ones as pictures, all in histograms."""
    counted = [one._asdict() for one in histograms.count(params)]
    return {"pictures": pack_first_layer_weights(params), "histograms": counted}


def compare_weights(name: str, limit: float, weight: Array, first: Array | None) -> Histogram:
    """Count a layer's weights as they are and as they began, in the same bins."""
    at_start = (
        (None, None) if first is None else (count_weights(first, limit), standard_deviation(first))
    )
    return Histogram(
        name, limit, count_weights(weight, limit), standard_deviation(weight), *at_start
    )


def count_weights(weight: Array, limit: float) -> list[int]:
    """Count weights in bins; the outermost hold what lies beyond them, too."""
    inside = np.clip(weight, -limit, limit)
    counts: list[int] = np.histogram(inside, BINS, (-limit, limit))[0].tolist()
    return counts


def standard_deviation(weight: Array) -> float:
    """Return the standard deviation of some weights."""
    return float(weight.std(dtype=np.float64))


def widest(weight: Array | None) -> float:
    """Return the largest distance from 0; 0 where there are no weights."""
    return 0.0 if weight is None else float(np.abs(weight).max())


def fit_limit(limit: float, least: float, weight: Array) -> float:
    """Double a limit until it is wide enough for CLEAR of the weights, or halve one far too wide.

    So bins stay as they are for long, and weights are seen to spread in them. They shrink after
    weights that had run away have come back.
    """
    limit, sizes = limit or widest(weight) or 1.0, np.abs(weight)
    while np.mean(sizes <= limit) < CLEAR:
        limit *= 2
    while limit / 2 >= max(least, TINY) and np.mean(sizes <= limit / ROOM) >= CLEAR:
        limit /= 2
    return limit
