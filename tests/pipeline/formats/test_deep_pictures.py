"""Pictures of every depth and scale are imported as they were meant, or not in silence."""

import io
from fractions import Fraction

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from pipeline.errors import CorruptError, UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.storage.cache import Cache
from pipeline.storage.levels import LevelSurvey, guess_full
from tests.support.csv_kinds import Kind, csv_bytes, small_images
from tests.support.deep_pictures import pgm, png16, png16_colour, png16_opaque, tiff
from tests.support.image_sources import npz, png, save
from tests.support.user_datasets import raw_arrays

COUNT = 24
PIXELS = small_images(0, COUNT)
LABELS = np.arange(COUNT) % 4
WIDE = PIXELS.astype(np.uint16)
TWELVE = np.rint(PIXELS * (4095 / 255)).astype(np.uint16)
ANY = PIXELS / 255 * 0.9 + 0.03


def folder(path, files):
    for i, (data, label) in enumerate(zip(files, LABELS, strict=True)):
        suffix = {b"\x89P": "png", b"P5": "pgm"}.get(data[:2], "tif")
        save(path / str(label) / f"{i:02}.{suffix}", data)
    return path


def written(write, levels):
    return [write(it) for it in levels]


@pytest.fixture
def bring_in(tmp_path):
    """Import a source: the pixels in any order, and the notes."""

    def bring(source, **options):
        cache = Cache(tmp_path / "cache", "test")
        if isinstance(source, list):
            source = folder(tmp_path / "in", source)
        imported = import_dataset(cache, source, "mine", ImportOptions(force=True, **options))
        found = np.concatenate([it for it, _ in raw_arrays(cache, "mine").values()])
        return sorted(it.tobytes() for it in found), imported.notes

    return bring


def in_any_order(pixels):
    return sorted(it.tobytes() for it in pixels)


RESTORED = {  # by kind: the files, and the last note or its beginning
    "16 bits": (written(png16, WIDE * 257), "65535 is taken as full ink"),
    "16 bits of TIFF": (written(tiff, WIDE * 257), "65535 is taken as full ink"),
    "its other order of bytes": (
        [tiff(it, big_endian=True) for it in WIDE * 257],
        "65535 is taken as full ink",
    ),
    "8 bits in the upper half": (written(png16, WIDE * 256), "65280 is taken as full ink"),
    "8 bits in the lower half": (written(png16, WIDE), "255 is taken as full ink"),
    "8 bits as 10": (written(png16, WIDE * 4), "1020 is taken as full ink"),
    "8 bits as 12": (written(tiff, WIDE * 16), "4080 is taken as full ink"),
    "12 bits": (written(png16, TWELVE), "4095 is taken as full ink"),
    "signed 16 bits": (written(tiff, PIXELS.astype("i2")), "255 is taken as full ink"),
    "signed 16 bits, all": (written(tiff, PIXELS.astype("i2") * 128), "32640 is taken as"),
    "32 bits": (written(tiff, PIXELS.astype("u4")), "255 is taken as full ink"),
    "signed 32 bits": (written(tiff, PIXELS.astype("i4") * 257), "65535 is taken as full ink"),
    "floats to 1": (written(tiff, (PIXELS / 255).astype("f4")), "exactly whole numbers / 255"),
    "floats / 256": (written(tiff, (PIXELS / 256).astype("f4")), "exactly whole numbers / 256"),
    "floats to 255": (written(tiff, PIXELS.astype("f4")), "255 is taken as full ink"),
    "floats of 0 and 1": (
        written(tiff, (PIXELS > 99).astype("f4")),
        "exactly whole numbers / 255",
    ),
    "white is zero": (
        [tiff(it, white_is_zero=True) for it in (255 - WIDE) * 257],
        "65535 is taken as full ink",
    ),
    "colours of 16 bits": (written(png16_colour, WIDE * 257), "chosen at random"),
    "grey and alpha of 16 bits": (written(png16_opaque, WIDE * 257), "chosen at random"),
}


