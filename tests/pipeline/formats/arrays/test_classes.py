"""Arrays that hold one class each are joined if their names are clearly classes."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from scipy.io import savemat

from pipeline.errors import CorruptError
from pipeline.formats.arrays.classes import join_classes
from pipeline.formats.arrays.layouts import find_layout
from pipeline.formats.arrays.named import in_memory
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from tests.support.array_sources import IMAGE_FORMS
from tests.support.image_sources import npz, pickled

RNG = np.random.default_rng(8)
NAMES = {  # names of arrays, with their class and split
    "train{c}": ("train", "digits"),
    "test_{c}": ("test", "digits"),
    "digit{c}": (None, "digits"),
    "class_{c}": (None, "digits"),
    "{c}": (None, "digits"),
    "{c}_train": ("train", "digits"),
    "training/{c}": ("train", "digits"),
    "full_numpy_bitmap_{c}": (None, "words"),
    "{c} ": (None, "words"),
}
CLASSES = {"digits": ["0", "1", "2", "3", "4", "5"], "words": ["ice cream", "bee", "T-shirt"]}


def digits(counts):
    return [RNG.integers(0, 256, (count, 28, 28), np.uint8) for count in counts]


def examples(source):
    """Return the pixels and class name of every image by split."""
    return {
        part.split: sorted(
            (pixels.tobytes(), source.classes[label])
            for pixels, label in zip(
                np.concatenate(list(part.all_images())), part.labels, strict=True
            )
        )
        for part in source.parts
    }


def expected(classes, arrays):
    return sorted(
        (it.tobytes(), name) for name, of in zip(classes, arrays, strict=True) for it in of
    )


@settings(max_examples=25)
@given(
    name=st.sampled_from(list(NAMES)),
    form=st.sampled_from(["squares", "rows", "last axis", "channel first", "shares / 255"]),
    counts=st.lists(st.integers(2, 5), min_size=6, max_size=6),
)
def test_arrays_of_a_class_each_are_joined(name, form, counts, tmp_path_factory):
    split, kind = NAMES[name]
    classes = CLASSES[kind]
    arrays = digits(counts[: len(classes)])
    named = [
        in_memory(tmp_path_factory.getbasetemp(), name.format(c=it), IMAGE_FORMS[form](array))
        for it, array in zip(classes, arrays, strict=True)
    ]
    (joined,) = join_classes([(it, find_layout(it.shape)) for it in named])
    assert joined.split == split
    labels = np.repeat(classes, [len(it) for it in arrays])
    assert np.array_equal(joined.labels.load(), labels)
    pixels = joined.images.load()[..., 0]
    assert np.allclose(pixels * (255 if form.startswith("shares") else 1), np.concatenate(arrays))


@pytest.mark.parametrize("kind", ["npz", "mat", "pickle", "npy"])
def test_files_of_all_formats_may_have_an_array_for_each_class(kind, tmp_path):
    train, test = digits([3, 4, 2, 5, 3]), digits([2, 2, 2, 2, 2])
    names = [f"train{i}" for i in range(5)] + [f"test{i}" for i in range(5)]
    arrays = dict(zip(names, [it.reshape(-1, 784) for it in train + test], strict=True))
    path = tmp_path / f"a.{kind}"
    if kind == "npz":
        npz(path, **arrays)
    elif kind == "mat":
        savemat(path, arrays)
    elif kind == "pickle":
        pickled(path, arrays)
    else:
        path = tmp_path / "train0.npy"
        for name, array in arrays.items():
            np.save(tmp_path / f"{name}.npy", array)
    source = find_format(path).read(path, ReadOptions())
    classes = [str(i) for i in range(5)]
    assert examples(source) == {"train": expected(classes, train), "test": expected(classes, test)}
    assert "each array is read as the images of one class: " in source.notes[0]


UNCLEAR = {
    "splits without labels": ["x_train", "x_test", "x_val"],
    "parts of one array": ["batch_1", "batch_2", "batch_3"],
    "images, numbered": ["images1", "images2", "images3"],
    "two words": ["cat", "dog"],
    "nameless": ["arr_0", "arr_1", "arr_2"],
    "numbers with gaps": ["c0", "c2", "c7"],
    "a class twice": ["train_1", "training_1", "train_2"],
    "a split and none": ["train_cat", "dog", "bee"],
    "an original": ["images", "noisy", "clean"],
}


@pytest.mark.parametrize("kind", UNCLEAR)
def test_arrays_that_may_be_anything_else_are_no_classes(kind, tmp_path):
    arrays = dict(zip(UNCLEAR[kind], digits([3, 4, 5]), strict=False))
    path = npz(tmp_path / "a.npz", **arrays)
    with pytest.raises(CorruptError, match=r"a\.npz: ") as error:
        find_format(path).read(path, ReadOptions())
    assert "np.savez(" in error.value.hint


def test_labels_beside_arrays_are_not_passed_over_for_classes(tmp_path):
    images = digits([3, 3, 3])
    arrays = {f"train{i}": it for i, it in enumerate(images)}
    path = npz(tmp_path / "a.npz", **arrays, labels=np.array([0, 1, 2]))
    with pytest.raises(CorruptError, match="several arrays that may be the images"):
        find_format(path).read(path, ReadOptions())
