"""New figures, which notebooks display."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from network.plots.notebook_figure import NotebookFigure


def new_figure(width: float, height: float) -> "NotebookFigure":
    """Return an empty figure, without a window and without global state.

    Units: inches.
    """
    from network.plots.notebook_figure import NotebookFigure

    return NotebookFigure(figsize=(width, height), layout="constrained")
