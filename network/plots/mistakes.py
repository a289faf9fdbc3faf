"""Most confident mistakes of a run, with its probabilities."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from network.metrics.probability_text import format_probability
from network.plots.figure import new_figure
from network.plots.style import COLOURS, FAINT, INK, SOFT
from network.plots.subject import Subject, most_confident_mistakes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, ROWS = 6, 4
NAMED = 3  # classes under an image: the most likely ones
CELL_WIDTH, CELL_HEIGHT = 1.55, 2.15  # inches, as everything below
IMAGE, IMAGE_LEFT, IMAGE_TOP = 1.3, 0.125, 0.3  # its side, and its place in a cell
BARS_LEFT, BARS_TOP, BAR_WIDTH = 0.3, 1.75, 0.75  # the longest bar has a probability of 1
BAR_HEIGHT, BAR_SPACING = 0.1, 0.16
TITLE_HEIGHT = 0.5


def draw_mistakes(subjects: Sequence[Subject]) -> "Figure":
    """Draw the mistakes of one run, the most confident first, with their likely classes.

    All are in one panel, measured in inches: it takes a fifth of the time of many panels.
    """
    (subject,) = subjects
    which = most_confident_mistakes(subject, COLUMNS * ROWS)
    rows = max(1, -(-len(which) // COLUMNS))
    width, height = COLUMNS * CELL_WIDTH, rows * CELL_HEIGHT
    figure = new_figure(width, height + TITLE_HEIGHT)
    title = "Most confident mistakes" if len(which) else "No mistakes"
    figure.suptitle(f"{title} of {subject.name} on {subject.shown}", x=0.01, ha="left", fontsize=11)
    panel = figure.subplots()
    panel.set_axis_off()
    for place, example in enumerate(which):
        row, column = divmod(place, COLUMNS)
        draw_image(panel, column * CELL_WIDTH, row * CELL_HEIGHT, subject, int(example))
        draw_scores(panel, column * CELL_WIDTH, row * CELL_HEIGHT, subject, int(example))
    panel.set(xlim=(0, width), ylim=(height, 0), aspect="equal")
    return figure


def draw_image(panel: "Axes", x: float, y: float, subject: Subject, example: int) -> None:
    """Draw an image under its predicted class and its true class, in the cell at (x, y)."""
    answer, label = subject.answers[example], subject.examples.labels[example]
    left, top = x + IMAGE_LEFT, y + IMAGE_TOP
    panel.imshow(
        subject.examples.images[example], cmap="gray_r", vmin=0, vmax=1,
        extent=(left, left + IMAGE, top + IMAGE, top),
    )  # fmt: skip
    panel.text(
        left + IMAGE / 2, top - 0.04,
        f"{subject.classes[answer]}, is {subject.classes[label]}",
        color=COLOURS[1], fontsize=10, ha="center", va="bottom",
    )  # fmt: skip


def draw_scores(panel: "Axes", x: float, y: float, subject: Subject, example: int) -> None:
    """Draw the most likely classes as bars, the true one in another colour."""
    likely = subject.probabilities[example]
    named = (-likely).argsort(kind="stable")[:NAMED]
    label = subject.examples.labels[example]
    left, colours = x + BARS_LEFT, [COLOURS[2] if k == label else COLOURS[1] for k in named]
    places = [y + BARS_TOP + BAR_SPACING * place for place in range(len(named))]
    panel.barh(places, BAR_WIDTH, BAR_HEIGHT, left, color=FAINT)
    panel.barh(places, BAR_WIDTH * likely[named], BAR_HEIGHT, left, color=colours)
    for place, k in zip(places, named, strict=True):
        panel.text(
            left - 0.05, place, subject.classes[k], ha="right", va="center", color=INK, fontsize=7.5
        )
        panel.text(
            left + BAR_WIDTH + 0.05, place, format_probability(likely[k]), va="center",
            color=SOFT, fontsize=7.5,
        )  # fmt: skip
