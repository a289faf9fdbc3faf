"""Change images at random, so that a network never sees the same one twice.

What moves ink (shift, rotate, scale, shear, elastic) only says where each pixel is fetched from:
one matrix for each image and one field of displacements, so that an image is interpolated once,
however many of them there are. What changes pixels (thickness, erase, noise) comes after.

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

TINY = np.float32(1e-12)  # of an image without ink
PIECE = 128  # images that are worked on at once: what they need stays in a core's caches


class Pixelwise(Distortion):
    """A change of pixels where they are."""

    def change(self, images: Array, rng: np.random.Generator) -> None:
        """Change the images in place."""
        raise NotImplementedError


class Thickness(Pixelwise):
    """new = (1 - |t|) old + |t| D(old), with t uniform from -strength/2 to strength/2.

    D is grey dilation if t is positive, erosion if it is negative, by one pixel on each side of a
    stroke: the mean of those by a cross of five pixels and by a square of nine, which is nearly
    the same in all directions. So strokes get up to strength pixels wider or narrower. The
    strongest ink stays as strong: where a stroke is narrower than what is taken, it is not paler.

    Units: pixels, both sides together.
    Source: Serra, Image analysis and mathematical morphology (1982), chapter XII; Castro and
    others, Morpho-MNIST (2019), section 3: thinner and thicker digits.
    """

    highest = 2.0

    def change(self, images: Array, rng: np.random.Generator) -> None:
        amounts = self.draw(len(images), rng).astype(np.float32)[:, None, None] / 2
        peaks = images.max(axis=(1, 2), keepdims=True)
        images *= np.sign(amounts)  # erosion is dilation of the negative
        grown = dilate(images)
        grown -= images
        grown *= np.abs(amounts)
        images += grown
        images *= np.sign(amounts)
        images *= peaks / np.maximum(images.max(axis=(1, 2), keepdims=True), TINY)
        np.clip(images, 0, 1, out=images)


def dilate(images: Array) -> Array:
    """Return the mean of the highest of five pixels, a cross, and of nine, a square.

    Pixels outside count as 0.

    Shapes: (N, H, W), the same out.
    """
    count, height, width = images.shape
    framed = np.zeros((count, height + 2, width + 2), np.float32)
    framed[:, 1:-1, 1:-1] = images
    columns = np.maximum(framed[:, :-2], framed[:, 2:])  # (N, H, W + 2), above and below
    cross = np.maximum(framed[:, 1:-1, :-2], framed[:, 1:-1, 2:])
    np.maximum(cross, columns[:, :, 1:-1], out=cross)
    np.maximum(cross, images, out=cross)
    square = np.maximum(columns[:, :, :-2], columns[:, :, 2:])  # the corners
    np.maximum(square, cross, out=square)
    square += cross
    square /= 2
    return square


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
    "thickness": Thickness,
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
