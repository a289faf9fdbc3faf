"""Pictures in other layouts than folders of classes are read, or refused with a hint."""

import pytest

from pipeline.errors import CorruptError
from pipeline.formats.folders.litter import count_kinds
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from pipeline.storage.cache import Cache
from tests.support.image_sources import LABELS, PIXELS, png, save


def pictures(root, place):
    """Save every image under a path built from its number, its label and its split."""
    for i, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        split = "train" if i < 16 else "test"
        save(root / place.format(i=i, label=label, split=split, part=i % 3), png(pixels))
    return root


READ = {
    "{label}/{split}/{i}.png": {"train", "test"},
    "{label}/{i}": {None},
    "{split}/{label}/{i}": {"train", "test"},
    "deep/down/{label}/{split}/{i}.png": {"train", "test"},
}


@pytest.mark.parametrize("place", READ)
def test_pictures_below_splits_of_classes_and_without_suffixes_are_read(place, tmp_path):
    root = pictures(tmp_path / "mine", place)
    imported = import_dataset(Cache(tmp_path / "cache", "test"), root, "mine", ImportOptions())
    assert imported.dataset.classes == ("0", "1", "2", "3")
    assert sum(it.count for it in imported.dataset.splits.values()) == len(LABELS)
    if "{split}" in place:
        assert imported.dataset.splits["train"].count == 16


REFUSED = {  # parts of the message and of its hint
    "{i}.png": ("24 pictures without folders of classes", "Move each into a folder"),
    "{label}_{i:03}.png": ("24 pictures without folders of classes", '.split("_")[0]'),
    "images/{i}.png": ("all pictures are in images, which is not a class", "Move each into a"),
    "Trainingsdaten {part}/{label}/{i}.png": (
        "folders in folders: Trainingsdaten 0, Trainingsdaten 1, Trainingsdaten 2, with 0, 1, 2",
        "Rename the folders of training and test images to train and test",
    ),
    "writer{i}/{label}/{i}.png": ("folders in folders: writer0, writer1", "Move the pictures up"),
    "{label}/writer{part}/{i}.png": ("with writer0, writer1, writer2 in them", "Move the pictures"),
    "train/writer{part}/{label}/{i}.png": ("folders in folders: writer0", "move all pictures of"),
}


@pytest.mark.parametrize("place", REFUSED)
def test_other_layouts_of_pictures_are_refused_with_what_to_do(place, tmp_path):
    root = pictures(tmp_path / "mine", place)
    while len(list(root.iterdir())) == 1 and "images" not in place:
        (root,) = root.iterdir()
    with pytest.raises(CorruptError) as error:
        find_format(root).read(root, ReadOptions())
    message, hint = REFUSED[place]
    assert message in error.value.message
    assert hint in error.value.hint
    assert len(str(error.value).splitlines()) == 1


def test_pictures_with_a_list_of_their_labels_are_refused_by_that(tmp_path):
    root = pictures(tmp_path, "images/{i}.png")
    save(root / "labels.csv", b"file,label\n0.png,0\n")
    with pytest.raises(CorruptError, match="Put each picture into a folder that is named after"):
        find_format(root).read(root, ReadOptions())


def test_more_folders_than_are_named_end_in_dots(tmp_path):
    for i in range(10):
        save(tmp_path / str(i) / "a.dat", b"x")
    assert count_kinds(tmp_path) == "10 folders (0, 1, 2, 3, ...), with .dat in the first"


def test_a_split_of_another_name_is_kept_and_said(tmp_path):
    root = pictures(tmp_path / "mine", "train/{label}/{i}.png")
    for i, (pixels, label) in enumerate(zip(PIXELS, LABELS, strict=True)):
        save(root / "holdout" / str(label) / f"h{i}.png", png(pixels))
    imported = import_dataset(Cache(tmp_path / "cache", "test"), root, "mine", ImportOptions())
    assert set(imported.dataset.splits) == {"train", "test", "holdout"}
    assert any("holdout is kept as a separate split" in it for it in imported.notes)
