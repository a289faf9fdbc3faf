"""A figure of matplotlib that a notebook can display, also without pyplot."""

from matplotlib.figure import Figure

from network.plots.style import our_style, to_bytes

CSS_PIXELS_AN_INCH = 96  # size on the screen; the figure has more pixels, so that it is sharp


class NotebookFigure(Figure):
    """A figure that is always drawn in the style of this project."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Draw the figure, and return it with its size on the screen."""
        with our_style():
            picture = to_bytes(self, "png")
        width, height = (round(CSS_PIXELS_AN_INCH * side) for side in self.get_size_inches())
        return picture, {"width": width, "height": height}
