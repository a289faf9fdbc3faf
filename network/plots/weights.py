"""First-layer weights, one picture per unit."""

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from network.core.params import Array
from network.interpret.units import first_layer_weights
from network.plots.figure import new_figure
from network.plots.style import SOFT
from network.plots.subject import Subject

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MAX_UNITS = 60  # units that are drawn
COLUMNS = 10
GAP = 4  # pixels between images
INCHES = 0.85 / 32  # of a pixel: ten images and their gaps are as wide as a page
STRONGEST = 0.998  # of the weights are within the scale; the few others would make these pale


def draw_weights(subjects: Sequence[Subject]) -> "Figure":
    """Draw the weights of each unit as an image: the contribution of ink on each pixel.

    All units share one scale, so a faint image is a unit of weak weights.
    """
    (subject,) = subjects
    images = first_layer_weights(subject.params)
    count = min(len(images), MAX_UNITS)
    columns = min(COLUMNS, count)
    mosaic = tile(images[:count], columns)
    height, width = mosaic.shape
    figure = new_figure(max(6, INCHES * width + 1), INCHES * height + 0.8)
    panel = figure.subplots()
    panel.set_axis_off()
    limit = float(np.quantile(np.abs(images[:count]), STRONGEST)) or 1.0
    drawn = panel.imshow(mosaic, cmap="RdBu_r", vmin=-limit, vmax=limit)
    bar = figure.colorbar(drawn, ax=panel, shrink=0.9, aspect=25, pad=0.02, extend="both")
    bar.outline.set_edgecolor(SOFT)
    units = (
        f"{count} units" if count == len(images) else f"the first {count} of {len(images)} units"
    )
    figure.suptitle(
        f"{subject.name}: first-layer weights of {units}", x=0.01, ha="left", fontsize=11
    )
    return figure


def tile(images: Array, columns: int) -> Array:
    """Arrange images in rows on one canvas, with NaN between them.

    One picture is drawn ten times as fast as a picture in each of many axes.

    Shapes: images (N, H, W) -> (rows * (H + GAP) - GAP, columns * (W + GAP) - GAP).
    """
    height, width = images.shape[1:]
    rows = math.ceil(len(images) / columns)
    canvas = np.full((rows, columns, height + GAP, width + GAP), np.nan, images.dtype)
    canvas.reshape(-1, height + GAP, width + GAP)[: len(images), :height, :width] = images
    return canvas.swapaxes(1, 2).reshape(rows * (height + GAP), -1)[:-GAP, :-GAP]