@pytest.mark.parametrize("kind", RESTORED)
def test_levels_that_were_bytes_are_restored_and_the_scale_is_the_last_note(kind, bring_in):
    files, says = RESTORED[kind]
    found, notes = bring_in(files)
    meant = (PIXELS > 99) * np.uint8(255) if kind == "floats of 0 and 1" else PIXELS
    assert found == in_any_order(meant)
    assert says in notes[-1]
    assert ("if another level is" in notes[-1]) == ("is taken as" in notes[-1])


ROUNDED = {
    "fractions to 1": (ANY.astype("f4"), {}, 1),
    "fractions to 255": ((ANY * 255).astype("f4"), {}, 255),
    "fractions to 16, asked": ((ANY * 16).astype("f4"), {"highest": 16}, 16),
    "a fraction, asked": ((ANY * 0.5).astype("f4"), {"highest": 0.5}, 0.5),
    "more than 16 bits, asked": (WIDE.astype("i4") * 8000, {"highest": 2040000.0}, 2040000),
    "12 bits, asked": (TWELVE, {"highest": 4095}, 4095),
    "12 bits in 16, asked": (TWELVE, {"highest": 65535}, 65535),
}


@pytest.mark.parametrize("kind", ROUNDED)
def test_other_levels_are_rounded_to_bytes_on_one_scale(kind, bring_in):
    levels, options, full = ROUNDED[kind]
    found, notes = bring_in(written(tiff, levels), **options)
    assert found == in_any_order(np.rint(levels.astype("f8") * (255 / full)).astype(np.uint8))
    if not options:
        assert "rounded" in notes[-1]
        assert "--highest N" in notes[-1]
    assert ("so the ink is faint: is 65535 full ink?" in notes[-1]) == (full == 65535)


HALF = "colours or transparency of 16 bits, but no level above 32767"
WRONG = {  # by kind: a picture, and what is said of it
    "NaN": (tiff(np.full((28, 28), np.nan, "f4")), "a pixel is not a number (NaN)"),
    "infinity": (tiff(np.full((28, 28), -np.inf, "f4")), "a pixel is infinite (-inf)"),
    "normalised": (tiff(np.full((28, 28), -1, "f4")), "a pixel is -1; expected 0 or more"),
    "signed": (tiff(np.full((28, 28), -7, "i2")), "a pixel is -7; expected 0 or more"),
    "signed bytes": (tiff(np.full((28, 28), -7, "i1")), "a pixel is -7; expected 0 or more"),
    "signed 32 bits": (tiff(np.full((28, 28), -7, "i4")), "a pixel is -7; expected 0 or more"),
    "32 bits": (tiff(np.full((28, 28), 1 << 31, "u4")), "a pixel is 2147483648; expected 65535"),
    "large floats": (tiff(np.full((28, 28), 1e30, "f4")), "a pixel is 1e+30; expected 65535"),
    "12 bits in colour": (
        png16_colour(TWELVE[1]),
        HALF,
    ),
    "bytes in colour": (
        png16_colour(WIDE[1]),
        HALF,
    ),
    "12 bits with alpha": (
        png16_opaque(TWELVE[1]),
        HALF,
    ),
    "12 bits of CMYK": (
        tiff(np.repeat((4095 - TWELVE[1])[..., None], 4, 2), shorts={262: 5}),
        HALF,
    ),
}


@pytest.mark.parametrize("kind", WRONG)
def test_numbers_that_are_no_grey_levels_are_listed_like_damaged_pictures(kind, bring_in):
    wrong, says = WRONG[kind]
    files = [*written(png, PIXELS[:9]), *written(png16, WIDE[9:] * 257)]
    files[5] = wrong
    with pytest.raises(CorruptError) as caught:
        bring_in(files)
    assert f"05.{'png' if wrong.startswith(bytes([137])) else 'tif'}: {says}" in str(caught.value)
    assert "skip_damaged=True" in caught.value.hint
    found, notes = bring_in(files, skip_damaged=True)
    assert found == in_any_order(np.delete(PIXELS, 5, 0))
    assert any("1 of 24 pictures skipped" in it for it in notes)
    files[6] = b"\x89PNG"
    with pytest.raises(CorruptError, match="2 of 24 pictures cannot be read"):
        bring_in(files)


