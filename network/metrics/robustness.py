"""Robustness: accuracy under corruptions of the images, such as noise and rotation.

A corruption has levels, of which 0 changes nothing, and a function that corrupts images at a level.
Random numbers come from a generator with a fixed seed, so a curve is the same each time.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce

import numpy as np

from network.core.data import Examples
from network.core.model import Model
from network.core.params import Array, Params
from network.images.augmentation import Noise
from network.images.distortions import gaussian, identities
from network.images.resampling import resample
from network.metrics.accuracy import predict_classes

NEIGHBOURS = ((-1, 0), (1, 0), (0, -1), (0, 1))  # above, below, left, right
SEED = 0  # random seed of corruptions


@dataclass(frozen=True)
class Corruption:
    """A corruption of images, with its levels."""

    levels: tuple[float, ...]  # rising
    unit: str  # unit of a level
    apply: Callable[[Array, float, np.random.Generator], Array]  # (N, H, W) -> (N, H, W), 0 to 1


def add_noise(images: Array, level: float, rng: np.random.Generator) -> Array:
    """Add a normal number to each pixel, its standard deviation `level` of full ink; cut to 0..1.

    Shapes: (N, H, W), the same out.
    """
    noisy = images.copy()
    Noise(level).change(noisy, rng)
    return noisy


def rotate(images: Array, level: float, rng: np.random.Generator) -> Array:
    """Rotate images by `level` degrees, counter-clockwise if positive.

    Shapes: (N, H, W), the same out.
    """
    matrices, angle = identities(len(images)), math.radians(level)
    # rows point down: what is fetched from a place turned clockwise lands counter-clockwise
    matrices[:, 0, :2] = math.cos(angle), math.sin(angle)
    matrices[:, 1, :2] = -math.sin(angle), math.cos(angle)
    return resample(images, matrices)


def shift(images: Array, level: float, rng: np.random.Generator) -> Array:
    """Shift each image by `level` pixels, in a random direction.

    Shapes: (N, H, W), the same out.
    """
    matrices, directions = identities(len(images)), rng.uniform(0, 2 * math.pi, len(images))
    matrices[:, 0, 2], matrices[:, 1, 2] = level * np.cos(directions), level * np.sin(directions)
    return resample(images, matrices)


def thicken(images: Array, level: float, rng: np.random.Generator) -> Array:
    """Make strokes thicker by `level` pixels on each side, or thinner if negative.

    Grey dilation, or erosion, by a cross of five pixels, once for each whole pixel; a part of a
    pixel is that part of the way to the next.

    Shapes: (N, H, W), the same out.
    Source: Serra, Image analysis and mathematical morphology (1982), chapter XII; strokes of
    MNIST so changed are in Castro and others, Morpho-MNIST (2019), section 3.
    """
    extreme = np.maximum if level > 0 else np.minimum
    for start in range(math.ceil(abs(level))):
        changed = reduce(extreme, [images, *(shift_pixels(images, *by) for by in NEIGHBOURS)])
        part = min(1, abs(level) - start)
        images = images + np.float32(part) * (changed - images)
    return images


def shift_pixels(images: Array, rows: int, columns: int) -> Array:
    """Shift images by whole pixels; new pixels at the edges have no ink.

    Shapes: (N, H, W), the same out.
    """
    framed = np.pad(images, ((0, 0), (1, 1), (1, 1)))
    _, height, width = images.shape
    return framed[:, 1 + rows : 1 + rows + height, 1 + columns : 1 + columns + width]


def blur(images: Array, level: float, rng: np.random.Generator) -> Array:
    """Smooth images with a Gaussian whose standard deviation is `level` pixels.

    Shapes: (N, H, W), the same out.
    """
    if level == 0:
        return images
    rows, columns = (gaussian(side, level) for side in images.shape[1:])
    blurred: Array = rows @ images @ columns.T  # (H, H) @ (N, H, W) @ (W, W)
    return blurred


CORRUPTIONS: dict[str, Corruption] = {
    "noise": Corruption(
        (0, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.8, 1), "standard deviation (1 is full ink)", add_noise
    ),
    "rotation": Corruption(
        (-60, -50, -40, -30, -20, -10, 0, 10, 20, 30, 40, 50, 60), "degrees", rotate
    ),
    "shift": Corruption((0, 1, 2, 3, 4, 5, 6, 7, 8), "pixels, in any direction", shift),
    "thickness": Corruption(
        (-1, -0.75, -0.5, -0.25, 0, 0.5, 1, 1.5, 2, 3), "pixels on each side of a stroke", thicken
    ),
    "blur": Corruption((0, 0.5, 1, 1.5, 2, 2.5, 3, 4), "standard deviation, in pixels", blur),
}


def corrupt(images: Array, name: str, level: float) -> Array:
    """Corrupt images; the result is the same each time.

    Shapes: (N, H, W), the same out.
    """
    return CORRUPTIONS[name].apply(images, level, np.random.default_rng(SEED))


def robustness_curve(
    model: Model, params: Params, examples: Examples, name: str
) -> list[tuple[float, float]]:
    """Compute a model's accuracy at each level of a corruption.

    Returns: (level, accuracy from 0 to 1), levels rising; at level 0 it is the accuracy on the
    examples as they are.
    """
    points = []
    for level in CORRUPTIONS[name].levels:
        answers = predict_classes(model, params, corrupt(examples.images, name, level))
        points.append((float(level), float(np.mean(answers == examples.labels))))
    return points
