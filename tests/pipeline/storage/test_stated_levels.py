"""The white that a file states decides before any guess, in the numbers of the file."""

from dataclasses import replace

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from network.images.pages.grey import read_pictures
from pipeline.errors import CorruptError
from pipeline.formats.folders.pictures import PICTURES
from pipeline.storage.pictures import decode_picture, for_source
from tests.support.deep_pictures import pgm, png16, tiff, tiff12
from tests.support.image_sources import png

RAMP = np.arange(28 * 28).reshape(28, 28) % 256
MAX, SMAX = 281, 341  # TIFF tags


def read(files, **options):
    """Read pictures as those of one source: their grey levels, and its notes."""
    options = for_source(replace(PICTURES, **options), lambda: named(files))
    found = [decode_picture(data, name, options) for data, name in named(files)]
    return found, options.notes("in")


def named(files):
    return [(data, f"{i}.x") for i, data in enumerate(files)]


def shares(levels, full):
    return np.rint(levels * (255 / full)).astype(np.uint8)


STATED = {  # by kind: how levels up to 255 are saved, the white that is stated
    "PGM of 10 bits": (lambda it: pgm(it, 1023), 1023),
    "plain PGM of 10 bits": (lambda it: pgm(it, 1023, is_plain=True), 1023),
    "PGM of 9 bits": (lambda it: pgm(it, 300), 300),
    "PGM of 16 bits": (lambda it: pgm(it, 65535), 65535),
    "TIFF of 12 bits": (tiff12, 4095),
    "TIFF with MaxSampleValue": (lambda it: tiff(it.astype("u2"), shorts={MAX: 1000}), 1000),
    "TIFF with SMaxSampleValue": (lambda it: tiff(it.astype("f4"), shorts={SMAX: 510}), 510),
    "PNG of 12 bits": (lambda it: png16(it, significant=12), 4095),
    "PNG of 12 bits, shifted": (lambda it: png16(it * 16, significant=12), 4095),
    "PNG of 8 bits, shifted": (lambda it: png16(it * 256, significant=8), 255),
    "PNG of 8 bits, repeated": (lambda it: png16(it * 257, significant=8), 255),
    "PNG of 16 bits": (lambda it: png16(it, significant=16), 65535),
}


@pytest.mark.parametrize("kind", STATED)
def test_the_stated_white_is_white_however_dark_the_picture(kind):
    save, full = STATED[kind]
    found, notes = read([save(RAMP), save(RAMP // 3)])
    assert np.array_equal(found, [shares(RAMP, full), shares(RAMP // 3, full)])
    assert not any("is taken as" in it for it in notes)


@pytest.mark.parametrize("maxval", [1, 3, 15, 100])
@pytest.mark.parametrize("is_plain", [True, False])
def test_full_ink_refers_to_the_numbers_of_a_pgm(maxval, is_plain):
    levels = np.minimum(RAMP, maxval)
    files = [pgm(levels, maxval, is_plain)]
    assert np.array_equal(read(files)[0][0], shares(levels, maxval))
    assert np.array_equal(read(files, highest=maxval)[0][0], shares(levels, maxval))
    if maxval > 1:
        with pytest.raises(CorruptError, match=f"a pixel is {maxval}; expected {maxval - 1} at"):
            read(files, highest=maxval - 1)


@settings(max_examples=40)
@given(st.integers(1, 65535), st.booleans(), st.data())
def test_every_pgm_is_read_by_its_maxval(maxval, is_plain, data):
    levels = np.array(data.draw(st.lists(st.integers(0, maxval), min_size=6, max_size=6)))
    (found,), _ = read([pgm(levels.reshape(2, 3), maxval, is_plain)])
    exact = levels * (255 / maxval)
    assert np.abs(found.ravel() - exact).max() <= 0.5 + 1e-9


ABOVE = {
    "PGM of 4 bits": (pgm(RAMP, 15), "255; the file states 15 at most (maxval)"),
    "PGM of 10 bits": (pgm(RAMP * 9, 1023), "2295; the file states 1023 at most (maxval)"),
    "TIFF": (
        tiff(RAMP.astype("u2"), shorts={MAX: 100}),
        "255; the file states 100 at most (MaxSampleValue)",
    ),
}


@pytest.mark.parametrize("kind", ABOVE)
def test_levels_above_the_stated_white_are_refused_not_clipped(kind):
    data, says = ABOVE[kind]
    with pytest.raises(CorruptError) as caught:
        read([data])
    assert caught.value.message == f"0.x: a pixel is {says}"
    assert caught.value.hint


def test_of_the_highest_levels_that_pictures_state_the_highest_is_white_for_all():
    levels = RAMP.astype("u2")
    files = [tiff(levels, shorts={MAX: it}) for it in (255, 1000)]
    found, _ = read([*files, tiff(levels * 257)])
    assert np.array_equal(found, [shares(RAMP, 1000), shares(RAMP, 1000), RAMP])
    ignored = tiff(levels, shorts={MAX: 0})
    assert np.array_equal(read([ignored])[0][0], RAMP)


@pytest.mark.parametrize("kind", ["PGM of 10 bits", "PNG of 12 bits", "TIFF of 12 bits"])
def test_notes_on_faint_pictures_name_numbers_of_the_files(kind):
    save, full = STATED[kind]
    _, notes = read([save(RAMP), save(RAMP)])
    says = f"no level is above 255 of {full}, so the ink is faint: if 255 is full ink"
    assert notes == (f"in: {says}, import with --highest 255",)
    large = np.kron(RAMP, np.ones((2, 2), int))
    for levels, ending in (
        (RAMP, f"255 is used as full ink; --highest {full} keeps them as they are"),
        (large, "if 255 is full ink, state it with --highest 255"),
    ):
        found = read_pictures([("a", save(levels)), ("b", save(levels))], PICTURES)
        assert found.notes[-1].endswith(ending)
    kept = read_pictures([("a", save(RAMP))], PICTURES, full)
    assert np.array_equal(kept.found[0], shares(RAMP, full))
    assert np.array_equal(read_pictures([("a", save(RAMP))], PICTURES, 255).found[0], RAMP)


MIXED = {
    "of bytes": RAMP * 257,
    "of 12 bits": RAMP * 16,
    "of 0 and 1": RAMP > 0,
}


@pytest.mark.parametrize("kind", MIXED)
@pytest.mark.parametrize("options", [{}, {"highest": 65535}])
def test_fractions_beside_whole_numbers_are_refused(kind, options):
    fractions = tiff((RAMP / 255).astype("f4"))
    for files in ([fractions, *[png16(MIXED[kind])] * 3], [png16(MIXED[kind]), fractions]):
        with pytest.raises(CorruptError, match=r"\.x: fractions up to 1, but .\.x has numbers up"):
            read(files, **options)
    read([fractions, tiff((RAMP * 0).astype("u2")), png(np.uint8(RAMP)), pgm(RAMP, 1023)])


def test_pictures_that_are_blank_on_the_scale_of_the_others_are_counted():
    files = [png16(RAMP * 257), png16(RAMP > 0), png16(RAMP * 0), png16((RAMP > 0) * 100)]
    _, notes = read(files)
    assert notes[0].startswith("in: 2 pictures have no level above 100, and are blank on the scale")
    assert "(1.x is the first)" in notes[0]
