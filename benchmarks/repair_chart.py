"""A bar chart of the accuracy after each fix of the original project."""

import statistics
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont

from pipeline.terminal.preview import GAP, GREY, INK, PAPER, RIGHT, WRONG

ROW = 26  # height of a bar and the space under it
NAMES, BARS, FIGURES = 290, 500, 70  # widths of the three columns


def draw_steps(
    names: Sequence[str], accuracies: Sequence[Sequence[float]], n_faulty: int
) -> Image.Image:
    """Draw a bar for the mean of each step, with a mark for each random seed.

    The first `n_faulty` steps, which still have a bug, have another colour.
    """
    title_font, font = ImageFont.load_default(18), ImageFont.load_default(15)
    top = 18 + 3 * GAP
    size = NAMES + BARS + FIGURES + 2 * GAP, top + ROW * len(names) + GAP
    picture = Image.new("RGB", size, PAPER)
    draw = ImageDraw.Draw(picture)
    draw.text((GAP, GAP), "Test accuracy after each step", INK, title_font)
    for number, (name, values) in enumerate(zip(names, accuracies, strict=True)):
        y, mean = top + ROW * number, statistics.mean(values)
        colour = WRONG if number < n_faulty else RIGHT
        draw.text((GAP, y), f"{number}  {name}", INK, font)
        draw.rectangle((NAMES, y + 2, NAMES + BARS * mean / 100, y + ROW - 8), colour)
        for value in values:
            x = NAMES + BARS * value / 100
            draw.line((x, y + 2, x, y + ROW - 8), GREY)
        draw.text((NAMES + BARS + GAP, y), f"{mean:.1f} %", INK, font)
    return picture
