"""Damage that images on the page may be given: by name, as strong as is measured at most."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from network.core.params import Array
from network.metrics.robustness import CORRUPTIONS, corrupt
from pipeline.errors import UsageError

Name: TypeAlias = Literal[tuple(CORRUPTIONS)]  # type: ignore[valid-type]


@dataclass(frozen=True)
class ImageCorruption:
    """A corruption of a strength."""

    name: str
    strength: float

    def apply(self, images: Array) -> Array:
        """Damage images.

        Shapes: (N, H, W), the same out.
        """
        return corrupt(images, self.name, self.strength)


def read_corruption(damage: Name | None = None, strength: float = 0.0) -> ImageCorruption | None:
    """Take what a page asks for; None leaves the images as they are.

    Raises: UsageError when it is stronger than what is measured.
    """
    if damage is None:
        return None
    low, *_, high = CORRUPTIONS[damage].levels
    if not low <= strength <= high:  # NaN as well
        raise UsageError(f"strength {strength} of {damage}, expected {low} to {high}")
    return ImageCorruption(damage, strength)


def corruptions_to_json() -> list[dict[str, Any]]:
    """Name the kinds of damage, with the strengths that are measured and what these count."""
    return [
        {"name": name, "levels": it.levels, "unit": it.unit} for name, it in CORRUPTIONS.items()
    ]
