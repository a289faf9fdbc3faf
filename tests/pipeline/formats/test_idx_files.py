"""Files for one role count once if they are equal, and are refused if they differ."""

import gzip

import numpy as np
import pytest

from pipeline.errors import CorruptError
from pipeline.formats.idx_files import read_idx_files
from pipeline.formats.source import ReadOptions
from pipeline.storage.idx import idx_bytes
from tests.support.image_sources import LABELS, PIXELS, idx_pair, save

OTHERS = {  # names of a second file of labels
    "plain": ("train-labels-idx1-ubyte", "train-labels-idx1-ubyte.gz"),
    "downloaded twice": ("train-labels-idx1-ubyte.gz", "train-labels-idx1-ubyte (1).gz"),
    "with dots": ("train-labels-idx1-ubyte", "train-labels.idx1-ubyte"),
    "in a folder": ("train-labels.idx1-ubyte", "train-labels-idx1-ubyte/train-labels-idx1-ubyte"),
}


def two_files_of_labels(folder, names, labels):
    pack = gzip.compress if names[0].endswith(".gz") else bytes
    idx_pair(folder, labels=names[0])
    save(folder / names[0], pack(idx_bytes(LABELS)))
    pack = gzip.compress if names[1].endswith(".gz") else bytes
    save(folder / names[1], pack(idx_bytes(labels)))
    return folder


@pytest.mark.parametrize("kind", OTHERS)
def test_two_equal_files_count_once(kind, tmp_path):
    folder = two_files_of_labels(tmp_path, OTHERS[kind], LABELS)
    (part,) = read_idx_files(folder, ReadOptions()).parts
    assert np.array_equal(part.labels, LABELS)
    assert np.array_equal(np.concatenate(list(part.all_images())), PIXELS)


@pytest.mark.parametrize("kind", OTHERS)
def test_two_files_that_differ_are_refused_by_their_names(kind, tmp_path):
    folder = two_files_of_labels(tmp_path, OTHERS[kind], np.roll(LABELS, 1))
    with pytest.raises(CorruptError, match="differ, but both are the train labels") as error:
        read_idx_files(folder, ReadOptions())
    assert all(name in error.value.message for name in OTHERS[kind])
    assert "Remove" in error.value.hint


@pytest.mark.parametrize(
    ("images", "labels", "mend"),
    [
        (PIXELS, LABELS.astype(np.int32), 'labels.astype("uint8")'),
        (PIXELS[:, None], LABELS, "images.reshape(-1, 28, 28)"),
        (PIXELS.reshape(-1, 784), LABELS, "images.reshape(-1, 28, 28)"),
        ((PIXELS / 255).astype(np.float32), LABELS, "np.round(images * 255)"),
    ],
)
def test_other_types_and_shapes_are_refused_with_their_conversion(images, labels, mend, tmp_path):
    save(tmp_path / "train-images-idx3-ubyte", idx_bytes(images))
    save(tmp_path / "train-labels-idx1-ubyte", idx_bytes(labels))
    with pytest.raises(CorruptError) as error:
        read_idx_files(tmp_path, ReadOptions())
    assert mend in error.value.hint
