"""Pictures to predict are read on one scale, and an unusual one is reported."""

import numpy as np
import pytest
from PIL import Image

from network.images.pages.grey import read_pictures
from network.images.pages.read import PICTURES, PageOptions, read_page
from pipeline.errors import CorruptError, UsageError
from tests.support.deep_pictures import png16, png16_colour, tiff
from tests.support.image_sources import png
from tests.support.scans import enlarge


@pytest.fixture
def digits(mnist_test_set):
    return mnist_test_set[0][:6]


def share(pixels, highest):
    return np.rint(pixels * (highest / 255)).astype(np.uint16)


KINDS = {  # by kind: how a digit is saved, the levels that it has, and what is said
    "levels 0 to 1": (lambda it: png(np.uint8(it > 127)), 1, "no pixel is above 1 of 255: 1 is"),
    "levels 0 to 15": (lambda it: png(np.uint8(share(it, 15))), 15, "15 is used as full ink"),
    "the same in colour": (
        lambda it: png(np.repeat(np.uint8(share(it, 15))[..., None], 3, 2), "RGB"),
        *(15, "15 is used as full ink"),
    ),
    "12 bits in 16": (lambda it: png16(share(it, 4095)), 4095, "4095 is taken as full ink"),
    "10 bits in 16": (lambda it: tiff(share(it, 1023)), 1023, "1023 is taken as full ink"),
    "4 bits in 16": (lambda it: png16(share(it, 15)), 15, "15 is used as full ink"),
    "16 bits": (lambda it: png16(it.astype("u2") * 257), 255, "65535 is taken as full ink"),
    "floats": (lambda it: tiff((it / 255).astype("f4")), 255, "shares of full ink"),
}


def levels(pixels, highest):
    """Return the bytes that digits have after they were saved with fewer levels."""
    small = pixels > 127 if highest == 1 else share(pixels, highest)
    return np.rint(small * (255 / highest)).astype(np.uint8)


@pytest.mark.parametrize("kind", KINDS)
def test_digits_of_another_scale_are_read_as_those_of_the_usual_one(kind, digits):
    save, highest, says = KINDS[kind]
    pictures = [(str(i), save(it)) for i, it in enumerate(digits)]
    read = read_pictures(pictures, PICTURES)
    assert np.array_equal(read.found, levels(digits, highest))
    assert says in read.notes[-1]
    assert "--highest" in read.notes[-1] or kind == "floats"
    assert all(read_page(data).notes for _, data in pictures)  # one alone is reported, too


@pytest.mark.parametrize("kind", ["levels 0 to 15", "12 bits in 16", "10 bits in 16"])
def test_the_scale_is_that_of_all_pictures(kind, digits):
    save, highest, _ = KINDS[kind]
    digits = digits.copy()
    digits[2] //= 2
    pictures = [(str(i), save(it)) for i, it in enumerate(digits)]
    assert np.array_equal(read_pictures(pictures, PICTURES).found, levels(digits, highest))


@pytest.mark.parametrize("highest", [15, 100, 255])
def test_a_stated_scale_is_used_without_a_note(highest, digits):
    pictures = [(str(i), png(np.uint8(share(it, 100)))) for i, it in enumerate(digits)]
    if highest == 15:
        found = read_pictures(pictures, PICTURES, highest).found
        assert all("expected 15 at most" in str(it) for it in found)
        return
    read = read_pictures(pictures, PICTURES, highest)
    expected = np.rint(share(digits, 100) * (255 / highest)).astype(np.uint8)
    assert np.array_equal(read.found, expected)
    assert not read.notes


def test_usual_pictures_have_no_notes(digits):
    pictures = [(str(i), png(it)) for i, it in enumerate([*digits, 255 - digits[0]])]
    read = read_pictures([*pictures, ("blank", png(digits[0] * 0))], PICTURES)
    assert read.notes == ()
    assert np.array_equal(read.found[0], digits[0])


def test_faint_pictures_among_others_are_counted(digits):
    pictures = [(f"{i}.png", png(it // (200 if i > 3 else 1))) for i, it in enumerate(digits)]
    read = read_pictures(pictures, PICTURES)
    assert len(read.notes) == 1
    assert read.notes[0].startswith(
        "2 of 6 pictures have no pixel above 1 of 255 (4.png is the first), the others have"
    )


def test_a_faint_page_is_reported_with_the_option_that_mends_it(digits):
    page = np.asarray(enlarge(digits[0], 0, 255))
    (digit,) = read_page(png(page)).digits
    faint = png(np.uint8(share(page, 15)))
    with pytest.raises(CorruptError, match="nothing is drawn on it") as caught:
        read_page(faint)
    assert caught.value.hint == (
        "No pixel is above 15 of 255; if 15 is full ink, state it with --highest 15"
    )
    (found,) = read_page(faint, PageOptions(highest=15)).digits
    assert np.abs(found.pixels.astype(int) - digit.pixels).mean() < 4
    paler = read_page(png(page // 2 - page // 20))
    assert "; if 115 is full ink, state it with --highest 115" in paler.notes[-1]


def test_a_deep_page_is_read_like_one_of_bytes(digits):
    page = np.asarray(enlarge(digits[0]))
    (digit,) = read_page(png(page)).digits
    deep = share(page, 4095)
    colour = png16_colour(share(page, 65535))
    for source in (png16(deep), Image.fromarray(deep), tiff((page / 255).astype("f4")), colour):
        (found,) = read_page(source).digits
        assert np.abs(found.pixels.astype(int) - digit.pixels).mean() < 1


def test_numbers_that_are_no_grey_levels_are_errors_of_their_picture(digits):
    wrong = tiff(np.full((28, 28), np.nan, "f4"))
    found = read_pictures([("a", png16(share(digits[0], 4095))), ("b", wrong)], PICTURES).found
    assert np.array_equal(found[0], levels(digits[0], 4095))
    assert "b: a pixel is not a number (NaN)" in str(found[1])
    with pytest.raises(UsageError, match="expected a number above 0"):
        read_pictures([], PICTURES, 0)
