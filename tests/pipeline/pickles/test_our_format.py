"""Pickles of parallel lists: written, read and refused."""

import gzip
import hashlib
import io
import os
import pickle
import pickletools
import subprocess
import sys

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.pickles.our_format import (
    CHUNK,
    LayoutError,
    pickle_chunks,
    read_our_layout,
    read_pickle,
)
from tests.support.mnist_pickles import MNIST_PICKLES

LABEL_COUNTS = {  # as published with the data
    "train": [5923, 6742, 5958, 6131, 5842, 5421, 5918, 6265, 5851, 5949],
    "test": [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009],
}
EXAMPLES = st.integers(0, 3).flatmap(
    lambda n: st.tuples(
        npst.arrays(np.uint8, (n, 28, 28)), npst.arrays(np.uint8, n, elements=st.integers(0, 255))
    )
)
PIXELS = np.arange(3 * 784, dtype=np.uint32).reshape(3, 28, 28).astype(np.uint8)
LABELS = np.array([7, 0, 255])
NESTED = PIXELS.tolist(), LABELS.tolist()

BARE_PYTHON = """
import pickle, sys
images, labels = pickle.load(open(sys.argv[1], "rb"))
print(len(images), len(images[0]), len(images[0][0]), labels, "numpy" in sys.modules)
"""

OTHER_LAYOUTS = {
    "list": list(NESTED),
    "tuple": NESTED,
    "tuples of lists": (tuple(NESTED[0]), tuple(NESTED[1])),
    "dictionary": {"images": NESTED[0], "labels": NESTED[1]},
    "dictionary with more": {"labels": LABELS, "names": ["a"], "images": PIXELS},
    "rows of 784": [PIXELS.reshape(3, 784).tolist(), NESTED[1]],
    "array": (PIXELS, LABELS),
    "array of rows": (PIXELS.reshape(3, 784), LABELS),
    "columns of labels": (PIXELS, LABELS.reshape(3, 1)),
    "columns in lists": [NESTED[0], LABELS.reshape(3, 1).tolist()],
    "wide integers": (PIXELS.astype(np.int64), LABELS.astype(np.int16)),
    "big endian": (PIXELS.astype(">u2"), LABELS.astype(">i8")),
    "Fortran order": (np.asfortranarray(PIXELS), LABELS),
    "list of arrays": [list(PIXELS), NESTED[1]],
    "lists beside tuples": ([tuple(NESTED[0][0]), *NESTED[0][1:]], NESTED[1]),
}

REFUSED = {
    "a number": (7, "it does not hold a pair of images and labels"),
    "three things": ([[], [], []], "it does not hold a pair of images and labels"),
    "another dictionary": (
        {"x": NESTED[0], "y": NESTED[1]},
        "it does not hold a pair of images and labels",
    ),
    "float pixels": ((PIXELS / 255, LABELS), "a pixel is a float64; expected an integer"),
    "float labels": ((PIXELS, LABELS / 2), "a label is a float64; expected an integer"),
    "text": ((["a"], [1]), "among the pixels are str; expected integers alone"),
    "truth": ((PIXELS > 0, LABELS), "a pixel is a bool; expected an integer"),
    "pixel 256": ((PIXELS.astype(int) + 1, LABELS), "a pixel is not from 0 to 255"),
    "pixel -1": ((PIXELS.astype(int) - 1, LABELS), "a pixel is not from 0 to 255"),
    "label 256": ((PIXELS, LABELS + 1), "a label is not from 0 to 255"),
    "ragged image": ([[[[1, 2], [3]]], [0]], "the pixel lists have different lengths"),
    "ragged labels": ([NESTED[0], [0, [1], 2]], "among the labels are int, list; expected int"),
    "images of 27x28": (
        (PIXELS[:, 1:], LABELS),
        r"images \(3, 27, 28\) and labels \(3,\) do not match",
    ),
    "a label too few": ((PIXELS, LABELS[1:]), r"images .* labels \(2,\) do not match"),
    "two labels each": ((PIXELS, np.c_[LABELS, LABELS]), r"images .* labels \(3, 2\) do not match"),
    "a single number": ((np.array(1, np.uint8), LABELS), "a pixel is a uint8; expected"),
}


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("pickles") / "file.pickle"


