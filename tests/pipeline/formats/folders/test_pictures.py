"""Folders of pictures: all types, one error for all damaged files, links, and litter."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from pipeline.errors import CorruptError, UsageError
from pipeline.formats.folders.pictures import PNG
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from pipeline.storage.cache import Cache
from tests.support.image_sources import LABELS, PIXELS, images, npz, png, save

BROKEN = {
    "empty": b"",
    "cut": png(PIXELS[0])[:60],
    "a web page": b"<!DOCTYPE html><html>404</html>",
    "text": b"hello",
}


def read(path, **options):
    assert find_format(path) is PNG
    source = PNG.read(path, ReadOptions(**options))
    nothing = np.empty((0, 28, 28), np.uint8)
    return source, [np.concatenate([nothing, *it.all_images()]) for it in source.parts]


@pytest.mark.parametrize("kind", ["PNG", "TIFF", "WEBP", "PPM", "BMP", "GIF"])
def test_pictures_of_every_type_are_learnt_from(kind, tmp_path):
    lossless = {"lossless": True} if kind == "WEBP" else {}
    for i, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        data = png(pixels, "RGB" if kind == "WEBP" else "L", kind, **lossless)
        save(tmp_path / str(label) / f"{i}.{kind.lower()}", data)
    _, (found,) = read(tmp_path)
    assert np.array_equal(found, PIXELS)


@settings(max_examples=12)
@given(
    broken=st.dictionaries(st.integers(0, 23), st.sampled_from(sorted(BROKEN)), max_size=14),
    has_splits=st.booleans(),
)
def test_all_broken_pictures_are_named_at_once_or_left_out(broken, has_splits, tmp_path_factory):
    folder = images(tmp_path_factory.mktemp("broken"), under="train" if has_splits else "")
    bad = []
    for i, kind in broken.items():
        split = ("train" if i % 2 else "test") if has_splits else ""
        bad.append(save(folder / split / str(i % 4) / f"bad{i}.png", BROKEN[kind]))
    if not bad:
        assert len(read(folder)[1]) == 1
        return
    with pytest.raises(CorruptError) as caught:
        read(folder)
    message = caught.value.message
    assert "\n" not in message
    assert sum(it.name in message for it in bad) >= min(len(bad), 10)
    assert len(bad) <= 10 or f"and {len(bad) - 10} more" in message
    assert "--skip-damaged" in caught.value.hint
    source, found = read(folder, skip_damaged=True)
    assert np.array_equal(found[0], PIXELS)
    assert sum(map(len, found)) == len(PIXELS)
    assert f"{len(bad)} of {len(PIXELS) + len(bad)} pictures skipped" in source.notes[-1]


def test_sound_pictures_of_another_size_are_not_damaged(tmp_path):
    images(tmp_path)
    for name in ("a", "b"):
        save(tmp_path / "0" / f"{name}.png", png(np.zeros((9, 9), np.uint8)))
    for options in ({}, {"skip_damaged": True}):
        with pytest.raises(CorruptError, match=r"2 of 26 .*a\.png .9x9.*b\.png") as caught:
            read(tmp_path, **options)
        assert "--resize" in caught.value.hint


def test_nothing_but_broken_pictures_is_refused(tmp_path):
    for name in "01":
        save(tmp_path / name / "a.png", b"")
    with pytest.raises(CorruptError, match="2 of 2 pictures cannot be read"):
        read(tmp_path, skip_damaged=True)


def test_skipping_is_for_pictures_alone(tmp_path):
    path = npz(tmp_path / "a.npz", x=PIXELS, y=LABELS)
    with pytest.raises(UsageError, match="skip_damaged=True applies to image files"):
        import_dataset(
            Cache(tmp_path / "c", "test"), path, "mine", ImportOptions(skip_damaged=True)
        )


@pytest.mark.parametrize("names", [("zero", "0"), ("00", "0"), ("a", "z")])
def test_a_link_to_a_class_is_not_a_second_class(names, tmp_path):
    link, target = names
    images(tmp_path, names=(target, "1", "2", "3"))
    (tmp_path / link).symlink_to(tmp_path / target, target_is_directory=True)
    source, (found,) = read(tmp_path)
    assert len(found) == len(PIXELS)
    assert link not in source.classes
    assert any(f"{link} (a link to {target})" in note for note in source.notes)


@pytest.mark.parametrize("name", ["!.png", "zz.png"])
def test_a_link_to_a_picture_of_its_class_is_not_a_second_one(name, tmp_path):
    folder = images(tmp_path / "a")
    count = len(list(folder.rglob("*.png")))
    picture = min(folder.rglob("*.png"))
    (picture.parent / name).symlink_to(picture.name)
    (picture.parent / f"b{name}").symlink_to(picture)
    source, found = read(folder)
    assert sum(map(len, found)) == count
    assert f"{name} (a link to {picture.name})" in source.notes[0]


@pytest.mark.parametrize("flat", ["test", "Testing/unlabelled", "test/test", "testSet/img"])
def test_pictures_without_labels_beside_training_ones_are_left_aside(flat, tmp_path):
    images(tmp_path, under="train")
    for i in range(3):
        save(tmp_path / flat / f"img_{i}.png", png(PIXELS[i]))
    source, (found,) = read(tmp_path)
    assert len(found) == len(PIXELS)
    assert any("3 pictures not used, because" in note for note in source.notes)


def test_pictures_in_splits_without_classes_are_not_two_classes(tmp_path):
    for name in ("train", "test"):
        save(tmp_path / name / "a.png", png(PIXELS[0]))
    with pytest.raises(CorruptError, match="none in the folder of a class"):
        read(tmp_path)


def test_pictures_of_a_type_that_is_not_read_are_not_passed_over(tmp_path):
    save(images(tmp_path) / "0" / "a.heic", b"x")
    with pytest.raises(CorruptError, match=r"a\.heic: \.heic pictures are not supported"):
        read(tmp_path)


def test_other_files_beside_pictures_are_named_once(tmp_path):
    images(tmp_path)
    for name in ("0/notes.txt", "1/Thumbs.db", "labels.csv", "docs/a.txt"):
        save(tmp_path / name, b"x")
    source, _ = read(tmp_path)
    assert source.classes == ("0", "1", "2", "3")
    (note,) = source.notes
    assert all(name in note for name in ("0/notes.txt", "1/Thumbs.db", "labels.csv", "docs"))


def test_transparent_drawings_are_read_in_the_ink_that_shows(tmp_path):
    for i, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        layers = np.full((28, 28, 4), 255, np.uint8)
        layers[..., 3] = pixels
        path = tmp_path / str(label) / f"{i}.png"
        path.parent.mkdir(exist_ok=True)
        Image.fromarray(layers).save(path)
    assert np.array_equal(read(tmp_path)[1][0], PIXELS)
