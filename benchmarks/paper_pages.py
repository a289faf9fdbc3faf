"""Pictures of pages: ink on several kinds of paper, under uneven light."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

Levels = NDArray[np.float32]  # (H, W), 0 to 1


@dataclass(frozen=True)
class Paper:
    """A kind of page: reflectance of paper and ink, light, texture, noise and lines."""

    paper: float = 0.92
    ink: float = 0.15
    light: float = 0.0  # loss of light in the darkest corner
    texture: float = 0.0  # standard deviation of the grain of the paper
    noise: float = 0.01  # standard deviation of the camera's noise
    ruling: float = 0.0  # darkness of lines, relative to ink
    squared: bool = False  # lines down the page, too


PAPERS = {
    "plain": Paper(),
    "uneven light": Paper(light=0.6),
    "texture": Paper(texture=0.04, noise=0.02),
    "dark ground": Paper(paper=0.12, ink=0.85, noise=0.02),
    "lined": Paper(ruling=0.3),
    "squared": Paper(ruling=0.3, squared=True),
    "photo": Paper(paper=0.8, ink=0.25, light=0.5, texture=0.03, noise=0.02, ruling=0.2),
}


def photograph(
    share: Levels, paper: Paper, rng: np.random.Generator, ruling_gap: int
) -> NDArray[np.uint8]:
    """Return a picture of a page with this share of ink in each pixel.

    Shapes: (H, W), the same out.
    """
    if paper.ruling:
        lines = ruling(share.shape, ruling_gap, paper.squared, rng)
        share = np.maximum(share, paper.ruling * lines)
    level = paper.paper + (paper.ink - paper.paper) * share
    level = level + paper.texture * grain(share.shape, rng)
    level = level * light(share.shape, paper.light, rng)
    level = level + rng.normal(0, paper.noise, share.shape)
    return np.clip(np.round(255 * level), 0, 255).astype(np.uint8)


def ruling(shape: tuple[int, ...], gap: int, squared: bool, rng: np.random.Generator) -> Levels:
    """Return thin lines at a distance of `gap` pixels, with a small random slope."""
    y, x = np.mgrid[: shape[0], : shape[1]].astype(np.float32)
    slope, start = rng.uniform(-0.01, 0.01), rng.uniform(0, gap)
    lines = line_at(y + slope * x + start, gap)
    return np.maximum(lines, line_at(x - slope * y + start, gap)) if squared else lines


def line_at(along: Levels, gap: int) -> Levels:
    """Return lines at every multiple of the gap, a thirtieth of it thick."""
    distance = np.abs(along % gap - gap / 2)
    lines: Levels = np.clip(max(1.2, gap / 30) / 2 + 0.5 - distance, 0, 1)
    return lines


def grain(shape: tuple[int, ...], rng: np.random.Generator) -> Levels:
    """Return the grain of paper: fine and coarse noise with standard deviation 1."""
    total = rng.normal(0, 1, shape).astype(np.float32)
    for size in (4, 16):
        few = rng.normal(0, 1, [2 + side // size for side in shape]).astype(np.float32)
        picture = Image.fromarray(few).resize((shape[1], shape[0]), Image.Resampling.BICUBIC)
        total = total + np.asarray(picture)
    return np.asarray(total / total.std(), np.float32)


def light(shape: tuple[int, ...], less: float, rng: np.random.Generator) -> Levels:
    """Return light that falls off from one side to the other, and in the corners."""
    y, x = np.mgrid[-1 : 1 : shape[0] * 1j, -1 : 1 : shape[1] * 1j]
    angle = rng.uniform(0, 2 * np.pi)
    along = np.cos(angle) * x + np.sin(angle) * y
    dark = (along - along.min()) / np.ptp(along) + 0.3 * (x**2 + y**2)
    return np.asarray(1 - less * dark / dark.max(), np.float32)
