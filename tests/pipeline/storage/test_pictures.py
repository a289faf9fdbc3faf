"""Pictures are read as grey levels by one reader, within its caller's limits."""

import io
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image

from network.images.pages.read import PICTURES as PAGES
from pipeline.errors import CorruptError
from pipeline.formats.folders.pictures import PICTURES as EXAMPLES
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
    message = rf"a\.png: {size:,} bytes; expected {size - 1:,} at most"
    with pytest.raises(CorruptError, match=message):
        read_picture(path, replace(PAGES, max_bytes=size - 1))


@pytest.mark.parametrize(("mode", "copies"), [("L", 1), ("RGBA", 2)])
def test_transparent_pictures_may_have_half_as_many_pixels(mode, copies):
    side = int((MAX_DECODED_PIXELS // copies) ** 0.5)
    check_pixels("it", Image.new(mode, (side, side)), MAX_DECODED_PIXELS)
    with pytest.raises(CorruptError, match=f"more than {MAX_DECODED_PIXELS // copies:,} pixels"):
        check_pixels("it", Image.new(mode, (side + 1, side + 1)), MAX_DECODED_PIXELS)


@pytest.mark.parametrize("options", [EXAMPLES, PAGES], ids=["examples", "pages"])
@pytest.mark.parametrize("kind", ["PNG", "TIFF", "BMP", "PPM", "GIF", "WEBP"])
def test_pictures_without_loss_are_the_same_in_every_type(kind, options):
    grey = COLOURS[:, :, 0]
    image = Image.fromarray(grey).convert("RGB" if kind == "WEBP" else "L")
    data = encode(image, kind, **({"lossless": True} if kind == "WEBP" else {}))
    assert np.array_equal(decode_picture(data, "it", options), grey)


@pytest.mark.parametrize("options", [EXAMPLES, PAGES], ids=["examples", "pages"])
def test_numbers_of_other_kinds_become_the_bytes_that_they_were(options):
    grey = COLOURS[:, :, 0]
    wide, shares = grey.astype(np.uint16) * 257, grey / np.float32(255)
    for values in (wide, grey.astype(np.int32), grey.astype("f4"), shares):
        data = encode(Image.fromarray(values), "TIFF")
        assert np.array_equal(decode_picture(data, "it", options), grey)
    ink = np.zeros((*grey.shape, 4), np.uint8)
    ink[..., 3] = 255 - grey
    assert np.array_equal(
        decode_picture(encode(Image.fromarray(ink, "CMYK"), "TIFF"), "it", options), grey
    )


@pytest.mark.parametrize("options", [EXAMPLES, PAGES], ids=["examples", "pages"])
@pytest.mark.parametrize("mode", ["LA", "RGBA"])
def test_transparent_pictures_lie_on_the_paper_that_shows_their_ink(mode, options):
    alpha = COLOURS[:, :, 0]
    for level, expected in ((0, 255 - alpha), (255, alpha)):
        layers = np.full((*alpha.shape, len(mode)), level, np.uint8)
        layers[..., -1] = alpha
        assert np.array_equal(
            decode_picture(encode(Image.fromarray(layers, mode)), "it", options), expected
        )
    clear = Image.new(mode, (28, 28), (0,) * len(mode))
    assert (decode_picture(encode(clear), "it", options) == 255).all()


@pytest.mark.parametrize("options", [PAGES, EXAMPLES])
def test_several_images_in_a_file_are_refused(options):
    frames = [Image.fromarray(COLOURS[:, :, i]) for i in range(3)]
    for kind in ("GIF", "TIFF", "WebP"):
        several = encode(frames[0], kind, save_all=True, append_images=frames[1:])
        with pytest.raises(CorruptError, match="it: an animation, or several images; expected a"):
            decode_picture(several, "it", options)
