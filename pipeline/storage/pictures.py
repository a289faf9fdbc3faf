"""Image files, read as grey levels within limits of memory.

A file is opened as one of a few named types, and its number of pixels is checked before decoding.
Colours are converted to grey tile by tile, and a large picture is reduced at the same time: only
the decoded image is as large as the file states. A transparent image is drawn on white, or on
black if nothing would be visible on white.

A *deep* picture has more than 8 bits per pixel, or fractions. Such a file does not state which
level is white; it is found from all deep pictures of a source together.
"""

import io
import re
import warnings
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps, UnidentifiedImageError

from pipeline.errors import CorruptError, ProjectError, damaged_file
from pipeline.storage.cache import read_whole
from pipeline.storage.content import describe_content, describe_start
from pipeline.storage.levels import (
    FAINT,
    FULL,
    MAX_LEVEL,
    Scale,
    check_levels,
    format_level,
    survey_levels,
)

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
PHOTOMETRIC, SAMPLE_FORMAT = 0x0106, 0x0153  # TIFF tags
WHITE_IS_ZERO, UNSIGNED, SIGNED = 0, 1, 2  # their values
BANDS = 3  # of colour, before transparency
DEEP_COLOURS = re.compile(";16[BLN]")  # in Pillow's names of the ways to unpack bytes


ListLevels: TypeAlias = Callable[[], Iterable[NDArray[Any]]]  # tile by tile
Converter: TypeAlias = Callable[[Image.Image], Image.Image]  # of a tile of any mode, to 8 bits


@dataclass(frozen=True)
class PictureOptions:
    """Limits and treatment of the pictures that a reader accepts."""

    max_bytes: int
    max_pixels: int = MAX_DECODED_PIXELS
    max_side: int | None = None  # pixels; a larger picture is reduced
    is_single: bool = False  # refuse an animation instead of reading its first image
    highest: float | None = None  # the level of full ink; None: 255, or found for deep pictures
    deep: "DeepPictures | None" = None  # the scale of the source; None: of each picture alone


@dataclass
class DeepPictures:
    """The scale of the deep pictures of a source, found when the first one is read."""

    list_levels: ListLevels | None = None  # of all of them; None: there is one picture
    scale: Scale | None = None

    def find_scale(self, own_levels: ListLevels, highest: float | None) -> Scale:
        """Return the scale that all deep pictures share; the level of full ink may be given.

        Raises: CorruptError if there is one picture, and its numbers are not grey levels.
        """
        if self.scale is None:
            self.scale = survey_levels((self.list_levels or own_levels)()).find_scale(highest)
        return self.scale

    def notes(self, where: object) -> tuple[str, ...]:
        """Return a note on the scale, if a deep picture has been read."""
        return (f"{where}: {self.scale.note}",) if self.scale and self.scale.note else ()


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
    if is_deep(image):
        convert = deep_converter(image, name, options)
    else:
        check_colour_depth(name, image)
        convert = shallow_converter(name, options.highest)
    grey = Image.fromarray(on_visible_paper(image, options.max_side, convert))
    grey.getexif()[ORIENTATION] = image.getexif().get(ORIENTATION, 1)
    return np.asarray(ImageOps.exif_transpose(grey))


def sound_levels(
    pictures: Iterable[tuple[bytes, str]], options: PictureOptions
) -> Iterator[NDArray[Any]]:
    """Yield the levels of all deep pictures among files; damaged ones are passed over."""
    for data, name in pictures:
        with suppress(CorruptError), opened(data, name, options) as image:  # reading it raises it
            if is_deep(image):
                yield from checked_levels(image, name)


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
            if options.is_single:
                check_single(name, image)
            yield image
    except UnidentifiedImageError as error:
        raise unidentified_error(name, data) from error


def unidentified_error(name: str, data: bytes) -> CorruptError:
    """Build the error for a file that is not read as a picture."""
    kind = describe_content(data)
    if any(kind.upper().endswith(f" {it} PICTURE") for it in TYPES):
        what = f"{name}: {kind}, but damaged or of a kind that is not supported"
        return CorruptError(what, "Save it as PNG, with 8 or 16 bits per pixel")
    what = f"{name}: not an image of type {', '.join(TYPES)}: {describe_start(data)}"
    return CorruptError(what, "Save it as PNG")


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
    image: Image.Image, max_side: int | None, convert: Converter
) -> NDArray[np.uint8]:
    """Decode an image on white paper, or on black if it is transparent and light.

    Shapes: (H, W), as `to_grey`.
    """
    grey = to_grey(image, max_side, convert, "white")
    if has_transparency(image) and np.ptp(grey) < MIN_CONTRAST:
        on_black = to_grey(image, max_side, convert, "black")
        return on_black if np.ptp(on_black) >= MIN_CONTRAST else grey
    return grey


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


