"""Reliability diagram: accuracy by confidence."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from network.metrics.calibration import BINS, Bins, expected_calibration_error, reliability_bins
from network.plots.figure import new_figure
from network.plots.style import COLOURS, SOFT, in_percent
from network.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_reliability(subjects: Sequence[Subject]) -> "Figure":
    """Draw the accuracy of a run by its confidence, and the number of predictions."""
    (subject,) = subjects
    bins = reliability_bins(subject.probabilities, subject.examples.labels)
    figure = new_figure(4.8, 5.2)
    above, below = figure.subplots(2, 1, sharex=True, height_ratios=[4, 1])
    draw_accuracies(above, bins)
    below.bar(middles(), bins.count, width=0.9 / BINS, color=COLOURS[0])
    below.set_yscale("log")
    below.set_ylabel("predictions")
    below.set_xlabel("confidence: probability of the predicted class")
    in_percent(below, "x")
    error = expected_calibration_error(bins)
    above.set_title(f"{subject.name}: expected calibration error {100 * error:.2f} %")
    return figure


def draw_accuracies(panel: "Axes", bins: Bins) -> None:
    """Draw a point for each bin, and its distance from the diagonal."""
    filled = bins.count > 0
    says, does = bins.confidence[filled], bins.accuracy[filled]
    panel.plot([0, 1], [0, 1], color=SOFT, linewidth=1, label="perfect calibration")
    panel.vlines(says, says, does, color=COLOURS[1], linewidth=4, alpha=0.45, label="gap")
    panel.plot(says, does, "o-", color=COLOURS[0], markersize=5, label="this run")
    panel.set_xlim(0, 1)
    panel.set_ylim(0, 1.02)
    in_percent(panel, "y")
    panel.set_ylabel("accuracy")
    panel.legend(loc="upper left", fontsize="small")


def middles() -> "np.ndarray[tuple[int, ...], np.dtype[np.float64]]":
    """Return the middle of each bin.  Shapes: (BINS,)."""
    return (np.arange(BINS) + 0.5) / BINS
