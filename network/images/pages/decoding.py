"""Read image files of any kind as grey levels, and refuse what would fill the memory.

A page is reduced while it is decoded, tile by tile: nothing but the decoded image is as large as
the file says.
"""

import io
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import CorruptError
from pipeline.storage.cache import reading

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF")
MAX_PIXELS = 50_000_000  # a photo has 12 to 48 million; a hostile file asks for billions
MAX_SIDE = 2000  # pixels; what is larger is reduced
ORIENTATION = 0x0112  # the tag of Exif that says how the camera was held


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an image file as grey levels; what is transparent becomes white paper.

    Shapes: (H, W), of which the longer is 2,000 at most: a larger image is reduced.

    Raises: MissingError, StorageError, CorruptError for a file that is no image or is too large.
    """
    with reading(path):
        data = path.read_bytes()
    return decode_grey(data, str(path))


def decode_grey(data: bytes, name: str) -> NDArray[np.uint8]:
    """Decode the bytes of an image file, `name` in errors, as `read_grey` does.

    Shapes: (H, W).

    Raises: CorruptError.
    """
    try:
        with warnings.catch_warnings():
            # Pillow looks at the size when it opens a file, and we do before it decodes one
            warnings.simplefilter("ignore")  # of what is wrong beside the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                check_pixels(name, image)
                grey = Image.fromarray(to_grey(image))
                grey.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
                return np.asarray(ImageOps.exif_transpose(grey))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CorruptError(f"{name}: an image of more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise CorruptError(f"{name}: no image of type {', '.join(FORMATS)}") from error
    except CorruptError:
        raise
    except Exception as error:  # damaged images make Pillow raise nearly every kind
        raise CorruptError(f"{name}: damaged image ({error})") from error


def check_pixels(name: str, image: Image.Image) -> None:
    """Refuse an image that would fill the memory, before it is decoded.

    Raises: CorruptError.
    """
    if image.format == "WEBP" or "progressive" in image.info:
        copies = 3  # that decoding holds at once
    else:
        copies = 2 if image.has_transparency_data else 1
    if image.width * image.height * copies > MAX_PIXELS:
        raise CorruptError(
            f"{name}: an image of {image.width} x {image.height}, "
            f"more than {MAX_PIXELS // copies:,} pixels"
        )


def to_grey(image: Image.Image) -> NDArray[np.uint8]:
    """Decode an image to grey levels, tile by tile, so that nothing else is as large as it is.

    Shapes: (H, W), divided by what brings the longer to 2,000.
    """
    factor = -(-max(image.size) // MAX_SIDE)
    if factor > 1:
        image.draft("L", (MAX_SIDE, MAX_SIDE))  # a JPEG can be decoded to 1/8
        factor = -(-max(image.size) // MAX_SIDE)
    highest = highest_level(image)
    grey = np.empty([-(-side // factor) for side in image.size[::-1]], np.uint8)
    tile = factor * (MAX_SIDE // factor + 1)
    for top, left in product(range(0, image.height, tile), range(0, image.width, tile)):
        corner = min(left + tile, image.width), min(top + tile, image.height)
        part = tile_to_grey(image.crop((left, top, *corner)), highest).reduce(factor)
        row, column = top // factor, left // factor
        grey[row : row + part.height, column : column + part.width] = np.asarray(part)
    return grey


def highest_level(image: Image.Image) -> int:
    """Return what white is in an image with one number of more than 8 bits for each pixel."""
    if image.mode.startswith("I") or image.mode == "F":
        _, highest = image.getextrema()
        return 65535 if highest > 255 else 255  # type: ignore[operator]
    return 255


def tile_to_grey(tile: Image.Image, highest: int) -> Image.Image:
    """Give a tile of any mode levels of 0 to 255; Pillow alone would cut 16 bits off."""
    if tile.mode.startswith("I") or tile.mode == "F":
        levels = np.nan_to_num(np.asarray(tile) * np.float32(255 / highest))
        tile = Image.fromarray(np.clip(levels, 0, 255).astype(np.uint8))
    if tile.has_transparency_data:
        paper = Image.new("RGBA", tile.size, "white")
        paper.alpha_composite(tile.convert("RGBA"))
        tile = paper
    return tile.convert("L")
