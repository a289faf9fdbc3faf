"""Image corruptions of the view Explore, by name, up to the highest measured severity."""

from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

from network.core.params import Array
from network.metrics.robustness import CORRUPTIONS, corrupt
from pipeline.errors import UsageError

Name: TypeAlias = Literal[tuple(CORRUPTIONS)]  # type: ignore[valid-type]


@dataclass(frozen=True)
class ImageCorruption:
    """A corruption with a severity."""

    name: str
    strength: float

    def apply(self, images: Array) -> Array:
        """Return corrupted images.

        Shapes: (N, H, W), the same out.
        """
        return corrupt(images, self.name, self.strength)


def read_corruption(damage: Name | None = None, strength: float = 0.0) -> ImageCorruption | None:
    """Build the corruption of a request; None means the original images.

    Raises: UsageError when the severity is out of range.
    """
    if damage is None:
        return None
    low, *_, high = CORRUPTIONS[damage].levels
    if not low <= strength <= high:  # NaN as well
        raise UsageError(f"strength is {strength:g} for {damage}; expected {low} to {high}")
    return ImageCorruption(damage, strength)


def corruptions_to_json() -> list[dict[str, Any]]:
    """Return the corruptions with their levels of severity and units."""
    return [
        {"name": name, "levels": it.levels, "unit": it.unit} for name, it in CORRUPTIONS.items()
    ]
