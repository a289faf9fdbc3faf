"""The plots by their names, with what each shows and how it is read."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from network.plots.confusion import draw_confusion
from network.plots.coverage import draw_coverage
from network.plots.learning import draw_learning
from network.plots.mistakes import draw_mistakes
from network.plots.per_class import draw_per_class
from network.plots.reliability import draw_reliability
from network.plots.robustness import draw_robustness
from network.plots.subject import Subject
from network.plots.weights import draw_weights

if TYPE_CHECKING:
    from matplotlib.figure import Figure


@dataclass(frozen=True)
class Plot:
    """A kind of plot."""

    title: str
    reading: str  # how it is read, in a sentence or two
    draw: Callable[[Sequence[Subject]], "Figure"]
    takes_several: bool = False  # runs in one picture; otherwise each run has its own
    fits: Callable[[Subject], bool] = lambda subject: True


PLOTS: dict[str, Plot] = {
    "learning": Plot(
        "Learning curves",
        "Loss falls while a network learns. Where the loss on held-out images (dashed) rises again "
        "though the one on training images falls, it has begun to learn by heart.",
        draw_learning,
        takes_several=True,
        fits=lambda subject: bool(subject.history),
    ),
    "per-class": Plot(
        "Accuracy on each class",
        "Each point is a class, the bar its 95 % interval: two points whose bars overlap far may "
        "differ by chance alone.",
        draw_per_class,
        takes_several=True,
    ),
    "confusion": Plot(
        "Confusion matrix",
        "A row is what images show, a column what was answered. Right answers are on the diagonal; "
        "the darker another cell, the more often the two were confused.",
        draw_confusion,
    ),
    "mistakes": Plot(
        "Surest mistakes",
        "Wrong answers that the network was surest of. Green is the bar of the label. Some of "
        "these images people would dispute, too.",
        draw_mistakes,
    ),
    "weights": Plot(
        "First weights",
        "Where a unit of the first layer is red, ink makes it stronger; where it is blue, ink "
        "makes it weaker. Units without a pattern have learnt nothing.",
        draw_weights,
    ),
    "reliability": Plot(
        "Reliability",
        "Of the answers given with 80 % probability, 80 % should be right: then the points lie on "
        "the line. Above it the network is too modest, below it too sure.",
        draw_reliability,
    ),
    "coverage": Plot(
        "Risk against coverage",
        'A network that may say "I do not know" answers only where it is sure. Read from the '
        "right: how many errors go away for each image that is left unanswered.",
        draw_coverage,
        takes_several=True,
    ),
    "robustness": Plot(
        "Robustness",
        "How accuracy falls when images get noisy, turned, moved, bolder or thinner, or blurred. "
        "The flatter a curve, the less the network minds.",
        draw_robustness,
        takes_several=True,
    ),
}
