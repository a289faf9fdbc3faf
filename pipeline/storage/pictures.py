"""Read image files, to learn from or to predict, as grey levels within limits of memory.

A file is opened as one of a few named types, and its number of pixels is checked before one is
decoded. Colours are turned to grey tile by tile, and a large picture is reduced meanwhile: nothing
but the decoded image is as large as the file says. What is transparent is laid on white paper, or
on black where nothing would be seen on white.
"""

import io
import warnings
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import CorruptError
from pipeline.storage.cache import read_whole
from pipeline.storage.content import describe_start

MAX_DECODED_PIXELS = 50_000_000  # a photo has 12 to 48 million; a hostile file asks for billions
TILE_SIDE = 2000  # pixels, about
TYPES = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF")  # Pillow's names
SUFFIXES = (  # of their files
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp"),
    *(".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"),
)
SIDES_OF_PHOTO = ("MPO",)  # of one photo: a camera's other views, no animation
MIN_CONTRAST = 32  # levels between the darkest and the lightest pixel of what can be seen
ORIENTATION = 0x0112  # the tag of Exif for how the camera was held


@dataclass(frozen=True)
class PictureOptions:
    """The pictures that a reader accepts, and how it treats them."""

    max_bytes: int
    max_pixels: int = MAX_DECODED_PIXELS
    max_side: int | None = None  # pixels; a larger picture is reduced
    is_single: bool = False  # an animation is refused; otherwise its first image is read


def read_picture(path: Path, options: PictureOptions) -> NDArray[np.uint8]:
    """Read an image file as grey levels, the way up that the camera was held.

    Shapes: (H, W).

    Raises: MissingError, StorageError, CorruptError for a file that is not such a picture.
    """
    return decode_picture(read_whole(path, options.max_bytes), str(path), options)


def decode_picture(data: bytes, name: str, options: PictureOptions) -> NDArray[np.uint8]:
    """Decode the bytes of an image file as `read_picture` does; `name` stands in errors.

    Shapes: (H, W).

    Raises: CorruptError.
    """
    if len(data) > options.max_bytes:
        raise CorruptError(f"{name}: more than {options.max_bytes:,} bytes for one image")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of faults beside the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # as a file is opened
            with Image.open(io.BytesIO(data), formats=TYPES) as image:
                check_pixels(name, image, options.max_pixels)
                if options.is_single:
                    check_single(name, image)
                grey = Image.fromarray(on_visible_paper(image, options.max_side))
                grey.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
                return np.asarray(ImageOps.exif_transpose(grey))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CorruptError(f"{name}: more than {options.max_pixels:,} pixels") from error
    except UnidentifiedImageError as error:
        what = describe_start(data)
        raise CorruptError(f"{name}: not an image of type {', '.join(TYPES)}: {what}") from error
    except CorruptError:
        raise
    except Exception as error:  # damaged images make Pillow raise nearly every kind
        raise CorruptError(f"{name}: damaged image ({error})") from error


def check_pixels(name: str, image: Image.Image, max_pixels: int) -> None:
    """Check before it is decoded that an image cannot fill the memory.

    Raises: CorruptError.
    """
    if image.format == "WEBP" or "progressive" in image.info:
        copies = 3  # that decoding holds at once
    else:
        copies = 2 if image.has_transparency_data else 1
    limit = min(max_pixels, MAX_DECODED_PIXELS // copies)
    if image.width * image.height > limit:
        raise CorruptError(
            f"{name}: an image of {image.width} x {image.height}, more than {limit:,} pixels"
        )


def check_single(name: str, image: Image.Image) -> None:
    """Check that a file holds one image.

    Raises: CorruptError, and what Pillow raises for damaged images.
    """
    if getattr(image, "n_frames", 1) > 1 and image.format not in SIDES_OF_PHOTO:
        raise CorruptError(f"{name}: an animation, or several images; expected a single one")


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
    """Decode an image to grey levels, tile by tile, so that nothing else is as large as it is.

    Shapes: (H, W), divided by the whole number that brings the longer to `max_side`.
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
    """Return the level of white in an image with one number of more than 8 bits for each pixel."""
    if image.mode.startswith("I") or image.mode == "F":
        _, highest = image.getextrema()
        if highest > 255:  # type: ignore[operator]
            return 65535
        return 1 if image.mode == "F" and highest <= 1 else 255  # type: ignore[operator]
    return 255


def tile_to_grey(tile: Image.Image, highest: int, paper: str) -> Image.Image:
    """Give a tile of any mode levels of 0 to 255; Pillow alone would cut 16 bits off."""
    if tile.mode.startswith("I") or tile.mode == "F":
        levels = np.nan_to_num(np.asarray(tile) * (255 / highest))
        tile = Image.fromarray(np.clip(levels + 1e-6, 0, 255).astype(np.uint8))
    if tile.has_transparency_data:
        ground = Image.new("RGBA", tile.size, paper)
        ground.alpha_composite(tile.convert("RGBA"))
        tile = ground
    return tile.convert("L")
