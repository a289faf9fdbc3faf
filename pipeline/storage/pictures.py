"""Image files, read as grey levels within limits of memory.

A file is opened as one of a few named types, and its number of pixels is checked before decoding.
Colours are converted to grey tile by tile, and a large picture is reduced at the same time: only
the decoded image is as large as the file states. A transparent image is drawn on white, or on
black if it is clearer on that.

Pictures that are read together share a scale if they are *deep* (`deep_pictures.py`), and a paper
if they are transparent (`paper.py`).
"""

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import CorruptError, ProjectError, damaged_file
from pipeline.storage.cache import read_whole
from pipeline.storage.deep_pictures import (
    TILE_SIDE,
    Converter,
    DeepPicture,
    DeepPictures,
    deep_converter,
    is_deep,
    iterate_boxes,
    survey_picture,
)
from pipeline.storage.levels import FAINT, FULL, MAX_LEVEL, Scale, check_levels
from pipeline.storage.paper import BLACK, WHITE, Contrast, Paper, measure_contrast
from pipeline.storage.stated_levels import MAXVAL, keep_statements
from pipeline.storage.unsupported_pictures import refuse_picture

MAX_DECODED_PIXELS = 50_000_000  # a photo has 12 to 48 million; a hostile file declares billions
TYPES = ("PNG", "JPEG", "GIF", "BMP", "WEBP", "PPM", "TIFF")  # Pillow's names
SUFFIXES = (  # of their files
    *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".gif", ".bmp", ".dib", ".webp"),
    *(".tif", ".tiff", ".pbm", ".pgm", ".ppm", ".pnm"),
)
SMALLER = "Make it smaller"
SIDES_OF_PHOTO = ("MPO",)  # of one photo: other views of a camera, not an animation
ORIENTATION = 0x0112  # the Exif tag for the camera's rotation
BANDS = 3  # of colour, before transparency
ROUNDING = 0.5  # of a byte that Pillow makes of a level of a PPM file
DEEP_COLOURS = re.compile(";16[BLN]")  # in Pillow's names of the ways to unpack bytes

Files: TypeAlias = Callable[[], Iterable[tuple[bytes, str]]]  # contents and names


@dataclass(frozen=True)
class PictureOptions:
    """Limits and treatment of the pictures that a reader accepts."""

    max_bytes: int
    max_pixels: int = MAX_DECODED_PIXELS
    max_side: int | None = None  # pixels; a larger picture is reduced
    highest: float | None = None  # the level of full ink; None: 255, or found for deep pictures
    deep: DeepPictures | None = None  # the scale of the source; None: of each picture alone
    paper: Paper | None = None  # of the source; None: of each picture alone

    def notes(self, where: object) -> tuple[str, ...]:
        """Return notes on what the pictures of a source share, if they have been read."""
        deep = self.deep.notes(where) if self.deep else ()
        return (*(self.paper.notes(where) if self.paper else ()), *deep)


def for_source(options: PictureOptions, files: Files) -> PictureOptions:
    """Return options for the pictures of a source, which share a scale and a paper."""
    return replace(
        options,
        deep=DeepPictures(lambda: sound_pictures(files(), options)),
        paper=Paper(lambda: sound_contrasts(files(), options)),
    )


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
    with opened(data, name, options) as image:
        return decode_opened(image, name, options)


def decode_image(image: Image.Image, name: str, options: PictureOptions) -> NDArray[np.uint8]:
    """Decode an image of Pillow like `read_picture`; `name` is for errors.

    Shapes: (H, W).

    Raises: CorruptError.
    """
    with pillow_errors(name, options):
        return decode_opened(image, name, options)


def decode_opened(image: Image.Image, name: str, options: PictureOptions) -> NDArray[np.uint8]:
    """Decode an image that is open.

    Shapes: (H, W).

    Raises: CorruptError, and Pillow's errors for damaged images.
    """
    if 0 in image.size:  # Pillow can create such an image
        raise CorruptError(f"{name}: it has no pixels ({image.width}x{image.height})")
    keep_statements(image, name)
    if is_deep(image):
        deep = options.deep or DeepPictures()
        convert = deep_converter(image, name, options.highest, deep)
    else:
        check_colour_depth(name, image)
        convert = shallow_converter(name, image, options.highest)
    grey = Image.fromarray(on_visible_paper(image, options, convert))
    grey.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
    return np.asarray(ImageOps.exif_transpose(grey))


def sound_pictures(
    pictures: Iterable[tuple[bytes, str]], options: PictureOptions
) -> Iterator[DeepPicture]:
    """Yield the statistics of all deep pictures among files; damaged ones are passed over."""
    for data, name in pictures:
        with suppress(CorruptError), opened(data, name, options) as image:  # reading it raises it
            yield from survey_image(image, name, options)


def survey_image(image: Image.Image, name: str, options: PictureOptions) -> Iterator[DeepPicture]:
    """Yield the statistics of an image of Pillow, if it is deep.

    Raises: CorruptError.
    """
    with pillow_errors(name, options):
        keep_statements(image, name)
        if is_deep(image):
            yield survey_picture(image, name, options.highest)


def sound_contrasts(
    pictures: Iterable[tuple[bytes, str]], options: PictureOptions
) -> Iterator[Contrast]:
    """Yield the contrasts of all transparent pictures among files, apart from damaged ones."""
    for data, name in pictures:
        with suppress(CorruptError), opened(data, name, options) as image:  # reading it raises it
            keep_statements(image, name)
            if has_transparency(image):
                convert = shallow_converter(name, image, options.highest)
                yield contrast_of(name, image, options, convert)


