"""Accuracy on each class, with its confidence interval."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from network.metrics.confidence_intervals import accuracy_interval
from network.plots.figure import new_figure
from network.plots.style import SOFT, add_legend, colour, in_percent
from network.plots.subject import Subject, describe_shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure

SPREAD = 0.5  # of the width per class, shared among the runs


def draw_per_class(subjects: Sequence[Subject]) -> "Figure":
    """Draw the accuracy of each run on each class, with a 95 % interval."""
    classes = subjects[0].classes
    figure = new_figure(max(5.5, 1.5 + 0.55 * len(classes)), 3.6)
    panel = figure.subplots()
    for index, subject in enumerate(subjects):
        offset = SPREAD * ((index + 0.5) / len(subjects) - 0.5)
        places, accuracies, below, above = [], [], [], []
        for k, row in enumerate(subject.result.confusion):
            if count := int(row.sum()):
                low, high = accuracy_interval(int(row[k]), count)
                places.append(k + offset)
                accuracies.append(row[k] / count)
                below.append(row[k] / count - low)
                above.append(high - row[k] / count)
        panel.errorbar(
            places, accuracies, [below, above], fmt="o", color=colour(index), markersize=5,
            elinewidth=1.4, capsize=3, label=subject.name,
        )  # fmt: skip
        panel.axhline(subject.result.accuracy, color=colour(index), linewidth=0.8, alpha=0.6)
    panel.set_xticks(np.arange(len(classes)), classes)
    panel.grid(visible=False, axis="x")
    in_percent(panel, "y")
    panel.set_title(f"Accuracy on each class of {describe_shown(subjects)}")
    panel.set_xlabel("bars: 95 % interval; line: accuracy on all classes", color=SOFT)
    add_legend(panel, "lower left")
    return figure
