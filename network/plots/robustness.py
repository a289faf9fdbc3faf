"""Robustness: accuracy by the severity of corruptions."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from network.metrics.robustness import CORRUPTIONS, robustness_curve
from network.plots.figure import new_figure
from network.plots.style import add_legend, colour, in_percent
from network.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

COLUMNS = 3
MAX_IMAGES = 2000  # images: each is predicted at every level of every corruption


def draw_robustness(subjects: Sequence[Subject]) -> "Figure":
    """Draw the accuracy of each run over the levels of every corruption."""
    rows = math.ceil(len(CORRUPTIONS) / COLUMNS)
    figure = new_figure(3.3 * COLUMNS, 2.7 * rows)
    panels = figure.subplots(rows, COLUMNS, squeeze=False, sharey=True)
    for panel in panels.flat[len(CORRUPTIONS) :]:
        panel.remove()
    for panel, (name, corruption) in zip(panels.flat, CORRUPTIONS.items(), strict=False):
        for index, subject in enumerate(subjects):
            examples = subject.examples.take(slice(MAX_IMAGES))
            levels, accuracies = zip(
                *robustness_curve(subject.model, subject.params, examples, name), strict=True
            )
            panel.plot(levels, accuracies, ".-", color=colour(index), label=subject.name)
        panel.set_title(name)
        panel.set_xlabel(corruption.unit)
        panel.set_ylim(0, 1.02)
        in_percent(panel, "y")
    for panel in panels[:, 0]:
        panel.set_ylabel("accuracy")
    add_legend(panels.flat[0], "lower left")
    return figure