def test_a_reason_that_all_pictures_share_comes_with_what_mends_it(bring_in):
    with pytest.raises(CorruptError) as caught:
        bring_in(written(tiff, (PIXELS / 127.5 - 1).astype("f4")))
    assert "24 of 24 pictures cannot be read" in caught.value.message
    assert caught.value.hint == "If 0 is not the lowest level, save (x + 1) / 2 * 255 instead of x"


@pytest.mark.parametrize("options", [{}, {"skip_damaged": True}, {"highest": 65535}])
def test_fractions_beside_whole_numbers_are_refused_in_one_line(options, bring_in):
    files = [*written(tiff, (PIXELS[:1] / 255).astype("f4")), *written(tiff, WIDE[1:] * 257)]
    with pytest.raises(CorruptError, match=r"00\.tif: fractions up to 1, but .*\.tif has numbers"):
        bring_in(files, **options)


def test_a_faint_source_is_reported_once_in_the_numbers_of_its_files(bring_in):
    _, notes = bring_in(written(lambda it: pgm(it, 1023), PIXELS))
    assert [it for it in notes if "so the ink is faint" in it] == notes[-1:]
    assert notes[-1].endswith("if 255 is full ink, import with --highest 255")
    found, _ = bring_in(written(lambda it: pgm(it, 1023), PIXELS), highest=255)
    assert found == in_any_order(PIXELS)


@pytest.mark.parametrize("invert", [True, False])
def test_only_a_doubtful_scale_is_reported_after_dark_ink_on_light_paper(invert, bring_in):
    for levels, is_doubtful in ((WIDE * 257, False), (np.minimum(TWELVE, 3001), True)):
        highest = levels.max()
        files = written(png16, levels if not invert else highest - levels)
        _, notes = bring_in(files, invert=False)
        assert ("it is not certain which level" in notes[-1]) == is_doubtful
        assert any(it.endswith("Import with --invert") for it in notes) == invert
        assert notes[-1].endswith("Import with --invert") == (invert and not is_doubtful)


@pytest.mark.parametrize("highest", [4095, 3000])
def test_the_darkest_picture_is_on_the_scale_of_all(highest, bring_in):
    levels = TWELVE.copy()
    levels[3] //= 3
    levels = np.minimum(levels, highest)
    found, _ = bring_in(written(png16, levels))
    assert found == in_any_order(np.rint(levels * (255 / 4095)).astype(np.uint8))


@pytest.mark.parametrize("faint", [png16, tiff])
def test_pictures_of_8_bits_keep_their_own_scale_among_deep_ones(faint, bring_in):
    files = written(png, PIXELS)
    files[:9] = written(faint, TWELVE[:9])
    for options in ({}, {"highest": 4095}):
        assert bring_in(files, **options)[0] == in_any_order(PIXELS)


