"""Images and labels as arrays of every form that people keep them in, under their usual names."""

import numpy as np

from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions


def one_hot(labels):
    return np.eye(10)[labels]


IMAGE_FORMS = {
    "squares": lambda x: x,
    "rows": lambda x: x.reshape(-1, 784),
    "columns": lambda x: x.reshape(-1, 784).T,
    "columns of MATLAB": lambda x: np.asfortranarray(x.reshape(-1, 784).T),
    "last axis": lambda x: np.moveaxis(x, 0, -1),
    "channel last": lambda x: x[..., None],
    "channel first": lambda x: x[:, None],
    "Fortran order": np.asfortranarray,
    "vectors": lambda x: x.reshape(-1, 784, 1),
    "int64": lambda x: x.astype(np.int64),
    "big-endian": lambda x: x.astype(">i2"),
    "whole floats": lambda x: x.astype(np.float32),
    "half floats": lambda x: x.astype(np.float16),
    "shares / 255": lambda x: (x / 255).astype(np.float32),
    "shares / 255 in doubles": lambda x: x / 255,
    "shares * 1/255": lambda x: x.astype(np.float32) * np.float32(1 / 255),
    "shares / 256": lambda x: (x / 256).astype(">f4"),
}
LABEL_FORMS = {
    "bytes": lambda y: y,
    "int64": lambda y: y.astype(np.int64),
    "big-endian": lambda y: y.astype(">u4"),
    "floats": lambda y: y.astype(float),
    "column": lambda y: y[:, None],
    "row": lambda y: y[None],
    "one-hot": one_hot,
    "one-hot of truths": lambda y: one_hot(y) > 0,
    "one-hot columns": lambda y: one_hot(y).T,
    "one-hot vectors": lambda y: one_hot(y)[..., None],
    "texts": lambda y: y.astype(str),
    "texts in bytes": lambda y: y.astype("S1"),
}
# the names of images and labels for training, test and validation; one pair: no splits
NAMES = [
    (("x", "y"),),
    (("image", "label"),),
    (("images", "labels"),),
    (("data", "target"),),
    (("X", "Y"),),
    (("features", "targets"),),
    (("inputs", "classes"),),
    (("something", "else"),),
    (("x_train", "y_train"), ("x_test", "y_test"), ("x_val", "y_val")),
    (("X_train", "y_train"), ("X_test", "y_test")),
    (("train_x", "train_y"), ("test_x", "test_y"), ("valid_x", "valid_y")),
    (("trainX", "trainY"), ("testX", "testY")),
    (("Xtr", "ytr"), ("Xte", "yte")),
    (("xtrain", "ytrain"), ("xtest", "ytest"), ("xdev", "ydev")),
    (("train_img", "train_label"), ("test_img", "test_label")),
    (("train_images", "train_labels"), ("t10k_images", "t10k_labels")),
    (("trainImages", "trainLabels"), ("testImages", "testLabels")),
    (("train_dataset", "train_labels"), ("test_dataset", "test_labels")),
    (("train_set_x", "train_set_y"), ("test_set_x", "test_set_y")),
    (("training_data", "training_targets"), ("testing_data", "testing_targets")),
    (("Train/Features", "Train/Labels"), ("Test/Features", "Test/Labels")),
    (
        ("train/images", "train/labels"),
        ("test/images", "test/labels"),
        ("dev/images", "dev/labels"),
    ),
    (
        ("dataset/train/images", "dataset/train/labels"),
        ("dataset/test/images", "dataset/test/labels"),
    ),
    (("mnist_train_x", "mnist_train_y"), ("mnist_test_x", "mnist_test_y")),
]


def pair_of(examples, images, labels):
    """Write pixels and labels in one form each."""
    pixels, numbers = examples
    return IMAGE_FORMS[images](pixels), LABEL_FORMS[labels](numbers)


def read_all(path, options=None):
    """Read a source: what its reader says, and pixels and labels by split."""
    options = ReadOptions() if options is None else options
    source = find_format(path).read(path, options)
    return source, {
        it.split: (np.concatenate(list(it.all_images())), it.labels) for it in source.parts
    }
