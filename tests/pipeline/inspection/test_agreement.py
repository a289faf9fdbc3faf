"""`pipeline inspect` says that an import reads a source where it does, and else what it says."""

import numpy as np
import pytest

from pipeline.commands.inspect import inspect_path
from pipeline.errors import ProjectError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.storage.cache import Cache
from tests.support.csv_kinds import small_images
from tests.support.image_sources import npz

IMAGES, LABELS = small_images(0, 20), np.arange(20) % 4
REFUSED = {
    "a text for a missing label": {"x": IMAGES, "y": [*"abcab" * 3, *"abca", "nan"]},
    "a number for a missing label": {"x": IMAGES, "y": np.where(LABELS == 3, -1, LABELS)},
    "a fraction": {"x": IMAGES, "y": [*"01234" * 3, *"0123", "2.5"]},
    "a class in test alone": {
        "x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES, "y_test": LABELS + 1,
    },
    "no training images": {
        "x_validation": IMAGES, "y_validation": LABELS, "x_test": IMAGES, "y_test": LABELS,
    },
    "no test images": {
        "x_train": IMAGES, "y_train": LABELS, "x_test": IMAGES[:0], "y_test": LABELS[:0],
    },
    "no images": {"x": IMAGES[:0], "y": LABELS[:0]},
    "a single image": {"x": IMAGES[:1], "y": LABELS[:1]},
}  # fmt: skip


@pytest.mark.parametrize("kind", REFUSED)
def test_what_an_import_refuses_is_told_by_inspect_in_the_same_words(kind, tmp_path):
    path = npz(tmp_path / "mine.npz", **REFUSED[kind])
    with pytest.raises(ProjectError) as refused:
        import_dataset(Cache(tmp_path / "cache", "test"), path, "mine", ImportOptions())
    assert inspect_path(path).reads.startswith(
        f"no: {refused.value.message.removeprefix(f'{path}: ')}"
    )


def test_what_an_import_reads_is_described(tmp_path):
    path = npz(tmp_path / "mine.npz", x=IMAGES, y=[f"0{label}" for label in LABELS])
    imported = import_dataset(Cache(tmp_path / "cache", "test"), path, "mine", ImportOptions())
    assert imported.dataset.classes == ("0", "1", "2", "3")
    assert inspect_path(path).reads == "read as npz: 20 images of 4 classes: 0, 1, 2, 3"
