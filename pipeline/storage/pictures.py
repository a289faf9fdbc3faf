"""Image files, read as grey levels within limits of memory.

A file is opened as one of a few named types, and its number of pixels is checked before decoding.
Colours are converted to grey tile by tile, and a large picture is reduced at the same time: only
the decoded image is as large as the file states. A transparent image is drawn on white, or on
black if nothing would be visible on white.
"""

import io
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import CorruptError, damaged_file
from pipeline.storage.cache import read_whole
from pipeline.storage.content import describe_start

MAX_DECODED_PIXELS = 50_000_000  # a photo has 12 to 48 million; a hostile file declares billions
TILE_SIDE = 2000  # pixels, about
TYPES = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF")  # Pillow's names
SUFFIXES = (  # of their files
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp"),
    *(".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"),
)
SMALLER = "Make it smaller"
SIDES_OF_PHOTO = ("MPO",)  # of one photo: other views of a camera, not an animation
MIN_CONTRAST = 32  # levels between the darkest and the lightest visible pixel
ORIENTATION = 0x0112  # the Exif tag for the camera's rotation


@dataclass(frozen=True)
class PictureOptions:
    """Limits and treatment of the pictures that a reader accepts."""

    max_bytes: int
    max_pixels: int = MAX_DECODED_PIXELS
    max_side: int | None = None  # pixels; a larger picture is reduced
    is_single: bool = False  # refuse an animation instead of reading its first image


def read_picture(path: Path, options: PictureOptions) -> NDArray[np.uint8]:
    """Read an image file as grey levels, rotated as the camera was held.

    Shapes: (H, W).

    Raises: MissingError, StorageError, CorruptError for a file that is not a supported picture.
    """
    return decode_picture(read_whole(path, options.max_bytes), str(path), options)


def decode_picture(data: bytes, name: str, options: PictureOptions) -> NDArray[np.uint8]:
    """Decode an image file in memory like `read_picture`; `name` is for errors.

    Shapes: (H, W).

    Raises: CorruptError.
    """
    if len(data) > options.max_bytes:
        what = f"{name}: more than {options.max_bytes:,} bytes for one image"
        raise CorruptError(what, SMALLER)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about errors outside the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # while opening a file
            with Image.open(io.BytesIO(data), formats=TYPES) as image:
                check_pixels(name, image, options.max_pixels)
                if options.is_single:
                    check_single(name, image)
                grey = Image.fromarray(on_visible_paper(image, options.max_side))
                grey.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
                return np.asarray(ImageOps.exif_transpose(grey))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CorruptError(f"{name}: more than {options.max_pixels:,} pixels", SMALLER) from error
    except UnidentifiedImageError as error:
        what = f"{name}: not an image of type {', '.join(TYPES)}: {describe_start(data)}"
        raise CorruptError(what, "Save it as PNG") from error
    except CorruptError:
        raise
    except Exception as error:  # damaged images make Pillow raise nearly every kind
        raise damaged_file(name, "image", error) from error


def check_pixels(name: str, image: Image.Image, max_pixels: int) -> None:
    """Require, before decoding, that an image fits into memory.

    Raises: CorruptError.
    """
    if image.format == "WEBP" or "progressive" in image.info:
        copies = 3  # held at once while decoding
    else:
        copies = 2 if image.has_transparency_data else 1
    limit = min(max_pixels, MAX_DECODED_PIXELS // copies)
    if image.width * image.height > limit:
        raise CorruptError(
            f"{name}: an image of {image.width} x {image.height}, more than {limit:,} pixels",
            SMALLER,
        )


def check_single(name: str, image: Image.Image) -> None:
    """Require that a file holds one image.

    Raises: CorruptError, and Pillow's errors for damaged images.
    """
    if getattr(image, "n_frames", 1) > 1 and image.format not in SIDES_OF_PHOTO:
        what = f"{name}: an animation, or several images; expected a single one"
        raise CorruptError(what, "Save the one that is meant")


def on_visible_paper(image: Image.Image, max_side: int | None) -> NDArray[np.uint8]:
    """Decode an image on white paper, or on black if it is transparent and light.

    Shapes: (H, W), as `to_grey`.
    """
    grey = to_grey(image, max_side, "white")
    if image.has_transparency_data and np.ptp(grey) < MIN_CONTRAST:
        on_black = to_grey(image, max_side, "black")
        return on_black if np.ptp(on_black) >= MIN_CONTRAST else grey
    return grey


def to_grey(image: Image.Image, max_side: int | None, paper: str) -> NDArray[np.uint8]:
    """Decode an image to grey levels, tile by tile, to save memory.

    Shapes: (H, W), divided by the integer that reduces the longer side to `max_side`.
    """
    factor = 1
    if max_side is not None and max(image.size) > max_side:
        image.draft("L", (max_side, max_side))  # a JPEG can be decoded to 1/8
        factor = -(-max(image.size) // max_side)
    highest = highest_level(image)
    grey = np.empty([-(-side // factor) for side in image.size[::-1]], np.uint8)
    tile = factor * (TILE_SIDE // factor + 1)
    for top, left in product(range(0, image.height, tile), range(0, image.width, tile)):
        corner = min(left + tile, image.width), min(top + tile, image.height)
        part = tile_to_grey(image.crop((left, top, *corner)), highest, paper)
        part = part.reduce(factor)
        row, column = top // factor, left // factor
        grey[row : row + part.height, column : column + part.width] = np.asarray(part)
    return grey


def highest_level(image: Image.Image) -> int:
    """Return the level of white in an image, such as 65535 for 16 bits."""
    if image.mode.startswith("I") or image.mode == "F":
        _, highest = image.getextrema()
        if highest > 255:  # type: ignore[operator]
            return 65535
        return 1 if image.mode == "F" and highest <= 1 else 255  # type: ignore[operator]
    return 255


def tile_to_grey(tile: Image.Image, highest: int, paper: str) -> Image.Image:
    """Convert a tile of any mode to levels 0 to 255; Pillow would clip 16 bits."""
    if tile.mode.startswith("I") or tile.mode == "F":
        levels = np.nan_to_num(np.asarray(tile) * (255 / highest))
        tile = Image.fromarray(np.clip(levels + 1e-6, 0, 255).astype(np.uint8))
    if tile.has_transparency_data:
        ground = Image.new("RGBA", tile.size, paper)
        ground.alpha_composite(tile.convert("RGBA"))
        tile = ground
    return tile.convert("L")
