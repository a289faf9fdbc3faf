"""The colours of ten classes: any two are told apart, by the colour-blind too, on both grounds."""

import itertools
import re

import numpy as np
import pytest

from tests.support.checkout import REPOSITORY

PAGE = REPOSITORY / "network" / "lab" / "page"
# from colours to what is seen of them, in linear light
# Source: Machado, Oliveira, Fernandes, A physiologically-based model for simulation of color vision
# deficiency (2009), table 1, severity 1.0
EYES = {
    "all cones": np.eye(3),
    "protanopia": np.array(
        [
            [0.152286, 1.052583, -0.204868],
            [0.114503, 0.786281, 0.099216],
            [-0.003882, -0.048116, 1.051998],
        ]
    ),
    "deuteranopia": np.array(
        [
            [0.367322, 0.860646, -0.227968],
            [0.280085, 0.672501, 0.047413],
            [-0.011820, 0.042940, 0.968881],
        ]
    ),
    "tritanopia": np.array(
        [
            [1.255528, -0.076749, -0.178779],
            [-0.078411, 0.930809, 0.147602],
            [0.004733, 0.691367, 0.303900],
        ]
    ),
}
# Source: IEC 61966-2-1 (sRGB), which also has the curve of `linear`; white of CIE D65
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
APART = 20  # of CIE 1976; what is just noticed is about 2.3


def linear(colour):
    """`#rrggbb` -> red, green, blue as amounts of light."""
    c = np.array([int(colour[at : at + 2], 16) for at in (1, 3, 5)]) / 255
    return np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)


def lab_colour(light):
    """Lightness, red or green, yellow or blue: distances are what is seen (CIE 1976 L*a*b*)."""
    share = TO_XYZ @ light / WHITE
    x, y, z = np.where(share > 0.008856, np.cbrt(share), 7.787 * share + 16 / 116)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


def luminance(colour):
    return TO_XYZ[1] @ linear(colour)


def palette(theme):
    found = re.search(rf"{theme}: \[(.*?)\]", (PAGE / "ui" / "palette.js").read_text())
    return re.findall("#[0-9a-f]{6}", found[1])


@pytest.mark.parametrize("eyes", EYES)
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_any_two_colours_are_told_apart(theme, eyes):
    seen = [lab_colour(np.clip(EYES[eyes] @ linear(colour), 0, 1)) for colour in palette(theme)]
    assert len(seen) == 10
    assert min(np.linalg.norm(a - b) for a, b in itertools.combinations(seen, 2)) > APART


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_every_colour_stands_out_from_the_paper(theme):
    """Source: WCAG 2.2, success criterion 1.4.11: 3 to 1."""
    papers = re.findall(r"--paper: (#[0-9a-f]{6})", (PAGE / "ui" / "style.css").read_text())
    paper = luminance(papers[["light", "dark"].index(theme)])
    for colour in palette(theme):
        low, high = sorted([paper, luminance(colour)])
        assert (high + 0.05) / (low + 0.05) >= 3
