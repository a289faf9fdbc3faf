"""Every format restores every dataset exactly."""

import gzip

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.errors import UsageError
from pipeline.formats.classes import plain_names
from pipeline.formats.export_dataset import export_dataset
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.registry import FORMATS, find_format, find_writer
from pipeline.storage.cache import Cache
from tests.support.user_datasets import EVERY_WRITABLE, make_own, out_path, raw_arrays

FIGURE = "R12: {images} images and labels through {formats} formats and back, {changed} changed"
N = 24
PIXELS = np.random.default_rng(0).integers(0, 256, (N, 28, 28), np.uint8)
LABELS = (np.arange(N) % 4).astype(np.uint8)
NASTY = [
    "A",
    "a",
    "con",
    "T-shirt/top",
    "0",
    "1",
    "01",
    "..",
    ".hidden",
    "train",
    "ä",
    "classes.txt",
]
CLASS_NAMES = st.sampled_from(NASTY) | st.text(
    st.characters(exclude_categories=("C", "Z")), min_size=1, max_size=9
)


def count_changed(found, expected):
    """Count the examples that differ in a pixel, a label or their place."""
    assert found.keys() == expected.keys()
    return sum(
        len(pixels)
        if pixels.shape != found[split][0].shape
        else int(((pixels != found[split][0]).any((1, 2)) | (labels != found[split][1])).sum())
        for split, (pixels, labels) in expected.items()
    )


@st.composite
def sets(draw):
    """Draw class names, and images of some classes for each split."""
    drawn = draw(st.lists(CLASS_NAMES, min_size=1, max_size=8))
    classes = list(dict.fromkeys(plain_names(drawn).values()))
    others = draw(st.sets(st.sampled_from(["validation", "lost"])))
    rng = np.random.default_rng(draw(st.integers(0, 99)))
    splits = {}
    for split in ["train", "test", *sorted(others)]:
        n = draw(st.integers(1, 5))
        known = splits["train"][1] if splits else np.arange(len(classes))
        labels = rng.choice(known, n).astype(np.uint8)
        splits[split] = rng.integers(0, 256, (n, 28, 28), np.uint8), labels
    return classes, splits


@pytest.mark.slow
@EVERY_WRITABLE
@settings(max_examples=15)
@given(drawn=sets())
def test_what_is_exported_comes_back_with_its_class_names(drawn, name, tmp_path_factory):
    classes, splits = drawn
    folder = tmp_path_factory.mktemp("round")
    cache, path = Cache(folder / "cache", "test"), out_path(folder, name)
    export_dataset(cache, make_own(cache, "mine", splits, classes), name, path)
    imported = import_dataset(cache, path, "again", ImportOptions()).dataset
    assert imported.classes == tuple(classes)
    assert list(imported.splits) == list(splits)
    assert count_changed(raw_arrays(cache, "again"), splits) == 0


@pytest.mark.slow
@EVERY_WRITABLE
def test_mnist_comes_back_from_every_format(
    name, built_cache, raw_bytes, mnist_test_set, tmp_path, figure
):
    cache, path = Cache(tmp_path / "cache", "test"), out_path(tmp_path, name)
    if name == "png":  # a file for each image: half of the test images is enough
        pixels, labels = (array[:5000] for array in mnist_test_set)
        expected = {"train": (pixels[:4000], labels[:4000]), "test": (pixels[4000:], labels[4000:])}
        export_dataset(cache, make_own(cache, "mine", expected, MNIST.classes), name, path)
    else:
        content = {it: gzip.decompress(data) for it, data in raw_bytes.items()}
        expected = {
            split: (
                np.frombuffer(content[it.images.name], np.uint8, offset=16).reshape(-1, 28, 28),
                np.frombuffer(content[it.labels.name], np.uint8, offset=8),
            )
            for split, it in MNIST.splits.items()
        }
        export_dataset(built_cache, MNIST, name, path)
    imported = import_dataset(cache, path, "again", ImportOptions()).dataset
    changed = count_changed(raw_arrays(cache, "again"), expected)
    count = sum(len(labels) for _, labels in expected.values())
    figure(FIGURE, images=count, formats=1, changed=changed)
    assert changed == 0
    assert imported.classes == MNIST.classes


@EVERY_WRITABLE
def test_the_same_data_become_the_same_bytes_wherever_they_go(name, tmp_path):
    trees, splits = [], dict.fromkeys(("train", "test"), (PIXELS, LABELS))
    for folder in (tmp_path / "a", tmp_path / "b"):
        cache, path = Cache(folder / "cache", "test"), out_path(folder, name)
        dataset = make_own(cache, "mine", splits, "abcd")
        export_dataset(cache, dataset, name, path)
        files = [path] if path.is_file() else sorted(path.rglob("*"))
        trees.append([(it.relative_to(path), it.is_file() and it.read_bytes()) for it in files])
    assert trees[0] == trees[1]


@EVERY_WRITABLE
def test_an_export_is_recognised_for_what_it_is(name, tmp_path):
    cache, path = Cache(tmp_path / "cache", "test"), out_path(tmp_path, name)
    splits = dict.fromkeys(("train", "test"), (PIXELS, LABELS))
    export_dataset(cache, make_own(cache, "mine", splits, "abcd"), name, path)
    assert find_format(path).read is FORMATS[name].read


def test_every_format_has_one_name_and_says_what_it_is():
    assert all(name == it.name and it.title for name, it in FORMATS.items())
    assert len({it.title for it in FORMATS.values()}) == len(FORMATS)
    with pytest.raises(UsageError, match='format "hdf5" not found; the formats are npz, i'):
        find_writer("hdf5")
