"""Images without labels are read for predictions, from every file that an import reads."""

import gzip
import zipfile

import numpy as np
import pytest

from pipeline.errors import CorruptError, MissingError
from pipeline.formats.unlabelled import list_inputs, open_images
from pipeline.storage.idx import idx_bytes
from tests.support.image_sources import KAGGLE, LABELS, PIXELS, ROWS, lines, npz, png, save


def unlabelled_csv(header=KAGGLE[6:], index=False):
    rows = (",".join(map(str, ([i] if index else []) + row)) for i, row in enumerate(ROWS.tolist()))
    return "\n".join(filter(None, (header, *rows))).encode()


def saved_npy(path):
    np.save(path, PIXELS)
    return path


FILES = {
    "Kaggle's test.csv": lambda it: save(it / "test.csv", unlabelled_csv()),
    "its CSV gzipped": lambda it: save(it / "test.csv.gz", gzip.compress(unlabelled_csv())),
    "CSV without header": lambda it: save(it / "a.csv", unlabelled_csv("")),
    "CSV with ids": lambda it: save(it / "test.csv", unlabelled_csv("id," + KAGGLE[6:], True)),
    "CSV with labels": lambda it: save(it / "test.csv", lines(KAGGLE)),
    "npz of one array": lambda it: npz(it / "a.npz", arr_0=PIXELS),
    "npz of shares": lambda it: npz(it / "a.npz", x_test=ROWS / 255.0),
    "npz with labels": lambda it: npz(it / "a.npz", x=PIXELS, y=LABELS),
    "npy": lambda it: saved_npy(it / "images.npy"),
    "IDX": lambda it: save(it / "t10k-images-idx3-ubyte", idx_bytes(PIXELS)),
}


@pytest.mark.parametrize("kind", FILES)
def test_the_images_of_a_file_alone_are_read_in_order(kind, tmp_path):
    path = FILES[kind](tmp_path)
    save(tmp_path / "train.csv", b"label,of something else")
    (found,) = list_inputs(path, tmp_path / "work")
    assert (found.path, found.name, found.is_picture) == (path, str(path), False)
    with open_images(found.path, tmp_path / "work") as images:
        assert np.array_equal(np.concatenate(list(images)), PIXELS)


def test_folders_and_archives_of_pictures_are_listed_in_natural_order(tmp_path):
    for i in (10, 9, 1):
        save(tmp_path / "in" / f"img_{i}.png", png(PIXELS[i]))
    save(tmp_path / "in" / "more" / "img_2.png", png(PIXELS[2]))
    save(tmp_path / "in" / ".DS_Store", b"x")
    names = ["img_1.png", "img_9.png", "img_10.png", "more/img_2.png"]
    found = list_inputs(tmp_path / "in", tmp_path / "work")
    assert [it.name for it in found] == [str(tmp_path / "in" / it) for it in names]
    assert all(it.is_picture for it in found)
    path = tmp_path / "in.zip"
    with zipfile.ZipFile(path, "w") as archive:
        for name in names:
            archive.write(tmp_path / "in" / name, name)
    found = list_inputs(path, tmp_path / "work")
    assert [it.name for it in found] == [f"{path}: {it}" for it in names]


def test_of_kaggles_folder_the_test_images_are_predicted(tmp_path):
    save(tmp_path / "train.csv", lines(KAGGLE))
    save(tmp_path / "test.csv", unlabelled_csv())
    (found,) = list_inputs(tmp_path, tmp_path / "work")
    assert found.path == tmp_path / "test.csv"


def test_what_holds_no_images_is_refused_by_name(tmp_path):
    (found,) = list_inputs(tmp_path / "none.png", tmp_path / "work")
    assert found.is_picture  # whose reader says that it is not there
    path = npz(tmp_path / "a.npz", a=PIXELS[:, :20], b=LABELS)
    with pytest.raises(CorruptError, match=r"a\.npz"), open_images(path, tmp_path / "work"):
        pass
    with pytest.raises(MissingError), open_images(tmp_path / "gone.npz", tmp_path / "work"):
        pass
