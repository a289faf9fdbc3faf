"""Change images at random, so that a network never sees the same one twice.

What moves ink (shift, rotate, scale, shear, elastic) only says where each pixel is fetched from:
one matrix for each image and one field of displacements, so that an image is interpolated once,
however many of them there are. What changes pixels (erase, noise) comes after.

An augmentation is a description with one number, its strength; 0 changes nothing. The order in
which they are named makes no difference: they draw and act in the order of `AUGMENTATIONS`.
"""

from collections.abc import Callable, Mapping
from functools import partial, reduce
from typing import TypeAlias

import numpy as np

from network.core.params import Array
from network.images.distortions import (
    Affine,
    Distortion,
    Elastic,
    Rotate,
    Scale,
    Shear,
    Shift,
    identities,
)
from network.images.resampling import resample
from pipeline.errors import UsageError

# Images (N, H, W) float32, from 0 to 1 -> as many new ones, each changed by a draw of its own
Augmentation: TypeAlias = Callable[[Array, np.random.Generator], Array]

PIECE = 128  # images that are worked on at once: what they need stays in a core's caches


class Pixelwise(Distortion):
    """A change of pixels where they are."""

    def change(self, images: Array, rng: np.random.Generator) -> None:
        """Change the images in place."""
        raise NotImplementedError


class Erase(Pixelwise):
    """A square of side strength without ink; its middle is uniform in the image, all of it not.

    Units: pixels.
    Source: DeVries and Taylor, Improved regularization of convolutional neural networks with
    cutout (2017), section 3; Zhong and others, Random erasing data augmentation (2017).
    """

    highest = 28.0

    def change(self, images: Array, rng: np.random.Generator) -> None:
        count, height, width = images.shape
        rows, columns = self.covered(count, height, rng), self.covered(count, width, rng)
        images *= ~(rows[:, :, None] & columns[:, None, :])

    def covered(self, count: int, side: int, rng: np.random.Generator) -> Array:
        """Draw which rows, or which columns, lie in the square.

        Shapes: (N, side) bool.
        """
        middles = rng.uniform(-0.5, side - 0.5, (count, 1))
        distance = np.arange(side) - middles + self.strength / 2
        return (distance >= 0) & (distance < self.strength)


class Noise(Pixelwise):
    """new = old + strength * a normal number for each pixel, cut to 0..1.

    Units: the standard deviation, in shares of full ink.
    Source: Sietsma and Dow, Creating artificial neural networks that generalize (1991).
    """

    highest = 1.0

    def change(self, images: Array, rng: np.random.Generator) -> None:
        noise = rng.standard_normal(images.shape, np.float32)
        noise *= self.strength
        images += noise
        np.clip(images, 0, 1, out=images)


AUGMENTATIONS: dict[str, type[Distortion]] = {
    "shift": Shift,
    "rotate": Rotate,
    "scale": Scale,
    "shear": Shear,
    "elastic": Elastic,
    "erase": Erase,
    "noise": Noise,
}


def build_augmentation(strengths: Mapping[str, float]) -> Augmentation:
    """Make one function of all augmentations that are named; a strength of 0 counts as unnamed.

    Raises: UsageError for an unknown name, or for a strength outside of 0 to `highest`.
    """
    unknown = strengths.keys() - AUGMENTATIONS.keys()
    if unknown:
        known = ", ".join(AUGMENTATIONS)
        raise UsageError(f"augmentation {min(unknown)!r} is unknown, we know {known}")
    changes = [kind(strengths[name]) for name, kind in AUGMENTATIONS.items() if name in strengths]
    return partial(augment, tuple(change for change in changes if change.strength))


def augment(changes: tuple[Distortion, ...], images: Array, rng: np.random.Generator) -> Array:
    """Change copies of images, a piece at a time."""
    changed = images.copy()
    for start in range(0, len(images), PIECE):
        augment_piece(changes, changed[start : start + PIECE], rng)
    return changed


def augment_piece(changes: tuple[Distortion, ...], images: Array, rng: np.random.Generator) -> None:
    """Move what is to be moved, then change pixels, all in place."""
    affine = [change.matrices(len(images), rng) for change in changes if isinstance(change, Affine)]
    displacement = None
    for change in changes:
        if isinstance(change, Elastic):
            displacement = change.displacement(images.shape, rng)
    if affine or displacement is not None:
        matrices = reduce(np.matmul, affine, identities(len(images)))
        images[...] = resample(images, matrices, displacement)
    for change in changes:
        if isinstance(change, Pixelwise):
            change.change(images, rng)