def write_byte(path, position, byte):
    with path.open("r+b") as file:
        file.seek(position)
        file.write(bytes([byte]))


def written(pixels, labels):
    return b"".join(map(bytes, pickle_chunks([pixels], [labels])))


@given(examples=EXAMPLES)
def test_what_is_written_is_read(examples, path):
    path.write_bytes(written(*examples))
    pixels, labels = read_pickle(path, hashlib.sha256(path.read_bytes()).hexdigest())
    assert (pixels.dtype, labels.dtype) == (np.uint8, np.int64)
    assert np.array_equal(pixels, examples[0])
    assert np.array_equal(labels, examples[1])


@given(examples=EXAMPLES)
def test_the_standard_unpickler_finds_lists_of_plain_integers(examples):
    pixels, labels = examples
    loaded = pickle.loads(written(pixels, labels))
    assert loaded == [pixels.tolist(), labels.tolist()]
    assert {type(pixel) for image in loaded[0] for row in image for pixel in row} <= {int}


def test_a_bare_python_without_any_package_reads_it(path):
    path.write_bytes(written(PIXELS, LABELS))
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", BARE_PYTHON, path],
        check=True, capture_output=True, text=True,
    )  # fmt: skip
    assert done.stdout == "3 28 28 [7, 0, 255] False\n"


def test_the_opcodes_are_lists_and_small_integers_of_protocol_2():
    names = {opcode.name for opcode, _, _ in pickletools.genops(written(PIXELS, LABELS))}
    assert names == {"PROTO", "EMPTY_LIST", "MARK", "BININT1", "APPENDS", "STOP"}


@pytest.mark.parametrize("count", [CHUNK - 1, CHUNK, CHUNK + 1, 2 * CHUNK + 1])
@pytest.mark.parametrize("step", [1, CHUNK - 1, CHUNK, 3 * CHUNK])
def test_the_bytes_do_not_depend_on_the_chunks(count, step, path):
    pixels = np.random.default_rng(count).integers(0, 256, (count, 28, 28), np.uint8)
    labels = np.arange(count) % 10
    parts = [pixels[start : start + step] for start in range(0, count, step)]
    data = b"".join(map(bytes, pickle_chunks(parts, [labels])))
    assert data == written(pixels, labels)
    path.write_bytes(data)
    again = read_pickle(path, hashlib.sha256(data).hexdigest())
    assert np.array_equal(again[0], pixels)
    assert np.array_equal(again[1], labels)


@pytest.mark.parametrize("split", MNIST.splits)
def test_mnist_is_the_same_in_the_raw_files_and_in_the_pickles(split, built_cache, raw_bytes):
    path, files = built_cache.pickle("mnist", split), MNIST.splits[split]
    pixels, labels = read_pickle(path, MNIST_PICKLES[split])  # the hash is checked
    assert pixels.tobytes() == gzip.decompress(raw_bytes[files.images.name])[16:]
    assert labels.astype(np.uint8).tobytes() == gzip.decompress(raw_bytes[files.labels.name])[8:]
    assert np.bincount(labels).tolist() == LABEL_COUNTS[split]


def test_the_standard_unpickler_agrees_on_all_of_the_mnist_test_set(built_cache, mnist_test_set):
    with built_cache.pickle("mnist", "test").open("rb") as file:
        images, labels = pickle.load(file)
    assert np.array_equal(np.array(images, np.uint8), mnist_test_set[0])
    assert labels == mnist_test_set[1].tolist()


@pytest.mark.parametrize("protocol", [2, 3, 4, 5])
@pytest.mark.parametrize("layout", OTHER_LAYOUTS)
def test_other_layouts_are_read(layout, protocol, path):
    path.write_bytes(pickle.dumps(OTHER_LAYOUTS[layout], protocol))
    pixels, labels = read_pickle(path)
    assert (pixels.dtype, labels.dtype) == (np.uint8, np.int64)
    assert np.array_equal(pixels, PIXELS)
    assert np.array_equal(labels, LABELS)


