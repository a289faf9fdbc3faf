"""A picture that cannot be opened is described, with what to save instead."""

import numpy as np
import pytest

from pipeline.errors import CorruptError
from pipeline.formats.folders.pictures import PICTURES
from pipeline.storage.pictures import decode_picture
from tests.support.deep_pictures import tiff
from tests.support.image_sources import png

GREY = np.full((8, 8), 7)
COLOUR = np.full((8, 8, 3), 7)
AS_FLOAT = "Save it in grey, as 32-bit fractions (np.float32)"
AS_16_BITS = "Save it in grey with 16 bits (np.uint16), 0 as black, without transparency"
AS_PNG = "Save it as PNG"
UNSUPPORTED = {  # levels, further tags, what they are, what to save
    "f8": (GREY.astype("f8"), {}, "64-bit fractions in grey", AS_FLOAT),
    "f2": (GREY.astype("f2"), {}, "16-bit fractions in grey", AS_FLOAT),
    "f4 in colour": (COLOUR.astype("f4"), {262: 2}, "32-bit fractions in colour", AS_FLOAT),
    "u4, white is 0": (
        *(GREY.astype("u4"), {262: 0}, "32-bit whole numbers in grey with 0 as white"),
        AS_16_BITS,
    ),
    "u8": (GREY.astype("u8"), {}, "64-bit whole numbers in grey", AS_16_BITS),
    "grey and alpha": (
        *(COLOUR[..., :2].astype("u2"), {338: 2}),
        *("16-bit whole numbers in grey with transparency", AS_16_BITS),
    ),
    "signed colours": (COLOUR.astype("i1"), {262: 2}, "8-bit signed numbers in colour", AS_PNG),
}


def message_of(data):
    with pytest.raises(CorruptError) as caught:
        decode_picture(data, "a.tif", PICTURES)
    return caught.value.message, caught.value.hint


@pytest.mark.parametrize("big_endian", [False, True])
@pytest.mark.parametrize("kind", UNSUPPORTED)
def test_a_tiff_of_an_unsupported_kind_is_described(kind, big_endian):
    levels, tags, what, hint = UNSUPPORTED[kind]
    order = ", in big-endian order" if big_endian else ""
    expected = f"a.tif: a TIFF of {what}{order} is not supported", hint
    assert message_of(tiff(levels, big_endian=big_endian, shorts=tags)) == expected


def test_a_tiff_of_an_unknown_compression_is_described():
    message, hint = message_of(tiff(GREY.astype("u1"), shorts={259: 99}))
    assert message == "a.tif: a TIFF with compression 99 is not supported"
    assert hint == "Save it without compression"


@pytest.mark.parametrize("suffix", ["tif", "png"])
def test_a_picture_that_is_cut_at_its_head_is_no_contradiction(suffix):
    data = tiff(GREY.astype("u1"))[:8] if suffix == "tif" else png(GREY.astype("u1"))[:20]
    message, hint = message_of(data)
    assert "damaged" in message
    assert "not an image of type" not in message
    assert hint
