"""A prediction for Python users: the class, its probability and the pixels."""

from dataclasses import dataclass, fields
from html import escape
from io import BytesIO
from typing import NoReturn, SupportsIndex, overload

from PIL import Image

from network.core.params import Array
from network.images.pages.read import Box
from network.metrics.probability_text import format_probability
from pipeline.storage.value_equality import ValueEquality

SCALE = 4  # screen pixels per pixel, in a notebook
MAX_SHOWN = 40  # digits of a list, in a notebook


@dataclass(frozen=True, eq=False)
class Prediction(ValueEquality):
    """The predicted class of one image, with its probability and prediction set.

    Example:
        >>> run = train("mnist-sample", preset="fast-97", epochs=10)
        >>> prediction = run.predict_one(load_dataset("mnist-sample").test.images[0])
        >>> prediction.name, prediction.label, prediction.probabilities.shape
        ('7', 7, (10,))
    """

    label: int  # index of the class with the highest score
    name: str  # of that class: "7"
    probability: float  # of that class, calibrated on validation images if there are any
    probabilities: Array  # (K,), they add up to 1
    prediction_set: tuple[str, ...] | None  # classes, at the requested coverage
    is_out_of_distribution: bool | None  # None: not known
    pixels: Array  # (28, 28) uint8: the input of the network
    box: Box | None = None  # left, top, width, height on the page

    def __repr__(self) -> str:
        return f"{self.name} ({format_probability(self.probability)})"

    def _repr_html_(self) -> str:
        """Return the input of the network as HTML, for a notebook."""
        from network.api.notebook import picture_html

        probability = format_probability(self.probability)
        return f"{picture_html(self._repr_png_())} <b>{escape(self.name)}</b> {probability}"

    def _repr_png_(self) -> bytes:
        """Return the digit as PNG, dark on light."""
        picture = Image.fromarray(255 - self.pixels)
        large = picture.resize([SCALE * side for side in picture.size], Image.Resampling.NEAREST)
        buffer = BytesIO()
        large.save(buffer, "PNG")
        return buffer.getvalue()


class Predictions(list[Prediction]):
    """A list of predictions that shows its digits in a notebook."""

    @overload
    def __getitem__(self, which: SupportsIndex) -> Prediction: ...
    @overload
    def __getitem__(self, which: slice) -> "Predictions": ...
    def __getitem__(self, which: SupportsIndex | slice) -> "Prediction | Predictions":
        """Return one prediction, or a part of the list that is shown like the whole."""
        found = super().__getitem__(which)
        return Predictions(found) if isinstance(found, list) else found

    def __getattr__(self, name: str) -> NoReturn:
        """Explain that an attribute of a prediction is not one of the list."""
        if name in {field.name for field in fields(Prediction)}:
            raise AttributeError(
                f"predictions are a list, of {len(self)} here: use predictions[0].{name}, "
                f"or run.predict_one(image).{name} for a single image"
            )
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def _repr_html_(self) -> str:
        """Return the first digits as HTML side by side, each above its prediction."""
        from network.api.notebook import tiles_html

        shown = tiles_html([one._repr_html_() for one in self[:MAX_SHOWN]])
        more = len(self) - MAX_SHOWN
        return f"{shown}<p>and {more:,} more</p>" if more > 0 else shown
