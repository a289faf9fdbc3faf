"""Noisy shares of full ink are rounded; errors for other scales have a fix."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.errors import CorruptError
from pipeline.formats.csv.read import read_csv
from pipeline.formats.numbers import find_ink
from pipeline.formats.source import ReadOptions
from tests.support.array_sources import read_all
from tests.support.csv_kinds import Kind, csv_bytes, small_images
from tests.support.image_sources import npz, save

X = small_images(4, 20)
Y = np.arange(20) % 4
NOISES = {
    "half precision": lambda x: (x / 255).astype(np.float16).astype(np.float64),
    "sums": lambda x: (x / 255 + 0.1) - 0.1,
    "a little more": lambda x: x / 255 + np.random.default_rng(0).normal(0, 1e-6, x.shape),
    "single precision": lambda x: x.astype(np.float32) / np.float32(255) * np.float32(1.0000001),
}


@pytest.mark.parametrize("noise", NOISES)
def test_noisy_shares_are_rounded_to_the_pixels_that_they_were(noise, tmp_path):
    values = NOISES[noise](X)
    source, found = read_all(npz(tmp_path / "a.npz", x=values, y=Y))
    assert np.array_equal(found[None][0], X)
    assert any("nearly" in it or "exactly" in it for it in source.notes)
    rows = [",".join(map(repr, it.ravel().tolist())) for it in values]
    text = "\n".join(f"{label},{row}" for label, row in zip(Y, rows, strict=True))
    source = read_csv(save(tmp_path / "a.csv", text.encode()), ReadOptions())
    assert np.array_equal(np.concatenate(list(source.parts[0].all_images())), X)


@settings(max_examples=30)
@given(st.lists(st.integers(0, 255), min_size=50, max_size=200), st.floats(-0.0003, 0.0003))
def test_any_levels_are_found_again_under_noise(levels, noise):
    pixels = np.array([*levels, 255, 0, 100], np.uint8).reshape(-1)
    values = np.clip(pixels / 255 + noise, 0, 1)
    assert np.array_equal(find_ink("x", [values]).to_bytes("x", values), pixels)


MENDS = {
    "minus one to one": (X / 127.5 - 1, "np.round((x + 1) / 2 * 255)"),
    "standardised": ((X / 255 - 0.1307) / 0.3081, "np.round((x * 0.3081 + 0.1307) * 255)"),
    "standardised otherwise": ((X / 255 - 0.2) / 0.4 * 1.1, "np.round((x * std + mean) * 255)"),
    "from 0.01": (X / 255 * 0.99 + 0.01, "np.round((x - 0.01) / 0.99 * 255)"),
    "noise on whole numbers": (X + 0.001, 'np.round(x).astype("uint8")'),
}


@pytest.mark.parametrize("kind", MENDS)
def test_other_scales_are_refused_with_the_code_that_mends_them(kind, tmp_path):
    values, mend = MENDS[kind]
    with pytest.raises(CorruptError) as error:
        read_all(npz(tmp_path / "a.npz", x=values, y=Y))
    assert mend in error.value.hint
    if "std" not in mend:
        formula = mend.removeprefix("np.round(").removesuffix(")").replace(').astype("uint8"', "")
        assert np.array_equal(np.round(eval(formula, {"x": values})), X)


def test_standardised_pixels_of_csv_come_with_the_mend(tmp_path):
    data = csv_bytes(Kind(), X, Y).replace(b"\n0,0,", b"\n0,-0.4242,", 1)
    with pytest.raises(CorruptError, match=r"Standardised ones\?"):
        read_csv(save(tmp_path / "a.csv", data), ReadOptions())
