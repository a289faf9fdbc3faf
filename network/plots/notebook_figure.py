"""A figure of matplotlib that a notebook can show, whether or not it has imported pyplot."""

from matplotlib.figure import Figure

from network.plots.style import our_style, to_bytes

CSS_PIXELS_AN_INCH = 96  # how large it appears; it has more pixels, and so is sharp


class NotebookFigure(Figure):
    """A figure that is drawn in our style wherever it is shown."""

    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        """Draw the figure, and tell the notebook its size on the screen."""
        with our_style():
            picture = to_bytes(self, "png")
        width, height = (round(CSS_PIXELS_AN_INCH * side) for side in self.get_size_inches())
        return picture, {"width": width, "height": height}
