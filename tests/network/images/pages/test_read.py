"""Photos and drawings of digits become what the network has learnt to read."""

import struct
import zlib

import numpy as np
import pytest
from PIL import Image

from network.images.pages.read import read_digits
from pipeline.errors import CorruptError, MissingError, StorageError
from tests.support.scans import difference, enlarge


@pytest.fixture
def path(tmp_path):
    return tmp_path / "ein Bild.png"


def read_digit(path):
    (digit,) = read_digits(path)
    return digit.pixels


def centre_of_mass(digit):
    mass = digit.sum()
    return np.array([digit.sum(axis=1) @ np.arange(28), digit.sum(axis=0) @ np.arange(28)]) / mass


def test_28x28_is_kept_pixel_by_pixel(path, mnist_test_set):
    for digit in mnist_test_set[0][:20]:
        Image.fromarray(digit).save(path)
        assert np.array_equal(read_digit(path), digit)


def test_dark_ink_on_light_paper_is_inverted(path, mnist_test_set):
    for digit in mnist_test_set[0][:20]:
        Image.fromarray(255 - digit).save(path)
        assert np.array_equal(read_digit(path), digit)


def test_large_digits_off_the_centre_come_back_as_they_were(path, mnist_test_set):
    digits, found = mnist_test_set[0][:40], []
    for digit in digits:
        enlarge(digit).save(path)
        found.append(read_digit(path))
        assert (found[-1].shape, found[-1].dtype) == ((28, 28), np.uint8)
    # the mean pixel is about 30, of 255; a shift by one pixel makes a difference of about 15
    assert np.mean([difference(*pair) for pair in zip(found, digits, strict=True)]) < 4
    assert found[0].max() == 255


def test_the_centre_of_mass_is_where_mnist_has_it(path, mnist_test_set):
    digits = mnist_test_set[0][:40]
    centres = []
    for digit in digits:
        enlarge(digit).save(path)
        centres.append(centre_of_mass(read_digit(path)))
    assert np.abs(np.array(centres) - 14).max() <= 1
    published = np.mean([centre_of_mass(digit) for digit in digits], axis=0)
    assert np.mean(centres, axis=0) == pytest.approx(published, abs=0.15)


@pytest.mark.parametrize(
    ("paper", "ink"), [(255, 0), (200, 60), (150, 20), (0, 255), (40, 200), (255, 120)]
)
def test_the_brightness_of_paper_and_ink_does_not_matter(path, mnist_test_set, paper, ink):
    digit = mnist_test_set[0][0]
    enlarge(digit).save(path)
    expected = read_digit(path)
    enlarge(digit, paper, ink).save(path)
    assert difference(read_digit(path), expected) < 3


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        *[(mode, "png") for mode in ("RGB", "RGBA", "P", "LA", "I;16")],
        ("CMYK", "tiff"),
        ("L", "gif"),
    ],
)
def test_the_kind_of_image_does_not_matter(tmp_path, mnist_test_set, mode, suffix):
    page = enlarge(mnist_test_set[0][2])
    page.save(tmp_path / "grey.png")
    if mode == "I;16":  # as scanners write it
        page = Image.fromarray(257 * np.asarray(page).astype(np.uint16))
    else:
        page = page.convert(mode)
    page.save(tmp_path / f"other.{suffix}")
    found, expected = (read_digit(tmp_path / name) for name in (f"other.{suffix}", "grey.png"))
    assert difference(found, expected) < 1


@pytest.mark.parametrize("colour", [0, 255])
def test_what_is_transparent_is_paper(path, mnist_test_set, colour):
    page = enlarge(mnist_test_set[0][0])
    page.save(path)
    expected = read_digit(path)
    alpha = Image.eval(page, lambda grey: 255 - grey)
    ink = Image.new("L", page.size, 0)
    ink.paste(colour, mask=Image.eval(alpha, lambda share: 255 * (share == 0)))  # seen by nobody
    Image.merge("LA", [ink, alpha]).save(path)
    assert np.array_equal(read_digit(path), expected)


def test_a_photo_is_turned_upright(tmp_path, mnist_test_set):
    page = enlarge(mnist_test_set[0][0])
    page.save(tmp_path / "upright.png")
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held so that it needs a quarter turn clockwise
    page.transpose(Image.Transpose.ROTATE_90).save(tmp_path / "turned.png", exif=exif)
    upright, turned = (read_digit(tmp_path / name) for name in ("upright.png", "turned.png"))
    assert np.array_equal(turned, upright)


@pytest.mark.parametrize("grey", [0, 90, 255])
def test_blank_paper_is_refused(path, grey):
    noise = np.random.default_rng(0).integers(-8, 9, (60, 80))
    Image.fromarray(np.clip(grey + noise, 0, 255).astype(np.uint8)).save(path)
    with pytest.raises(CorruptError, match="nothing is drawn on it"):
        read_digit(path)


@pytest.mark.parametrize("data", [b"", b"a text", b"\x89PNG\r\n\x1a\n", b"%PDF-1.7", b"\x80\x02]."])
def test_other_files_are_refused(path, data):
    path.write_bytes(data)
    message = r"not an image of type PNG, JPEG|a PNG picture, but damaged"
    with pytest.raises(CorruptError, match=message):
        read_digit(path)


def test_every_truncated_image_is_refused(path, mnist_test_set):
    enlarge(mnist_test_set[0][0]).save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole) - 60, 97):
        path.write_bytes(whole[:length])
        with pytest.raises(CorruptError, match=r"not an image|damaged image"):
            read_digit(path)


def chunk(kind, data):
    """One chunk of a PNG file."""
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))


@pytest.mark.parametrize("side", [7_072, 10_000, 60_000])
def test_a_png_that_claims_too_many_pixels_is_refused_before_it_is_decoded(path, side):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0))
    nothing = chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + nothing)
    with pytest.raises(CorruptError, match="more than 50,000,000 pixels"):
        read_digit(path)


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(MissingError, match="not found"):
        read_digit(tmp_path / "none.png")
    with pytest.raises(StorageError, match="cannot read"):
        read_digit(tmp_path)
