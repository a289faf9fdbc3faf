"""How all plots look, and how one becomes the bytes of a file."""

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

# Apart for people who see few colours, too: Wong, Points of view: Color blindness (2011).
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9")
INK, SOFT, FAINT = "#222222", "#6b6b6b", "#dddddd"
DOTS_AN_INCH = 144
SETTINGS: Any = {  # matplotlib lists all names that there are as its type
    "font.family": "DejaVu Sans",  # matplotlib brings it: the same on every machine
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
    "svg.fonttype": "none",  # text stays text: whoever shows it has fonts for all scripts
    "svg.hashsalt": DISTRIBUTION,  # names in the file, which would be drawn by chance
}
FORMATS = ("png", "svg")


@contextlib.contextmanager
def our_style() -> Iterator[None]:
    """Let all figures that are made and written inside look as ours do.

    Raises: MissingError without the extra `plots`.
    """
    with needs_extra("plots", "a plot"):
        import matplotlib as mpl
    with mpl.rc_context(SETTINGS):
        yield


def to_bytes(figure: "Figure", kind: str) -> bytes:
    """Write a figure as PNG or SVG, which says that it is ours; the same figure, the same bytes."""
    mark = "Software" if kind == "png" else "Creator"
    told = {mark: DISTRIBUTION} | ({} if kind == "png" else {"Date": None})
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # a class may be named in a script that the font has not: a box is drawn in a PNG
        warnings.filterwarnings("ignore", r"Glyph .* missing from font")
        figure.savefig(picture, format=kind, dpi=DOTS_AN_INCH, metadata=told)
    return picture.getvalue()


def colour(index: int) -> str:
    """Choose the colour of one of several runs."""
    return COLOURS[index % len(COLOURS)]


def in_percent(panel: "Axes", *axes: str) -> None:
    """Label shares from 0 to 1 on an axis ("x", "y") as percentages."""
    from matplotlib.ticker import PercentFormatter

    for axis in axes:
        getattr(panel, f"{axis}axis").set_major_formatter(PercentFormatter(1, symbol=" %"))


def add_legend(
    panel: "Axes", where: Literal["best", "lower left", "lower right", "upper left"] = "best"
) -> None:
    """Name the lines of a panel, where there are any with a name."""
    if panel.get_legend_handles_labels()[1]:
        panel.legend(loc=where, fontsize="small")


def frameless(panel: "Axes") -> None:
    """Take away all that an image does not need."""
    panel.set_xticks([])
    panel.set_yticks([])
    panel.grid(visible=False)
    for spine in panel.spines.values():
        spine.set_visible(False)