@pytest.mark.parametrize("grey", [ord("("), ord("]"), ord("}"), ord(")"), ord("c"), 0, 255])
def test_no_pixel_is_mistaken_for_an_opcode(grey, path):
    pixels = np.full((60, 28, 28), grey, np.uint8)
    path.write_bytes(pickle.dumps((pixels.tolist(), [1] * 60)))
    assert np.array_equal(read_pickle(path)[0], pixels)


@pytest.mark.parametrize("kind", REFUSED)
def test_what_is_no_set_of_images_is_refused(kind, path):
    content, message = REFUSED[kind]
    path.write_bytes(pickle.dumps(content))
    with pytest.raises(
        LayoutError, match=rf"file\.pickle: not a pickle of .*: {message}"
    ) as caught:
        read_pickle(path)
    assert caught.value.hint == "Run `pipeline build-pickles --force`"


def test_with_a_hash_no_other_layout_is_read(path):
    path.write_bytes(pickle.dumps(NESTED))
    with pytest.raises(CorruptError, match="not a pickle of parallel lists"):
        read_pickle(path, hashlib.sha256(path.read_bytes()).hexdigest())


def test_a_changed_byte_is_never_read_as_something_else(path):
    data = written(PIXELS[:1] // 100, LABELS[:1])
    sha256 = hashlib.sha256(data).hexdigest()
    values = {position + 1 for position in range(len(data)) if data[position] == ord("K")}
    path.write_bytes(data)
    for position in set(range(len(data))) - values:
        write_byte(path, position, data[position] ^ (1 << position % 8))
        with pytest.raises(CorruptError, match=r"file\.pickle: "):
            read_pickle(path, sha256)
        try:
            pixels, labels = read_pickle(path)
            assert np.array_equal(pixels, PIXELS[:1] // 100)
            assert np.array_equal(labels, LABELS[:1])
        except CorruptError:
            pass
        write_byte(path, position, data[position])


@pytest.mark.parametrize("position", [41, -4])
def test_a_changed_value_is_found_by_the_hash(position, path):
    data = bytearray(written(PIXELS, LABELS))
    sha256 = hashlib.sha256(data).hexdigest()
    data[position] ^= 1
    path.write_bytes(data)
    found = hashlib.sha256(data).hexdigest()
    with pytest.raises(CorruptError, match=f"sha256 is {found}; expected {sha256}") as caught:
        read_pickle(path, sha256)
    assert caught.value.hint == "Run `pipeline build-pickles --force`"


@pytest.mark.parametrize(
    ("position", "message"),
    [
        *((position, "the lists around the images differ") for position in (1, -12, -1)),
        *((position, "images 0 to 2 are laid out differently") for position in (6, -13)),
        *((position, "a label is not a small integer") for position in (-9, -5)),
    ],
)
def test_where_a_pickle_leaves_our_layout_is_told(position, message, path):
    data = bytearray(written(PIXELS, LABELS))
    data[position] ^= 1
    path.write_bytes(data)
    with pytest.raises(LayoutError, match=rf"file\.pickle: not a pickle of .*: {message}"):
        read_pickle(path, "")


def test_a_size_that_fits_no_number_of_images_is_told(path):
    path.write_bytes(written(PIXELS, LABELS) + b".")
    with pytest.raises(LayoutError, match=r"file\.pickle: .*: 4,984 bytes are not a whole number"):
        read_pickle(path, "")


def test_a_file_that_becomes_shorter_while_it_is_read_is_refused(path):
    data = written(PIXELS, LABELS)
    with pytest.raises(LayoutError, match=r"file\.pickle: .*: it became shorter while it was read"):
        read_our_layout(path, io.BytesIO(data[:-1]), len(data))


def test_every_truncation_is_refused(path):
    data = written(PIXELS[:1], LABELS[:1])
    path.write_bytes(data)
    for end in reversed(range(len(data))):
        os.truncate(path, end)
        with pytest.raises(CorruptError, match=r"file\.pickle: "):
            read_pickle(path)


def test_an_absent_pickle_is_missing(tmp_path):
    with pytest.raises(MissingError, match="nothing not found") as caught:
        read_pickle(tmp_path / "nothing")
    assert caught.value.hint == "Run `pipeline build-pickles`"


def test_a_folder_cannot_be_read(tmp_path):
    with pytest.raises(StorageError, match=r"cannot read .*: "):
        read_pickle(tmp_path)
