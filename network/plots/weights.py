"""First-layer weights, one picture per unit."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from network.interpret.units import first_layer_weights
from network.plots.figure import new_figure
from network.plots.style import SOFT, frameless
from network.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_UNITS = 60  # units that are drawn
COLUMNS = 10
STRONGEST = 0.998  # of the weights are within the scale; the few others would make these pale


def draw_weights(subjects: Sequence[Subject]) -> "Figure":
    """Draw the weights of each unit as an image: the contribution of ink on each pixel.

    All units share one scale, so a faint image is a unit of weak weights.
    """
    (subject,) = subjects
    images = first_layer_weights(subject.params)
    count = min(len(images), MAX_UNITS)
    columns = min(COLUMNS, count)
    rows = math.ceil(count / columns)
    figure = new_figure(max(6, 0.85 * columns + 1), 0.85 * rows + 0.8)
    panels = figure.subplots(rows, columns, squeeze=False, gridspec_kw={"wspace": 0.15})
    limit = float(np.quantile(np.abs(images[:count]), STRONGEST)) or 1.0
    for panel in panels.flat:
        frameless(panel)
    for panel, image in zip(panels.flat, images, strict=False):
        drawn = panel.imshow(image, cmap="RdBu_r", vmin=-limit, vmax=limit)
    bar = figure.colorbar(drawn, ax=panels, shrink=0.9, aspect=25, pad=0.02, extend="both")
    bar.outline.set_edgecolor(SOFT)
    units = (
        f"{count} units" if count == len(images) else f"the first {count} of {len(images)} units"
    )
    figure.suptitle(
        f"{subject.name}: first-layer weights of {units}", x=0.01, ha="left", fontsize=11
    )
    return figure
