"""Find the ink on paper: dark on light or light on dark, under light that need not be even.

What the paper would look like without ink is estimated everywhere; ink is what differs from it,
towards the side on which the picture departs furthest from its border.
"""

from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray
from PIL import Image, ImageFilter

from network.core.params import Array
from network.images.pages.ruled_lines import without_ruling

COARSE = 64  # blocks along the longer side, in which the light is looked at
FINE = 256  # the same where strokes have to be seen
WINDOW = 0.3  # of the shorter side: wider than any stroke, so that none passes for paper
MIN_CONTRAST = 32  # of 255 between paper and ink; noise on blank paper stays below
MAX_NOISE = 6  # times the standard deviation of the noise: what is paler can be noise
DARKEST = 48  # of 255: paper in less light is taken for one in so much
NORMAL = 1.4826  # standard deviation of normal numbers to their median distance from 0


@dataclass(frozen=True, eq=False)
class Ink:
    """How much ink is where."""

    strength: NDArray[np.uint8]  # (H, W), 0 (paper) to 255
    smooth: NDArray[np.uint8]  # the same with less noise, to tell ink from paper by
    full: int  # the strongest ink there is, 0 where there is only paper
    faintest: float  # what is paler is noise
    light_on_dark: bool


def extract_ink(grey: NDArray[np.uint8]) -> Ink:
    """Estimate the paper and return what is on it.

    Shapes: (H, W).
    """
    slope = fit_surface(block_levels(grey, COARSE))
    light_on_dark = is_light_on_dark(grey, slope)
    if light_on_dark:
        grey, slope = 255 - grey, 255 - slope
    paper = paper_level(grey, slope)
    absorbed = 1 - grey / np.maximum(paper, DARKEST)
    absorbed -= np.median(border(absorbed))
    strength = np.round(255 * np.clip(absorbed, 0, 1)).astype(np.uint8)
    smooth = blur_ink(strength)
    faintest = max(MIN_CONTRAST, MAX_NOISE * noise_level(smooth))
    full = int(smooth.max())
    if full < faintest:
        return Ink(strength, smooth, 0, faintest, light_on_dark)
    strength = without_ruling(strength, full)
    return Ink(strength, blur_ink(strength), full, faintest, light_on_dark)


def is_light_on_dark(grey: NDArray[np.uint8], slope: Array) -> bool:
    """Tell which way the ink departs from the paper: to the light, or to the dark?

    The border is paper, for the most part, once the slope of the light is taken off.
    """
    blocks = block_levels(grey, FINE)
    flat = blocks - enlarge(slope, blocks.shape)
    level = np.median(border(flat))
    return bool(flat.max() - level > level - flat.min())


def light_on_dark(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Invert a picture with a light border, which is paper; keep any other.

    Shapes: (H, W), the same out.
    """
    return 255 - grey if np.median(border(grey)) > 127 else grey


def paper_level(grey: NDArray[np.uint8], slope: Array) -> Array:
    """Estimate how light the paper is everywhere, under dark ink: a closing, in coarse blocks.

    The lightest nearby, then the darkest of that: what is dark and narrower than the window is
    gone, and what is wider, as a shadow is, stays.

    Shapes: (H, W), slope (h, w) -> (H, W) float32.
    Source: Serra, Image analysis and mathematical morphology (1982), chapter XII.
    """
    reach = max(1, round(WINDOW * min(slope.shape) / 2))
    lightest = highest_near(block_levels(grey, COARSE) - slope, reach)
    return enlarge(slope - highest_near(-lightest, reach), grey.shape)


def enlarge(levels: Array, shape: tuple[int, ...]) -> Array:
    """Interpolate between coarse levels.

    Shapes: (h, w) -> (H, W) float32.
    """
    picture = Image.fromarray(levels.astype(np.float32))
    height, width = shape
    return np.asarray(picture.resize((width, height), Image.Resampling.BILINEAR))


def block_levels(grey: NDArray[np.uint8], longest: int) -> Array:
    """Average a picture in blocks, as few as make its longer side `longest` at most.

    Shapes: (H, W) -> (h, w) float32.
    """
    scale = min(1, longest / max(grey.shape))
    size = tuple(max(1, round(side * scale)) for side in grey.shape[::-1])
    picture = Image.fromarray(grey).convert("F")
    return np.asarray(picture.resize(size, Image.Resampling.BOX))


def fit_surface(levels: Array) -> Array:
    """Fit a quadratic surface to levels so that a minority of others, the ink, hardly counts.

    Least absolute deviations, by least squares with weights of 1 / |deviation|.

    Shapes: (h, w), the same out.
    Source: Schlossmacher, An iterative technique for absolute deviations curve fitting (1973).
    """
    height, width = levels.shape
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    terms = np.stack([np.ones_like(x), x, y, x * y, x**2, y**2], axis=-1).reshape(-1, 6)
    values = levels.reshape(-1).astype(np.float64)
    surface = np.full_like(values, np.median(values))
    for _ in range(10):
        weighted = terms / np.maximum(np.abs(values - surface), 1)[:, None]
        # by einsum, not by BLAS, whose threads would wait for each other where others compute
        normal = np.einsum("ni,nj->ij", weighted, terms)
        factors = np.linalg.lstsq(normal, np.einsum("ni,n->i", weighted, values))[0]
        surface = np.einsum("ni,i->n", terms, factors)
    return surface.reshape(levels.shape).astype(np.float32)


def highest_near(levels: Array, reach: int) -> Array:
    """Return the highest level in a square of `reach` blocks to each side.

    Shapes: (h, w), the same out.
    """
    for axis in (0, 1):
        around = [(reach, reach) if side == axis else (0, 0) for side in (0, 1)]
        framed = np.pad(levels, around, mode="edge")
        levels = sliding_window_view(framed, 2 * reach + 1, axis=axis).max(axis=-1)
    return levels


def border(levels: Array) -> Array:
    """Return the outermost levels.

    Shapes: (h, w) -> (2 h + 2 w,).
    """
    return np.concatenate([levels[0], levels[-1], levels[:, 0], levels[:, -1]])


def blur_ink(strength: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Average each pixel with its neighbours, where strokes are wide enough for that."""
    if max(strength.shape) < 300:
        return strength
    return np.asarray(Image.fromarray(strength).filter(ImageFilter.BoxBlur(1)))


def noise_level(strength: NDArray[np.uint8]) -> float:
    """Estimate the standard deviation of noise by the differences between neighbours."""
    steps = np.abs(np.diff(strength.astype(np.int16), axis=1))
    return float(NORMAL * np.median(steps) / np.sqrt(2)) if steps.size else 0.0