def contrast_of(
    name: str, image: Image.Image, options: PictureOptions, convert: Converter
) -> Contrast:
    """Measure the contrast of an image on each paper."""
    on_white, on_black = (
        to_grey(image, options.max_side, convert, paper) for paper in (WHITE, BLACK)
    )
    return measure_contrast(name, on_white, on_black)


@contextmanager
def opened(data: bytes, name: str, options: PictureOptions) -> Iterator[Image.Image]:
    """Open an image file; errors of damaged ones become project errors.

    Raises: CorruptError.
    """
    if len(data) > options.max_bytes:
        what = f"{name}: more than {options.max_bytes:,} bytes for one image"
        raise CorruptError(what, SMALLER)
    try:
        with (
            pillow_errors(name, options),
            Image.open(io.BytesIO(data), formats=TYPES) as image,
        ):
            check_pixels(name, image, options.max_pixels)
            check_single(name, image)
            yield image
    except UnidentifiedImageError as error:
        raise refuse_picture(data, name, TYPES) from error


@contextmanager
def pillow_errors(name: str, options: PictureOptions) -> Iterator[None]:
    """Convert errors of Pillow to project errors, apart from files that are no image at all.

    Raises: CorruptError, UnidentifiedImageError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # about errors outside the pixels
            warnings.simplefilter("error", Image.DecompressionBombWarning)  # while opening a file
            yield
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise CorruptError(f"{name}: more than {options.max_pixels:,} pixels", SMALLER) from error
    except (UnidentifiedImageError, ProjectError):
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


def on_visible_paper(
    image: Image.Image, options: PictureOptions, convert: Converter
) -> NDArray[np.uint8]:
    """Decode an image on the paper of its source, or on the one that shows its ink.

    Shapes: (H, W), as `to_grey`.
    """
    colour = WHITE
    if has_transparency(image):
        alone = Paper(lambda: [contrast_of("", image, options, convert)])
        colour = (options.paper or alone).choose()
    return to_grey(image, options.max_side, convert, colour)


def to_grey(
    image: Image.Image, max_side: int | None, convert: Converter, paper: str
) -> NDArray[np.uint8]:
    """Decode an image to grey levels, tile by tile, to save memory.

    Shapes: (H, W), divided by the integer that reduces the longer side to `max_side`.
    """
    factor = 1
    if max_side is not None and max(image.size) > max_side:
        image.draft("L", (max_side, max_side))  # a JPEG can be decoded to 1/8
        factor = -(-max(image.size) // max_side)
    grey = np.empty([-(-side // factor) for side in image.size[::-1]], np.uint8)
    for box in iterate_boxes(image.size, factor * (TILE_SIDE // factor + 1)):
        part = on_paper(convert(image.crop(box)), paper).reduce(factor)
        row, column = box[1] // factor, box[0] // factor
        grey[row : row + part.height, column : column + part.width] = np.asarray(part)
    return grey


def on_paper(tile: Image.Image, paper: str) -> Image.Image:
    """Draw a tile of 8 bits on paper if it is transparent, and convert it to grey levels."""
    if tile.has_transparency_data:
        ground = Image.new("RGBA", tile.size, paper)
        ground.alpha_composite(tile.convert("RGBA"))
        tile = ground
    return tile.convert("L")


def has_transparency(image: Image.Image) -> bool:
    """Return whether an image is drawn on paper; deep ones have no transparency."""
    return image.has_transparency_data and not is_deep(image)


def shallow_converter(name: str, image: Image.Image, highest: float | None) -> Converter:
    """Return the function that scales tiles of 8 bits per colour, if full ink is given."""
    maxval = image.info.get(MAXVAL, FULL)  # of a PPM, whose levels Pillow turned into bytes
    if highest is None or highest >= maxval:
        return lambda tile: tile
    full = highest * FULL / maxval
    scaled = Scale(full).to_bytes(np.arange(FULL + 1)).tolist()

    def convert(tile: Image.Image) -> Image.Image:
        if tile.mode != "L":
            tile = tile.convert("RGBA" if tile.has_transparency_data else "RGB")
        levels = np.asarray(tile).reshape(-1, len(tile.getbands()))[:, :BANDS]
        if maxval != FULL:
            levels = np.rint(np.maximum(levels - ROUNDING, 0) * (maxval / FULL))
        check_levels(name, levels, highest)
        table = scaled * min(len(tile.getbands()), BANDS)
        return tile.point(table + list(range(FULL + 1)) * (tile.mode == "RGBA"))

    return convert


def check_colour_depth(name: str, image: Image.Image) -> None:
    """Require that colours of 16 bits fill them: only the upper 8 bits are read.

    Raises: CorruptError.
    """
    if not DEEP_COLOURS.search(str(getattr(image, "tile", ""))):  # none if it is not from a file
        return
    extremes: Any = image.getextrema()  # the lowest and the highest level of each band
    bands = dict(zip(image.getbands(), extremes, strict=True))
    alpha = [bands.pop(name) for name in ("A", "a") if name in bands]
    highest = max(high for _, high in bands.values())
    is_opaque = all(low == high for low, high in alpha)
    if (highest <= FAINT and is_opaque) or any(high <= FAINT for _, high in alpha):
        what = f"{name}: colours or transparency of 16 bits, but no level above {MAX_LEVEL // 2}"
        hint = "Save it in grey with 16 bits, or with 8 bits: only the upper 8 bits are read"
        raise CorruptError(what, hint)
