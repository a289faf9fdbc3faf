"""Charts of runs, drawn into files, figures or axes."""

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from network.plots.confusion import draw_counts
from network.plots.figure import new_figure
from network.plots.learning import draw_accuracy_curves, draw_loss_curves
from network.plots.registry import PLOTS
from network.plots.style import FORMATS, our_style, to_bytes
from network.plots.subject import Subject
from network.training.checks import check_name, format_list
from pipeline.errors import UsageError
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import publish

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

PANEL_INCHES = (4.75, 3.6)  # a figure of one panel
MAX_NAME_BYTES = 200  # runs in the name of a file, whose length is limited

# Charts of one panel, drawn into the axes of a caller.
PANELS: dict[str, Callable[["Axes", Subject], None]] = {
    "loss": lambda axes, subject: draw_loss_curves(axes, [subject]),
    "accuracy": lambda axes, subject: draw_accuracy_curves(axes, [subject]),
    "confusion": draw_counts,
}


def check_kinds(kinds: Sequence[str], form: str) -> list[str]:
    """Return the requested kinds, each once and in the order of the registry; by default all.

    Raises: UsageError for a kind or a form that is unknown.
    """
    for kind in kinds:
        check_name("--kind", kind, PLOTS)
    check_name("--format", form, FORMATS)
    return [kind for kind in PLOTS if not kinds or kind in kinds]


def check_plot(kind: str, axes: object) -> None:
    """Require a known kind of plot; with axes, a kind of one panel.

    Raises: UsageError.
    """
    if axes is not None and kind in PLOTS and kind not in PANELS:
        raise UsageError(
            f'kind is "{kind}", which is a figure of its own; expected {format_list(PANELS)} '
            "for axes",
            "Leave out the axes",
        )
    check_name("kind", kind, {**PLOTS, **PANELS} if axes is None else PANELS)
    if axes is not None and not hasattr(axes, "add_line"):
        raise UsageError(f"axes is {show_value(axes)}; expected axes of matplotlib")


class PlannedPlot(NamedTuple):
    """A file to draw."""

    path: Path
    kind: str
    subjects: Sequence[Subject]


def plan_plots(
    subjects: Sequence[Subject], kinds: Sequence[str], folder: Path, form: str
) -> list[PlannedPlot]:
    """Return the files to draw: one per kind, or per run if runs cannot share it."""
    planned = []
    for kind in kinds:
        for group in plot_groups(subjects, kind):
            names = "+".join(subject.name for subject in group).encode()[:MAX_NAME_BYTES]
            path = folder / f"{names.decode(errors='ignore')}_{kind}.{form}"
            planned.append(PlannedPlot(path, kind, group))
    return planned


def write_plots(planned: Sequence[PlannedPlot]) -> Iterator[Path]:
    """Draw plots, each into its file; yield each path when its file is complete.

    Raises: MissingError without the extra `plots`; StorageError.
    """
    for path, kind, subjects in planned:
        publish(path, [draw_plot(kind, subjects, path.suffix[1:])])
        yield path


def draw_plot(kind: str, subjects: Sequence[Subject], form: str) -> bytes:
    """Draw one plot as the bytes of a PNG or an SVG.

    Raises: MissingError without the extra `plots`.
    """
    with our_style():
        return to_bytes(PLOTS[kind].draw(subjects), form)


def draw_figure(kind: str, subject: Subject) -> "Figure":
    """Draw a plot or a panel of one run as a figure of matplotlib.

    Raises: MissingError without the extra `plots`.
    """
    with our_style():
        if kind in PLOTS:
            return PLOTS[kind].draw([subject])
        figure = new_figure(*PANEL_INCHES)
        PANELS[kind](figure.subplots(), subject)
        return figure


def draw_panel(kind: str, subject: Subject, axes: "Axes") -> "Axes":
    """Draw one panel into the axes of a caller, and return the axes.

    Raises: MissingError without the extra `plots`.
    """
    with our_style():
        PANELS[kind](axes, subject)
    return axes


def plot_groups(subjects: Sequence[Subject], kind: str) -> list[Sequence[Subject]]:
    """Return the groups of runs that share a picture of this kind."""
    plot = PLOTS[kind]
    fitting = [subject for subject in subjects if plot.fits(subject)]
    if plot.takes_several:
        return [fitting] if fitting else []
    return [[subject] for subject in fitting]
