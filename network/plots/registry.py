"""Registry of the plots: name, title and how to read each."""

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
    reading: str  # how to read it, in a few sentences
    draw: Callable[[Sequence[Subject]], "Figure"]
    takes_several: bool = False  # several runs share a picture; False: each run has one
    fits: Callable[[Subject], bool] = lambda subject: True


PLOTS: dict[str, Plot] = {
    "learning": Plot(
        "Learning curves",
        "The loss falls while a network learns. If the loss on validation images (dashed) rises "
        "while the loss on training images falls, the network overfits.",
        draw_learning,
        takes_several=True,
        fits=lambda subject: bool(subject.history),
    ),
    "per-class": Plot(
        "Accuracy per class",
        "Each point is a class, and its bar is the 95 % interval. Two points whose bars overlap "
        "widely may differ by chance alone.",
        draw_per_class,
        takes_several=True,
    ),
    "confusion": Plot(
        "Confusion matrix",
        "How often each class (row) was predicted as each class (column). Correct predictions are "
        "on the diagonal. The darker another cell, the more often the two classes were confused.",
        draw_confusion,
    ),
    "mistakes": Plot(
        "Most confident mistakes",
        "Misclassified images with the highest confidence. The bar of the true class is green. "
        "People would disagree about some of these images, too.",
        draw_mistakes,
    ),
    "weights": Plot(
        "First-layer weights",
        "One picture per neuron of the first layer. Ink on red pixels increases its output; ink "
        "on blue pixels decreases it. Neurons without a pattern have learned nothing.",
        draw_weights,
    ),
    "reliability": Plot(
        "Reliability diagram",
        "Of the predictions with a confidence of 80 %, 80 % should be correct. Then the points are "
        "on the line. Above it the network is underconfident, below it overconfident.",
        draw_reliability,
    ),
    "coverage": Plot(
        "Risk-coverage curve",
        "If the network only predicts images above a confidence threshold, it makes fewer errors. "
        "The curve shows the error rate by the share of images that it predicts.",
        draw_coverage,
        takes_several=True,
    ),
    "robustness": Plot(
        "Robustness",
        "How accuracy falls when images get noisy, rotated, shifted, bolder or thinner, or "
        "blurred. The flatter a curve, the more robust the network is.",
        draw_robustness,
        takes_several=True,
    ),
}
