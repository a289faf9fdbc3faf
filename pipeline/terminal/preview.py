"""Contact sheets of images with their labels."""

import io
import os
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, PngImagePlugin

from pipeline.errors import UsageError
from pipeline.storage.cache import DISTRIBUTION, publish
from pipeline.terminal.fonts import find_font, load_default

PAPER, INK, GREY = (255, 255, 255), (20, 20, 20), (120, 120, 120)
RIGHT, WRONG = (0, 110, 60), (190, 30, 30)
SCALE = 3  # screen pixels per pixel of the image
GAP = 10  # between tiles
MAX_WIDTH = 1000  # of a row of tiles
CAPTION = 24  # height of the line under an image


@dataclass(frozen=True, eq=False)
class Tile:
    """One image and its caption."""

    pixels: NDArray[np.uint8]  # (H, W), 0 (background) to 255 (ink)
    caption: str
    colour: tuple[int, int, int] = INK


def draw_sheet(tiles: Sequence[Tile], title: str, columns: int = 10) -> Image.Image:
    """Draw the tiles in rows, dark ink on light paper, with a title above.

    Raises: UsageError without tiles.
    """
    if not tiles:
        raise UsageError("no images to show", "Choose another label or split")
    title_font = find_font([title], 18) or load_default(18)
    captions = [tile.caption for tile in tiles]
    caption_font = find_font(captions, 15) or load_default(15)
    height, width = (SCALE * side for side in tiles[0].pixels.shape)
    widest = max(map(caption_font.getlength, captions))
    slot = max(width, int(widest)) + GAP
    columns = max(1, min(columns, len(tiles), MAX_WIDTH // slot))
    rows = -(-len(tiles) // columns)
    sheet_width = columns * slot + GAP
    sheet_width = max(sheet_width, int(title_font.getlength(title)) + 2 * GAP)
    top = 18 + 2 * GAP
    sheet = Image.new("RGB", (sheet_width, top + rows * (height + CAPTION + GAP)), PAPER)
    draw = ImageDraw.Draw(sheet)
    draw.text((GAP, GAP), title, INK, title_font)
    for index, tile in enumerate(tiles):
        row, column = divmod(index, columns)
        x = GAP + column * slot + (slot - GAP - width) // 2
        y = top + row * (height + CAPTION + GAP)
        picture = Image.fromarray(255 - tile.pixels).resize(
            (width, height), Image.Resampling.NEAREST
        )
        sheet.paste(picture, (x, y))
        draw.rectangle((x - 1, y - 1, x + width, y + height), outline=(210, 210, 210))
        draw.text((x + width / 2, y + height + 4), tile.caption, tile.colour, caption_font, "mt")
    return sheet


def save_picture(picture: Image.Image, path: Path) -> None:
    """Write a picture as PNG, atomically, marked as written by this project."""
    require_png(path)
    mark = PngImagePlugin.PngInfo()
    mark.add_text("Software", DISTRIBUTION)
    buffer = io.BytesIO()
    picture.save(buffer, "PNG", pnginfo=mark)
    publish(path, [buffer.getvalue()])


def require_png(path: Path) -> None:
    """Require a file name that ends in .png.

    Raises: UsageError.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"{path} does not end in .png", "Name a PNG file")


def has_display() -> bool:
    """Return whether there is a display for a picture viewer."""
    on_desktop = sys.platform in ("win32", "darwin")
    return on_desktop or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def show_picture(picture: Image.Image, out: Path | None, otherwise: Path) -> Path | None:
    """Write a picture to `out`, or open a viewer, or write `otherwise`.

    Returns: the written file, or None if a viewer was opened.
    """
    if out is None and has_display():
        picture.show()
        return None
    path = out or otherwise
    save_picture(picture, path)
    return path
