"""Learning curves: loss and accuracy after each epoch."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from network.plots.figure import new_figure
from network.plots.style import add_legend, colour, in_percent
from network.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def draw_learning(subjects: Sequence[Subject]) -> "Figure":
    """Draw the curves of runs over each other: loss on the left, accuracy on the right."""
    figure = new_figure(9.5, 3.6)
    losses, accuracies = figure.subplots(1, 2)
    draw_loss_curves(losses, subjects)
    draw_accuracy_curves(accuracies, subjects)
    return figure


def draw_loss_curves(panel: "Axes", subjects: Sequence[Subject]) -> None:
    """Draw the losses of runs over each other."""
    for index, subject in enumerate(subjects):
        draw_losses(panel, subject, colour(index), alone=len(subjects) == 1)
    panel.set_title("Loss")
    on_log_scale(panel)
    from_the_first_epoch(panel)
    add_legend(panel)


def draw_accuracy_curves(panel: "Axes", subjects: Sequence[Subject]) -> None:
    """Draw the accuracies of runs over each other."""
    for index, subject in enumerate(subjects):
        draw_accuracies(panel, subject, colour(index))
    panel.set_title("Accuracy on validation images")
    in_percent(panel, "y")
    from_the_first_epoch(panel)
    add_legend(panel, "lower right")


def from_the_first_epoch(panel: "Axes") -> None:
    """Start the axis of epochs at 0, with whole numbers."""
    from matplotlib.ticker import MaxNLocator

    panel.set_xlabel("epoch")
    panel.set_xlim(left=0)
    panel.xaxis.set_major_locator(MaxNLocator(integer=True))


def on_log_scale(panel: "Axes") -> None:
    """Scale the axis of losses logarithmically, with plain numbers at the ticks."""
    from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

    panel.set_yscale("log")
    panel.yaxis.set_major_locator(LogLocator(subs=(1, 2, 5)))
    panel.yaxis.set_major_formatter(StrMethodFormatter("{x:g}"))
    panel.yaxis.set_minor_formatter(NullFormatter())


def draw_losses(panel: "Axes", subject: Subject, ink: str, alone: bool) -> None:
    """Draw the loss on training images, and dashed the loss on validation images."""
    epochs = [done.epoch for done in subject.history]
    name = "training" if alone else subject.name
    panel.plot(epochs, [done.loss for done in subject.history], color=ink, label=name)
    held_out = [numbered(done.validation_loss) for done in subject.history]
    if not np.isnan(held_out).all():
        panel.plot(epochs, held_out, "--", color=ink, label="validation" if alone else None)


def draw_accuracies(panel: "Axes", subject: Subject, ink: str) -> None:
    """Draw the accuracy after each epoch, and mark the highest."""
    epochs = [done.epoch for done in subject.history]
    accuracies = [numbered(done.validation_accuracy) for done in subject.history]
    if np.isnan(accuracies).all():
        return
    best = int(np.nanargmax(accuracies))
    name = f"{subject.name}: {100 * accuracies[best]:.2f} % at best"
    panel.plot(epochs, accuracies, color=ink, label=name)
    panel.plot([epochs[best]], [accuracies[best]], "o", color=ink, markersize=5)


def numbered(value: float | None) -> float:
    """Return a number; NaN, which is not drawn, if it was not measured."""
    return float("nan") if value is None else value
