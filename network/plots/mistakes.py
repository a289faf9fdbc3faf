"""Most confident mistakes of a run, with its probabilities."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from network.metrics.probability_text import format_probability
from network.plots.figure import new_figure
from network.plots.style import COLOURS, FAINT, INK, SOFT, frameless
from network.plots.subject import Subject, most_confident_mistakes

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLUMNS, ROWS = 6, 4
NAMED = 3  # classes under an image: the most likely ones


def draw_mistakes(subjects: Sequence[Subject]) -> "Figure":
    """Draw the mistakes of one run, the most confident first, with their likely classes."""
    (subject,) = subjects
    which = most_confident_mistakes(subject, COLUMNS * ROWS)
    rows = max(1, -(-len(which) // COLUMNS))
    figure = new_figure(COLUMNS * 1.55, 0.5 + rows * 2.15)
    title = "Most confident mistakes" if len(which) else "No mistakes"
    figure.suptitle(f"{title} of {subject.name} on {subject.shown}", x=0.01, ha="left", fontsize=11)
    panels = figure.subplots(2 * rows, COLUMNS, squeeze=False, height_ratios=[3, 1] * rows)
    for panel in panels.flat:
        frameless(panel)
    for place, example in enumerate(which):
        row, column = divmod(place, COLUMNS)
        draw_image(panels[2 * row, column], subject, int(example))
        draw_scores(panels[2 * row + 1, column], subject, int(example))
    return figure


def draw_image(panel: "Axes", subject: Subject, example: int) -> None:
    """Draw an image under its predicted class and its true class."""
    answer, label = subject.answers[example], subject.examples.labels[example]
    panel.imshow(subject.examples.images[example], cmap="gray_r", vmin=0, vmax=1)
    panel.set_title(
        f"{subject.classes[answer]}, is {subject.classes[label]}",
        color=COLOURS[1], fontsize=10, pad=3, loc="center",
    )  # fmt: skip


def draw_scores(panel: "Axes", subject: Subject, example: int) -> None:
    """Draw the most likely classes as bars, the true one in another colour."""
    likely = subject.probabilities[example]
    named = (-likely).argsort(kind="stable")[:NAMED]
    label = subject.examples.labels[example]
    for place, k in enumerate(named):
        panel.barh(-place, 1, color=FAINT, height=0.62)
        panel.barh(-place, likely[k], color=COLOURS[2] if k == label else COLOURS[1], height=0.62)
        panel.text(
            -0.05, -place, subject.classes[k], ha="right", va="center", color=INK, fontsize=7.5
        )
        panel.text(
            1.05, -place, format_probability(likely[k]), va="center", color=SOFT, fontsize=7.5
        )
    panel.set_xlim(-0.25, 1.6)
    panel.set_ylim(-NAMED - 0.2, 0.5)  # space below: the next row begins there
