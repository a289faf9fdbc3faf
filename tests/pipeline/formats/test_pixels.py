"""Notes of an import describe unusual pixels and name the option that fixes them."""

import numpy as np
import pytest

from pipeline.errors import CorruptError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.pixels import find_change
from pipeline.storage.cache import Cache
from tests.support.csv_kinds import Kind, csv_bytes, small_images
from tests.support.image_sources import npz, png, save
from tests.support.user_datasets import raw_arrays

COUNT = 40
LABELS = np.arange(COUNT) % 4


def as_csv(folder, pixels):
    return save(folder / "a.csv", csv_bytes(Kind(), pixels, LABELS))


def as_npz(folder, pixels):
    return npz(folder / "a.npz", x=pixels, y=LABELS)


def as_folder(folder, pixels):
    for i, (image, label) in enumerate(zip(pixels, LABELS, strict=True)):
        save(folder / "a" / str(label) / f"{i:02}.png", png(image))
    return folder / "a"


FORMATS = pytest.mark.parametrize("write", [as_csv, as_npz, as_folder])


@pytest.fixture
def bring_in(tmp_path):
    """Import images: the last note, and all pixels in any order."""

    def bring(write, pixels, **options):
        cache, wishes = Cache(tmp_path / "cache", "test"), ImportOptions(force=True, **options)
        imported = import_dataset(cache, write(tmp_path, pixels), "mine", wishes)
        found = np.concatenate([it for it, _ in raw_arrays(cache, "mine").values()])
        return imported.notes[-1], sorted(it.tobytes() for it in found)

    return bring


def in_any_order(pixels):
    return sorted(it.tobytes() for it in pixels)


@FORMATS
def test_dark_ink_on_light_paper_is_the_last_note(write, bring_in):
    pixels = small_images(0, COUNT)
    note, found = bring_in(write, 255 - pixels)
    assert note.startswith("the images are dark ink on light paper")
    assert note.endswith("Import with --invert")
    assert found == in_any_order(255 - pixels)
    note, found = bring_in(write, 255 - pixels, invert=True)
    assert "--invert" not in note
    assert found == in_any_order(pixels)
    note, _ = bring_in(write, pixels, invert=True)
    assert note.endswith("Import them without --invert")


@FORMATS
def test_images_of_both_kinds_are_counted(write, bring_in):
    pixels = small_images(0, COUNT)
    pixels[5:12] = 255 - pixels[5:12]
    note, _ = bring_in(write, pixels)
    assert note.startswith("7 of 40 images are dark ink on light paper, the others are not")


@FORMATS
@pytest.mark.parametrize("highest", [1, 15, 16, 100])
def test_another_scale_is_said_and_mended(highest, write, bring_in):
    pixels = small_images(0, COUNT)
    small = np.rint(pixels * (highest / 255)).astype(np.uint8)
    note, found = bring_in(write, small)
    assert note.startswith(f"no pixel is above {highest} of 255")
    assert note.endswith(f"import with --highest {highest}")
    assert found == in_any_order(small)
    note, found = bring_in(write, small, highest=highest)
    assert "--highest" not in note
    assert found == in_any_order(np.rint(small * (255 / highest)).astype(np.uint8))
    _, found = bring_in(write, highest - small, highest=highest, invert=True)
    full = np.rint((highest - small) * (255 / highest)).astype(np.uint8)
    assert found == in_any_order(255 - full)


def test_a_pixel_above_the_highest_is_refused(bring_in):
    with pytest.raises(CorruptError, match=r"a\.npz: x: a pixel is \d+; expected 16 at most"):
        bring_in(as_npz, small_images(0, COUNT), highest=16)


def test_test_images_that_are_trained_on_are_counted(bring_in):
    pixels = small_images(0, COUNT)
    note, _ = bring_in(as_npz, pixels)
    assert "training" not in note
    note, _ = bring_in(as_npz, np.repeat(pixels[:10], 4, axis=0))
    assert note.startswith("8 of 8 test images are also in training, pixel by pixel")


def test_noise_clothes_and_empty_images_are_not_taken_for_paper(bring_in):
    noise = np.random.default_rng(0).integers(0, 256, (COUNT, 28, 28), np.uint8)
    clothes = np.zeros((COUNT, 28, 28), np.uint8)
    clothes[:, :, 1:-1] = noise[:, :, 1:-1] // 4 + 190  # from the upper edge to the lower
    for pixels in (noise, clothes):
        assert "--invert" not in bring_in(as_npz, pixels)[0]
    assert bring_in(as_npz, clothes * 0)[0].startswith("8 of 8 test images are also in training")


def test_rows_and_columns_are_exchanged_when_asked(bring_in):
    pixels = small_images(0, COUNT, strays=9)
    assert bring_in(as_csv, pixels, transpose=True)[1] == in_any_order(pixels.transpose(0, 2, 1))
    assert bring_in(as_csv, pixels, transpose=False)[1] == in_any_order(pixels)


def both_splits(train, test):
    """Write a function that saves two splits with different pixels."""

    def write(folder, pixels):
        half = COUNT // 2
        arrays = {"x_train": train(pixels[:half]), "x_test": test(pixels[half:])}
        return npz(folder / "a.npz", **arrays, y_train=LABELS[:half], y_test=LABELS[half:])

    return write


def same(pixels):
    return pixels


@pytest.mark.parametrize("highest", [1, 16, 100])
@pytest.mark.parametrize("is_test", [True, False])
def test_a_split_on_another_scale_is_the_last_note(highest, is_test, bring_in):
    def faint(pixels):
        return (pixels // 2 * 2 > 0).astype(np.uint8) * np.uint8(highest)

    splits = (same, faint) if is_test else (faint, same)
    note, _ = bring_in(both_splits(*splits), small_images(0, COUNT))
    assert note.startswith("the splits have different scales: pixels are 0 to ")
    assert f"0 to {highest} in {'test' if is_test else 'train'}" in note
    note, _ = bring_in(both_splits(faint, faint), small_images(0, COUNT))
    assert note.startswith(f"no pixel is above {highest} of 255")


@pytest.mark.parametrize("is_test", [True, False])
def test_a_split_on_other_paper_is_named(is_test, bring_in):
    splits = (same, np.invert) if is_test else (np.invert, same)
    names = ("test", "train") if is_test else ("train", "test")
    note, _ = bring_in(both_splits(*splits), small_images(0, COUNT))
    expected = "the images of {} are dark ink on light paper, those of {} are not".format(*names)
    assert note.startswith(expected)


def test_a_split_without_ink_is_named(bring_in):
    note, _ = bring_in(both_splits(same, np.zeros_like), small_images(0, COUNT))
    assert note == "every pixel of test is 0; its images are blank"


@FORMATS
def test_ink_that_hardly_differs_from_its_paper_is_reported(write, bring_in):
    pixels = 255 - small_images(0, COUNT) // 200
    note, found = bring_in(write, pixels, invert=True)
    assert note == "pixels differ by 1 of 255 at most, so the ink is faint"
    assert found == in_any_order(255 - pixels)
    assert note in find_change([pixels], None, None)[1]