@pytest.mark.parametrize(
    "write",
    [lambda it: png16(it // 257), lambda it: png(np.uint8(it > 30_000))],
    ids=["8 bits in 16", "8 bits of 0 and 1"],
)
def test_some_pictures_on_another_scale_are_counted(write, bring_in):
    files = written(png16, WIDE * 257)
    for i in range(3, COUNT, 4):
        files[i] = write(WIDE[i] * 257)
    _, notes = bring_in(files)
    assert any("images have no pixel above 1 of 255, others reach 255" in it for it in notes)


@pytest.mark.parametrize("band", [0, 1, 2])
def test_colours_of_0_and_1_are_scaled_before_they_are_turned_to_grey(band, bring_in):
    ink = np.zeros((COUNT, 28, 28, 3), np.uint8)
    ink[..., band] = PIXELS > 99
    files = []
    for it in ink:
        buffer = io.BytesIO()
        Image.fromarray(it).save(buffer, "PNG")
        files.append(buffer.getvalue())
    found, notes = bring_in(files, highest=1)
    expected = [np.asarray(Image.fromarray(it * 255).convert("L")) for it in ink]
    assert found == in_any_order(expected)
    assert ("is 1 full ink?" in notes[-1]) == (band != 1)


def as_npz(path, levels):
    return npz(path / "a.npz", x=levels, y=LABELS)


def as_csv(path, levels):
    rows = [",".join(map(str, it.ravel().tolist())) for it in levels]
    lines = [f"{label},{row}" for label, row in zip(LABELS, rows, strict=True)]
    return save(path / "a.csv", "\n".join(lines).encode())


def as_tiff(path, levels):
    return folder(path / "in", written(tiff, levels))


@pytest.mark.parametrize("write", [as_npz, as_csv, as_tiff])
@pytest.mark.parametrize(
    ("levels", "full"),
    [
        (WIDE * 257, 65535),
        (TWELVE, 4095),
        (TWELVE, 5000),
        ((ANY * 16).astype("f4"), 16),
        (ANY.astype("f4"), 1),
        ((PIXELS / 255).astype("f4"), 255),
        (PIXELS.astype("f4"), 300),
    ],
)
def test_full_ink_that_is_stated_means_the_same_in_every_format(
    write, levels, full, bring_in, tmp_path
):
    found, _ = bring_in(write(tmp_path, levels), highest=full)
    is_share = levels.max() <= 1 < full
    scaled = PIXELS if is_share else np.rint(levels.astype("f8") * (255 / full)).astype(np.uint8)
    assert found == in_any_order(scaled)


@pytest.mark.parametrize("write", [as_npz, as_csv, as_tiff])
@pytest.mark.parametrize("highest", [100, 4000])
def test_no_format_has_pixels_above_full_ink(write, highest, bring_in, tmp_path):
    with pytest.raises(CorruptError, match=f"expected .*{highest}"):
        bring_in(write(tmp_path, TWELVE), highest=highest)
    with pytest.raises(CorruptError, match=r"expected .*15"):
        bring_in(write(tmp_path, (PIXELS / 255).astype("f4")), highest=15)


@pytest.mark.parametrize("write", [as_npz, as_csv])
@pytest.mark.parametrize(("levels", "full"), [(TWELVE, 4095), (WIDE * 257, 65535)])
def test_numbers_above_255_are_refused_with_the_option_that_mends_it(
    write, levels, full, bring_in, tmp_path
):
    with pytest.raises(CorruptError) as caught:
        bring_in(write(tmp_path, levels))
    assert f"highest={full}" in caught.value.hint


@pytest.mark.parametrize("highest", [0, -1, float("inf"), Fraction(0)])
def test_full_ink_is_above_0(highest, bring_in, tmp_path):
    with pytest.raises(UsageError, match=r"highest is .*; expected a number above 0"):
        bring_in(as_npz(tmp_path, PIXELS), highest=highest)


def test_a_csv_of_bytes_takes_a_higher_full_ink_and_says_that_it_is_faint(bring_in, tmp_path):
    source = save(tmp_path / "a.csv", csv_bytes(Kind(), PIXELS, LABELS))
    found, notes = bring_in(source, highest=65535)
    assert found == in_any_order(np.rint(PIXELS / 257).astype(np.uint8))
    assert (
        "with --highest 65535 pixels differ by 1 of 255 at most, so the ink is faint" in notes[-1]
    )


@settings(max_examples=60)
@given(st.lists(st.integers(0, 255), min_size=3, max_size=40), st.integers(1, 257))
def test_multiples_of_bytes_are_recognised_at_any_factor(levels, factor):
    pixels = np.array([*levels, 255, 254, 0], np.uint8)
    values = pixels.astype(np.uint16) * factor
    assert np.array_equal(surveyed([values[:2], values[2:]]).to_bytes(values), pixels)


@settings(max_examples=60)
@given(st.lists(st.integers(0, 65535), min_size=1, max_size=40), st.booleans())
def test_full_ink_is_never_below_a_level_nor_above_twice_the_highest(levels, is_float):
    values = np.array(levels, "f8" if is_float else "u2")
    full = surveyed([values]).full
    assert values.max() <= full
    assert full <= max(255, 2 * int(values.max()) + 1)
    assert guess_full(int(values.max()), 1) <= 65535


def surveyed(chunks):
    survey = LevelSurvey()
    for it in chunks:
        survey.add(it)
    return survey.find_scale()
