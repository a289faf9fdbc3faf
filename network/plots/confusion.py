"""Confusion matrix: how often each class was predicted as each other class."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from network.plots.figure import new_figure
from network.plots.style import COLOURS, FAINT, INK, SOFT
from network.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.colors import Colormap
    from matplotlib.figure import Figure

MIN_DARKEST_COUNT = 5  # fewest mistakes of one kind that are drawn darkest
MAX_WRITTEN_CLASSES = 30  # classes; with more, the counts are too small to read


def draw_confusion(subjects: Sequence[Subject]) -> "Figure":
    """Draw the confusion matrix of one run."""
    (subject,) = subjects
    side = min(9.0, 2.2 + 0.42 * len(subject.classes))
    figure = new_figure(side, side)
    draw_counts(figure.subplots(), subject)
    return figure


def draw_counts(panel: "Axes", subject: Subject) -> None:
    """Draw the counts; mistakes are shaded by frequency, correct predictions blank."""
    confusion, classes = subject.result.confusion, subject.classes
    mistakes = confusion * (1 - np.eye(len(classes), dtype=np.int64))  # (K, K)
    panel.imshow(mistakes, cmap=shades(), vmin=0, vmax=max(MIN_DARKEST_COUNT, mistakes.max()))
    panel.grid(visible=False)
    for spine in panel.spines.values():
        spine.set_visible(False)
    if len(classes) <= MAX_WRITTEN_CLASSES:
        write_counts(panel, confusion)
        for axis in (panel.xaxis, panel.yaxis):
            axis.set_ticks(range(len(classes)), classes)
            axis.set_ticks(np.arange(1, len(classes)) - 0.5, minor=True)
        panel.grid(which="minor", color=FAINT)  # lines between the cells
    panel.tick_params(which="both", length=0)
    panel.set_xlabel("predicted class")
    panel.set_ylabel("true class")
    panel.set_title(f"{subject.name}: confusion matrix of {subject.shown}", fontsize="medium")


def write_counts(
    panel: "Axes", confusion: "np.ndarray[tuple[int, ...], np.dtype[np.int64]]"
) -> None:
    """Write the count into each cell; 0 stays empty."""
    most = max(MIN_DARKEST_COUNT, (confusion * (1 - np.eye(len(confusion)))).max())
    for (label, answer), count in np.ndenumerate(confusion):
        if count:
            is_dark = label != answer and count > 0.6 * most
            ink = "white" if is_dark else SOFT if label == answer else INK
            panel.text(answer, label, f"{count:,}", ha="center", va="center", color=ink, fontsize=8)


def shades() -> "Colormap":
    """Build the colour scale, from no mistake to the most frequent one."""
    from matplotlib.colors import LinearSegmentedColormap

    return LinearSegmentedColormap.from_list("mistakes", ["#ffffff", COLOURS[1]])
