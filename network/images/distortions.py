"""Where random distortions fetch each pixel from: shift, rotate, scale, shear, elastic."""

import math
from dataclasses import dataclass
from functools import lru_cache
from typing import ClassVar

import numpy as np

from network.core.params import Array
from pipeline.errors import UsageError

SMOOTHNESS = 4.0  # pixels: the standard deviation of the Gaussian that smooths elastic fields


@dataclass(frozen=True)
class Distortion:
    """What all augmentations are: a strength between 0 and the highest that makes sense.

    Raises: UsageError for a strength outside.
    """

    strength: float
    highest: ClassVar[float]

    def __post_init__(self) -> None:
        if not 0 <= self.strength <= self.highest:
            name = type(self).__name__.lower()
            raise UsageError(f"{name} is {self.strength}, expected 0 to {self.highest:g}")

    def draw(self, count: int, rng: np.random.Generator) -> Array:
        """Draw a number for each image, uniform from -strength to strength."""
        return rng.uniform(-self.strength, self.strength, count)


class Affine(Distortion):
    """A change that takes straight lines to straight lines."""

    def matrices(self, count: int, rng: np.random.Generator) -> Array:
        """Draw where pixels are fetched from: (row, column, 1) of the old = M @ that of the new.

        Rows and columns count from the centre of the image.

        Shapes: (N, 3, 3).
        """
        raise NotImplementedError


class Shift(Affine):
    """old = new + (a, b), with a and b uniform from -strength to strength.

    Units: pixels.
    Source: Simard, Steinkraus, Platt, Best practices for convolutional neural networks applied to
    visual document analysis (2003), section 2: translations.
    """

    highest = 28.0

    def matrices(self, count: int, rng: np.random.Generator) -> Array:
        matrices = identities(count)
        matrices[:, 0, 2], matrices[:, 1, 2] = self.draw(count, rng), self.draw(count, rng)
        return matrices


class Rotate(Affine):
    """old = ((cos t, -sin t), (sin t, cos t)) @ new, with t uniform from -strength to strength.

    Units: degrees.
    Source: Simard, Steinkraus, Platt (2003), section 2: rotations.
    """

    highest = 180.0

    def matrices(self, count: int, rng: np.random.Generator) -> Array:
        matrices, angles = identities(count), np.radians(self.draw(count, rng))
        matrices[:, 0, 0] = matrices[:, 1, 1] = np.cos(angles)
        matrices[:, 1, 0] = np.sin(angles)
        matrices[:, 0, 1] = -matrices[:, 1, 0]
        return matrices


class Scale(Affine):
    """old = new / (1 + (a, b)), a and b uniform from -strength to strength: height and width.

    Units: share of the size: 0.1 makes an image up to 10 % higher or lower, wider or narrower.
    Source: Ciresan, Meier, Gambardella, Schmidhuber, Deep, big, simple neural nets for
    handwritten digit recognition (2010), section 2: horizontal and vertical scaling.
    """

    highest = 0.9

    def matrices(self, count: int, rng: np.random.Generator) -> Array:
        matrices = identities(count)
        matrices[:, 0, 0] /= 1 + self.draw(count, rng)
        matrices[:, 1, 1] /= 1 + self.draw(count, rng)
        return matrices


class Shear(Affine):
    """old column = new column + a * row, with a uniform from -strength to strength: slanted.

    Units: share: at 0.1 a row is pushed by up to a tenth of its distance from the middle.
    Source: Simard, Steinkraus, Platt (2003), section 2: skewing.
    """

    highest = 2.0

    def matrices(self, count: int, rng: np.random.Generator) -> Array:
        matrices = identities(count)
        matrices[:, 1, 0] = self.draw(count, rng)
        return matrices


class Elastic(Distortion):
    """old = new + strength * G(u), with u uniform from -1 to 1 for each pixel and direction.

    G smooths: a Gaussian with a standard deviation of 4 pixels. It leaves displacements with a
    mean of 0 and a root mean square of strength / (2 * 4 * sqrt(3 pi)) = 0.0407 * strength, or
    1.4 pixels for the 34 that the source uses on MNIST. At the frame, where G has less to sum,
    it is made as strong as elsewhere.

    Units: pixels, before the smoothing (the source's alpha).
    Source: Simard, Steinkraus, Platt (2003), section 2: elastic deformations.
    """

    highest = 300.0

    def displacement(self, shape: tuple[int, int, int], rng: np.random.Generator) -> Array:
        """Draw how far every pixel is moved.

        Shapes: (N, H, W) -> (2, N, H, W) float32: rows, columns.
        """
        count, height, width = shape
        # bytes cost a fifth of floats, and 256 values are enough where hundreds are added up
        steps = np.frombuffer(rng.bytes(2 * count * height * width), np.int8)
        field = np.add(steps, np.float32(0.5), dtype=np.float32).reshape(height, -1)
        rows, columns = smoothing(height) * np.float32(self.strength / 128), smoothing(width)
        field = rows @ field  # (H, H) @ (H, 2 N W), down the columns
        field = field.reshape(-1, width) @ columns.T  # (2 N H, W) @ (W, W), along the rows
        return field.reshape(height, 2, count, width).transpose(1, 2, 0, 3)


def identities(count: int) -> Array:
    """Make matrices that change nothing.

    Shapes: (N, 3, 3).
    """
    return np.repeat(np.eye(3)[None], count, axis=0)


@lru_cache(maxsize=8)
def smoothing(side: int) -> Array:
    """Weigh the pixels of a line by a Gaussian around each of them.

    All rows have the root of their squares' sum, so that smoothed random numbers vary equally.

    Shapes: (side, side) float32, row i sums around pixel i.
    """
    distance = np.arange(side)[:, None] - np.arange(side)
    weights = np.exp(-0.5 * (distance / SMOOTHNESS) ** 2)
    weights /= np.sqrt(np.square(weights).sum(axis=1, keepdims=True))
    # the squares of a whole Gaussian of sum 1 sum up to 1 / (2 sqrt(pi) * SMOOTHNESS)
    return (weights / math.sqrt(2 * math.sqrt(math.pi) * SMOOTHNESS)).astype(np.float32)


def gaussian(side: int, deviation: float) -> Array:
    """Weigh the pixels of a line by a Gaussian around each; the weights inside and out add to 1.

    Shapes: (side, side) float32.
    """
    reach = math.ceil(5 * deviation)
    total = np.exp(-0.5 * (np.arange(-reach, reach + 1) / deviation) ** 2).sum()
    distance = np.arange(side)[:, None] - np.arange(side)
    weights: Array = np.exp(-0.5 * (distance / deviation) ** 2) / total
    return weights.astype(np.float32)
