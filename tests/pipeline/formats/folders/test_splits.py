"""Files of each split may lie in a folder of its own; splits of two formats are refused."""

import numpy as np
import pytest

from pipeline.errors import UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.open_source import open_source
from pipeline.formats.source import ReadOptions
from pipeline.storage.cache import Cache
from tests.support.image_sources import KAGGLE, LABELS, PIXELS, images, lines, npz, save


def save_arrays(folder, x, y):
    folder.mkdir(parents=True, exist_ok=True)
    np.save(folder / "images.npy", x)
    np.save(folder / "labels.npy", y)


def save_csv(folder, x, y):
    rows = (",".join(map(str, (label, *it.ravel()))) for it, label in zip(x, y, strict=True))
    save(folder / "data.csv", "\n".join((KAGGLE, *rows)).encode())


def save_npz(folder, x, y):
    folder.mkdir(parents=True)
    npz(folder / "a.npz", x=x, y=y)


def save_idx(folder, x, y):
    folder.mkdir(parents=True)
    save(folder / "images-idx3-ubyte", np.array([0x803, *x.shape], ">u4").tobytes() + x.tobytes())
    save(folder / "labels-idx1-ubyte", np.array([0x801, len(y)], ">u4").tobytes() + bytes(y))


@pytest.mark.parametrize("write", [save_arrays, save_csv, save_npz, save_idx])
def test_files_in_folders_of_splits_are_read_with_their_classes(write, tmp_path):
    root = tmp_path / "mine"
    write(root / "train", PIXELS[:16], LABELS[:16])
    write(root / "test", PIXELS[16:], LABELS[16:])
    save(root / "classes.txt", b"a\nb\nc\nd\n\n\n")
    with open_source(root, ReadOptions(), tmp_path / "work") as opened:
        found = {it.split: it for it in opened.source.parts}
        assert np.array_equal(np.concatenate(list(found["test"].all_images())), PIXELS[16:])
        assert np.array_equal(found["train"].labels, LABELS[:16])
        assert not any("work" in opened.rename(it) for it in opened.source.notes)
    assert set(found) == {"train", "test"}


def test_a_split_in_another_format_is_refused_by_both_names(tmp_path):
    root = tmp_path / "mine"
    save(root / "train.csv", lines(KAGGLE))
    npz(root / "test.npz", x=PIXELS, y=LABELS)
    with pytest.raises(UsageError, match=r"test.npz and train.csv have different formats"):
        import_dataset(Cache(tmp_path / "cache", "test"), root, "mine", ImportOptions())


def test_pictures_next_to_a_table_of_test_images_are_refused(tmp_path):
    root = images(tmp_path / "mine")
    save(root / "test.csv", lines(KAGGLE))
    with pytest.raises(UsageError, match=r"test.csv have different formats"):
        import_dataset(Cache(tmp_path / "cache", "test"), root, "mine", ImportOptions())


def test_a_list_of_names_next_to_pictures_is_no_split(tmp_path):
    root = images(tmp_path / "mine")
    save(root / "test.csv", b"file,label\n0.png,0\n")
    imported = import_dataset(Cache(tmp_path / "cache", "test"), root, "mine", ImportOptions())
    assert imported.format_name == "png"