def iterate_boxes(size: tuple[int, int], side: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield the tiles of an image: left, top, right and bottom."""
    width, height = size
    for top, left in product(range(0, height, side), range(0, width, side)):
        yield left, top, min(left + side, width), min(top + side, height)


def on_paper(tile: Image.Image, paper: str) -> Image.Image:
    """Draw a tile of 8 bits on paper if it is transparent, and convert it to grey levels."""
    if tile.has_transparency_data:
        ground = Image.new("RGBA", tile.size, paper)
        ground.alpha_composite(tile.convert("RGBA"))
        tile = ground
    return tile.convert("L")


def is_deep(image: Image.Image) -> bool:
    """Return whether an image has levels of more than 8 bits, of fractions, or with a sign."""
    return image.mode.startswith("I") or image.mode == "F" or is_signed(image)


def is_signed(image: Image.Image) -> bool:
    """Return whether an image has signed numbers of 8 bits, which Pillow takes for unsigned."""
    return image.mode == "L" and SIGNED in tiff_tag(image, SAMPLE_FORMAT)


def tiff_tag(image: Image.Image, tag: int) -> tuple[Any, ...]:
    """Return the values of a tag; none in a file of another type."""
    value = getattr(image, "tag_v2", {}).get(tag, ())
    return value if isinstance(value, tuple) else (value,)


def has_transparency(image: Image.Image) -> bool:
    """Return whether an image is drawn on paper; deep ones have no transparency."""
    return image.has_transparency_data and not is_deep(image)


def checked_levels(
    image: Image.Image, name: str, highest: float | None = None
) -> Iterator[NDArray[Any]]:
    """Yield the levels of a deep image, tile by tile; full ink may be given.

    Shapes: (h, w) each.

    Raises: CorruptError for numbers that are not grey levels.
    """
    for box in iterate_boxes(image.size, TILE_SIDE):
        levels = levels_of(image, image.crop(box))
        check_levels(name, levels)
        if highest is None:
            check_depth(name, levels)
        yield levels


def levels_of(image: Image.Image, tile: Image.Image) -> NDArray[Any]:
    """Return the levels of a tile of a deep image, with the type that its file states.

    Shapes: (H, W).
    """
    levels = np.asarray(tile)
    if is_signed(image):
        return levels.view(np.int8)
    if image.mode == "I" and UNSIGNED in tiff_tag(image, SAMPLE_FORMAT):
        return levels.view(np.uint32)
    return levels


def deep_converter(image: Image.Image, name: str, options: PictureOptions) -> Converter:
    """Return the function that converts tiles of a deep image to 8 bits.

    Raises: CorruptError for numbers that are not grey levels.
    """
    highest, deep = options.highest, options.deep or DeepPictures()
    scale = deep.find_scale(lambda: checked_levels(image, name, highest), highest)
    for levels in checked_levels(image, name, highest):
        if highest is not None:
            unit = scale.full / highest  # less than 1 where levels are shares
            check_levels(name, levels if unit == 1 else levels / unit, highest)
    is_inverted = WHITE_IS_ZERO in tiff_tag(image, PHOTOMETRIC) and not is_signed(image)

    def convert(tile: Image.Image) -> Image.Image:
        grey = scale.to_bytes(levels_of(image, tile))
        return Image.fromarray(FULL - grey if is_inverted else grey)

    return convert


def check_depth(name: str, levels: NDArray[Any]) -> None:
    """Require levels of 16 bits at most, where full ink is not stated.

    Raises: CorruptError.
    """
    if (highest := levels.max(initial=0)) > MAX_LEVEL:
        level = format_level(float(highest))
        what = f"{name}: a pixel is {level}; expected {MAX_LEVEL} at most"
        raise CorruptError(what, "If a higher level is full ink, state it with --highest N")


def shallow_converter(name: str, highest: float | None) -> Converter:
    """Return the function that scales tiles of 8 bits per colour, if full ink is given."""
    if highest is None or highest >= FULL:
        return lambda tile: tile
    scaled = Scale(highest).to_bytes(np.arange(FULL + 1)).tolist()

    def convert(tile: Image.Image) -> Image.Image:
        if tile.mode != "L":
            tile = tile.convert("RGBA" if tile.has_transparency_data else "RGB")
        check_levels(name, np.asarray(tile).reshape(-1, len(tile.getbands()))[:, :BANDS], highest)
        table = scaled * min(len(tile.getbands()), BANDS)
        return tile.point(table + list(range(FULL + 1)) * (tile.mode == "RGBA"))

    return convert


def check_colour_depth(name: str, image: Image.Image) -> None:
    """Require that colours of 16 bits fill them: only the upper 8 bits are read.

    Raises: CorruptError.
    """
    if image.mode not in ("RGB", "RGBA", "RGBa"):
        return
    if not DEEP_COLOURS.search(str(getattr(image, "tile", ""))):  # none if it is not from a file
        return
    bands = image.getextrema()
    colours, alpha = bands[:BANDS], bands[BANDS:]
    highest = max(high for _, high in colours)  # type: ignore[misc]
    is_opaque = all(low == high for low, high in alpha)  # type: ignore[misc]
    if (highest <= FAINT and is_opaque) or any(high <= FAINT for _, high in alpha):  # type: ignore[misc]
        what = f"{name}: colours or transparency of 16 bits, but no level above {MAX_LEVEL // 2}"
        hint = "Save it in grey with 16 bits, or with 8 bits: only the upper 8 bits are read"
        raise CorruptError(what, hint)
