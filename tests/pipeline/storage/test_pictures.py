"""Pictures are read as grey levels by one reader, within the limits that each user sets."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from network.images.pages.read import PICTURES as PAGES
from pipeline.errors import CorruptError
from pipeline.formats.folder import PICTURES as EXAMPLES
from pipeline.storage.pictures import MAX_DECODED_PIXELS, check_pixels, decode_picture, read_picture

COLOURS = np.random.default_rng(0).integers(0, 256, (40, 30, 3), np.uint8)


def encode(image, kind="PNG", **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGB", "LA", "RGBA"])
@pytest.mark.parametrize("options", [EXAMPLES, PAGES], ids=["examples", "pages"])
def test_an_opaque_picture_becomes_the_grey_levels_of_pillow(mode, options):
    image = Image.fromarray(COLOURS).convert(mode)
    found = decode_picture(encode(image), "it", options)
    assert np.array_equal(found, np.asarray(image.convert("RGB").convert("L")))


def test_a_picture_of_several_tiles_is_the_same_as_in_one():
    image = Image.fromarray(np.tile(COLOURS, (60, 1, 1)))  # 2,400 rows
    found = decode_picture(encode(image), "it", EXAMPLES)
    assert np.array_equal(found, np.asarray(image.convert("L")))
    reduced = decode_picture(encode(image), "it", PAGES)
    assert reduced.shape == (1200, 15)


@pytest.mark.parametrize("options", [EXAMPLES, PAGES], ids=["examples", "pages"])
def test_the_way_up_is_that_of_the_camera(options):
    exif = Image.Exif()
    exif[0x0112] = 6  # a quarter turn clockwise
    grey = Image.fromarray(COLOURS[:, :, 0])
    found = decode_picture(encode(grey, exif=exif), "it", options)
    assert np.array_equal(found, np.rot90(np.asarray(grey), -1))


def test_a_file_is_read_no_further_than_its_limit(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(encode(Image.fromarray(COLOURS)))
    size = path.stat().st_size
    assert read_picture(path, replace(PAGES, max_bytes=size)).shape == (40, 30)
    with pytest.raises(CorruptError, match=rf"a\.png: more than {size - 1:,} bytes"):
        read_picture(path, replace(PAGES, max_bytes=size - 1))


@pytest.mark.parametrize(("mode", "copies"), [("L", 1), ("RGBA", 2)])
def test_transparent_pictures_may_have_half_as_many_pixels(mode, copies):
    side = int((MAX_DECODED_PIXELS // copies) ** 0.5)
    check_pixels("it", Image.new(mode, (side, side)), MAX_DECODED_PIXELS)
    with pytest.raises(CorruptError, match=f"more than {MAX_DECODED_PIXELS // copies:,} pixels"):
        check_pixels("it", Image.new(mode, (side + 1, side + 1)), MAX_DECODED_PIXELS)


def test_only_examples_have_to_be_plain():
    clear = Image.new("LA", (28, 28), (0, 0))
    assert (decode_picture(encode(clear), "it", PAGES) == 255).all()
    with pytest.raises(CorruptError, match="it: transparent in places"):
        decode_picture(encode(clear), "it", EXAMPLES)
    deep = Image.fromarray(np.full((28, 28), 257 * 9, np.uint16))
    assert (decode_picture(encode(deep), "it", PAGES) == 9).all()
    with pytest.raises(CorruptError, match="it: pixels of kind I;16"):
        decode_picture(encode(deep), "it", EXAMPLES)
