"""Make a photo or a drawing look like MNIST.

MNIST's digits are light ink on a dark ground, fitted into 20x20 pixels with anti-aliasing, and
laid into 28x28 so that the centre of mass of the ink is in the middle.

Source: the section "The MNIST database" of the page of LeCun, Cortes and Burges.
"""

import io
import warnings
from itertools import product
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.cache import reading
from pipeline.errors import CorruptError
from pipeline.records import IMAGE_SHAPE

FORMATS = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF")
MAX_PIXELS = 50_000_000  # a photo has 12 to 48 million; a hostile file asks for billions
MAX_SIDE = 2000  # pixels; what is larger is reduced
ORIENTATION = 0x0112  # the tag of Exif that says how the camera was held
BOX = 20  # pixels of the longer side of a digit
FAINTEST_INK = 0.2  # of the range from paper to darkest ink: what is paler is paper
LEAST_CONTRAST = 32  # of 255 between paper and ink; noise on blank paper stays below


def read_digit(path: Path) -> NDArray[np.uint8]:
    """Read an image file as one digit in the form of MNIST; 28x28 is kept pixel by pixel.

    Shapes: (28, 28), 0 (background) to 255 (ink).

    Raises: MissingError, CorruptError for a file that is no image, is too large or is blank.
    """
    ink = invert_if_dark_on_light(read_grey(path))
    if ink.shape == IMAGE_SHAPE:
        return ink
    ink = stretch_contrast(ink)
    rows, columns = np.nonzero(ink)
    if len(rows) == 0:
        raise CorruptError(f"{path}: nothing is drawn on it")
    cropped = ink[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    return centre_by_mass(fit_into_box(cropped))


def read_grey(path: Path) -> NDArray[np.uint8]:
    """Read an image file as grey levels; what is transparent becomes white paper.

    Shapes: (H, W), of which the longer is 2,000 at most: a larger image is reduced.
    """
    with reading(path):
        data = path.read_bytes()
    try:
        with warnings.catch_warnings():
            # Pillow looks at the size when it opens a file, and we do before it decodes one
            warnings.simplefilter("ignore")  # of what is wrong beside the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(io.BytesIO(data), formats=FORMATS) as image:
                check_pixels(path, image)
                grey = Image.fromarray(to_grey(image))
                grey.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
                return np.asarray(ImageOps.exif_transpose(grey))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CorruptError(f"{path}: an image of more than {MAX_PIXELS:,} pixels") from error
    except UnidentifiedImageError as error:
        raise CorruptError(f"{path}: no image of type {', '.join(FORMATS)}") from error
    except CorruptError:
        raise
    except Exception as error:  # damaged images make Pillow raise nearly every kind
        raise CorruptError(f"{path}: damaged image ({error})") from error


def check_pixels(path: Path, image: Image.Image) -> None:
    """Refuse an image that would fill the memory, before it is decoded.

    Raises: CorruptError.
    """
    if image.format == "WEBP" or "progressive" in image.info:
        copies = 3  # that decoding holds at once
    else:
        copies = 2 if image.has_transparency_data else 1
    if image.width * image.height * copies > MAX_PIXELS:
        raise CorruptError(
            f"{path}: an image of {image.width} x {image.height}, "
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


def border_level(grey: NDArray[np.uint8]) -> float:
    """Return the median grey of the outermost pixels: the paper's."""
    return float(np.median(np.concatenate([grey[0], grey[-1], grey[:, 0], grey[:, -1]])))


def invert_if_dark_on_light(grey: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Make ink light on dark: the border tells which of the two is the paper.

    Shapes: (H, W), the same out.
    """
    return 255 - grey if border_level(grey) > 127 else grey


def stretch_contrast(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Bring the paper to 0 and the strongest ink to 255; all is 0 where there is only paper.

    Shapes: (H, W), the same out.
    """
    paper = border_level(ink)
    contrast = float(ink.max()) - paper
    if contrast < LEAST_CONTRAST:
        return np.zeros_like(ink)
    share = np.clip((ink - paper) / contrast, 0, 1)
    return np.where(share < FAINTEST_INK, 0, np.round(255 * share)).astype(np.uint8)


def fit_into_box(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Resize so that the longer side is 20 pixels, keeping the proportions.

    Shapes: (H, W) -> (h, w) with max(h, w) = 20.
    """
    height, width = ink.shape
    scale = BOX / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    how = Image.Resampling.BOX if scale < 1 else Image.Resampling.BICUBIC  # average, or smooth
    return np.asarray(Image.fromarray(ink).resize(size, how))


def centre_by_mass(ink: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Lay a digit into 28x28 so that its centre of mass is in the middle, at pixel (14, 14).

    That is where it is in the training images: 14.0 and 14.0 on average, counting from 0.

    Shapes: (h, w), 20 at most -> (28, 28).
    """
    height, width = ink.shape
    mass = ink.sum()
    row = (ink.sum(axis=1) @ np.arange(height)) / mass
    column = (ink.sum(axis=0) @ np.arange(width)) / mass
    rows, columns = IMAGE_SHAPE
    top = int(np.clip(round(rows / 2 - row), 0, rows - height))
    left = int(np.clip(round(columns / 2 - column), 0, columns - width))
    page = np.zeros(IMAGE_SHAPE, np.uint8)
    page[top : top + height, left : left + width] = ink
    return page
