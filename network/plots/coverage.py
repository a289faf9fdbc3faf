"""Risk-coverage curve: error rate on the most confident predictions."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from network.metrics.risk_coverage import risk_coverage
from network.plots.figure import new_figure
from network.plots.style import add_legend, colour, in_percent
from network.plots.subject import Subject, describe_shown

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw_coverage(subjects: Sequence[Subject]) -> "Figure":
    """Draw the error rate of each run by the share of images that it predicts."""
    figure = new_figure(5.6, 3.8)
    panel = figure.subplots()
    for index, subject in enumerate(subjects):
        coverage, risk = risk_coverage(subject.probabilities, subject.examples.labels)
        panel.step(coverage, risk, where="pre", color=colour(index), label=subject.name)
    panel.set_xlim(0, 1.01)
    panel.set_ylim(bottom=0)
    in_percent(panel, "x", "y")
    panel.set_xlabel("share of images predicted, the most confident first")
    panel.set_ylabel("error rate on these images")
    panel.set_title(f"Risk-coverage curve on {describe_shown(subjects)}", fontsize="medium")
    add_legend(panel, "upper left")
    return figure
