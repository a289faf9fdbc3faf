"""Style of all plots, and their conversion to the bytes of a file."""

import contextlib
import io
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Literal

from pipeline.extras import needs_extra
from pipeline.storage.cache import DISTRIBUTION

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# Distinct for colour-blind people, too: Wong, Points of view: Color blindness (2011).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, SOFT, FAINT = "#222222", "#6b6b6b", "#dddddd"
DOTS_AN_INCH = 144
SETTINGS: Any = {  # matplotlib's type lists all names
    "font.family": "DejaVu Sans",  # included in matplotlib: the same on every machine
    "font.size": 9.5,
    "axes.titlesize": 11,
    "axes.titlelocation": "left",
    "axes.titlepad": 10,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": FAINT,
    "grid.linewidth": 0.6,
    "xtick.color": SOFT,
    "ytick.color": SOFT,
    "legend.frameon": False,
    "lines.linewidth": 1.8,
    "svg.fonttype": "none",  # text stays text: viewers have fonts for all scripts
    "svg.hashsalt": DISTRIBUTION,  # ids in the file, which would be random
}
FORMATS = ("png", "svg")


@contextlib.contextmanager
def our_style() -> Iterator[None]:
    """Return a context in which figures are drawn and written in this project's style.

    Raises: MissingError without the extra `plots`.
    """
    with needs_extra("plots", "a plot"):
        import matplotlib as mpl
    with mpl.rc_context(SETTINGS):
        yield


def to_bytes(figure: "Figure", kind: str) -> bytes:
    """Return a figure as PNG or SVG; the same figure gives the same bytes."""
    mark = "Software" if kind == "png" else "Creator"
    told = {mark: DISTRIBUTION} | ({} if kind == "png" else {"Date": None})
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # the font may lack the script of a class name: a PNG shows a box
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(picture, format=kind, dpi=DOTS_AN_INCH, metadata=told)
    return picture.getvalue()


def colour(index: int) -> str:
    """Return the colour of one of several runs."""
    return COLOURS[index % len(COLOURS)]


def in_percent(panel: "Axes", *axes: str) -> None:
    """Label shares from 0 to 1 on an axis ("x", "y") as percentages."""
    from matplotlib.ticker import PercentFormatter

    for axis in axes:
        getattr(panel, f"{axis}axis").set_major_formatter(PercentFormatter(1, symbol=" %"))


def add_legend(
    panel: "Axes", where: Literal["best", "lower left", "lower right", "upper left"] = "best"
) -> None:
    """Add a legend to a panel that has named lines."""
    if panel.get_legend_handles_labels()[1]:
        panel.legend(loc=where, fontsize="small")
