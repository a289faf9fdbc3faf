"""Arrays are understood by their shapes, under any name and in any file."""

import pickle
import zipfile
from collections import OrderedDict

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from PIL import Image

from pipeline.errors import CorruptError
from pipeline.formats.arrays.read import to_grey
from pipeline.formats.open_source import open_source
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from tests.support.array_sources import IMAGE_FORMS, LABEL_FORMS, NAMES, pair_of, read_all
from tests.support.image_sources import npz

RNG = np.random.default_rng(3)
SPLITS = ("train", "test", "validation")


def digits(count):
    """Build images of 28x28 with every grey level, and their labels."""
    pixels = RNG.integers(0, 256, (count, 28, 28), np.uint8)
    pixels[:, 0, :3] = 0, 1, 255
    return pixels, (np.arange(count) % 5).astype(np.uint8)


SETS = {split: digits(count) for split, count in zip(SPLITS, (7, 6, 5), strict=True)}


def write_npz(folder, arrays):
    np.savez(folder / "a.npz", **{key.replace("/", "."): it for key, it in arrays.items()})
    return folder / "a.npz"


def write_compressed(folder, arrays):
    np.savez_compressed(
        folder / "a.npz", **{key.replace("/", "_"): it for key, it in arrays.items()}
    )
    return folder / "a.npz"


def write_files(folder, arrays):
    for key, array in arrays.items():
        np.save(folder / f"{key.replace('/', '-')}.npy", array)
    return folder / f"{next(iter(arrays)).replace('/', '-')}.npy"


def nested(arrays):
    tree = {}
    for key, array in arrays.items():
        *levels, leaf = key.split("/")
        place = tree
        for level in levels:
            place = place.setdefault(level, {})
        place[leaf] = array
    return tree


def write_pickle(folder, arrays, protocol=2, convert=lambda array: array):
    tree = nested({key: convert(array) for key, array in arrays.items()})
    (folder / "a.pkl").write_bytes(pickle.dumps(tree, protocol))
    return folder / "a.pkl"


CONTAINERS = {
    "npz": write_npz,
    "npz compressed": write_compressed,
    "npy files": write_files,
    "pickle 0": lambda folder, arrays: write_pickle(folder, arrays, 0),
    "pickle 5": lambda folder, arrays: write_pickle(folder, arrays, 5),
    "pickle of lists": lambda folder, arrays: write_pickle(folder, arrays, 4, np.ndarray.tolist),
    "pickle of lists of arrays": lambda folder, arrays: write_pickle(folder, arrays, 3, list),
}


@settings(max_examples=60)
@given(
    container=st.sampled_from(sorted(CONTAINERS)),
    images=st.sampled_from(sorted(IMAGE_FORMS)),
    labels=st.sampled_from(sorted(LABEL_FORMS)),
    names=st.sampled_from(NAMES),
    more=st.booleans(),
)
def test_images_and_labels_are_found_by_their_shapes(
    container, images, labels, names, more, tmp_path_factory
):
    splits = SPLITS[: len(names)] if len(names) > 1 else ("train",)
    arrays = {}
    for split, (x, y) in zip(splits, names, strict=False):
        arrays[x], arrays[y] = pair_of(SETS[split], images, labels)
    if more:
        arrays["history"] = np.arange(3.5)
    folder = tmp_path_factory.mktemp("arrays")
    source, found = read_all(CONTAINERS[container](folder, arrays))
    expected = dict(zip(splits, splits, strict=True)) if len(names) > 1 else {None: "train"}
    assert set(found) == set(expected)
    for split, origin in expected.items():
        pixels, numbers = SETS[origin]
        assert np.array_equal(found[split][0], pixels)
        assert [int(source.classes[it]) for it in found[split][1]] == numbers.tolist()
    assert any("not used: history" in note for note in source.notes) == more


ORDERS = {
    "x, y": ([("train", 0), ("train", 1)], [None]),
    "x, y, x, y": ([("train", 0), ("train", 1), ("test", 0), ("test", 1)], ["train", "test"]),
    "x, x, y, y": ([("train", 0), ("test", 0), ("train", 1), ("test", 1)], ["train", "test"]),
    "three pairs": ([(it, i) for it in ("train", "validation", "test") for i in (0, 1)], [*SPLITS]),
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize("container", ["savez", "tuple", "list of pairs"])
def test_arrays_without_names_are_pairs_in_their_order(order, container, tmp_path):
    places, splits = ORDERS[order]
    arrays = [SETS[split][kind] for split, kind in places]
    path = tmp_path / ("a.npz" if container == "savez" else "a.pkl")
    if container == "savez":
        np.savez(path, *arrays)
    elif container == "tuple" or order == "x, x, y, y":
        path.write_bytes(pickle.dumps(tuple(arrays)))
    else:
        path.write_bytes(pickle.dumps(list(zip(arrays[::2], arrays[1::2], strict=True)), 2))
    _, found = read_all(path)
    assert set(found) == set(splits)
    for split in splits:
        assert np.array_equal(found[split][0], SETS[split or "train"][0])
        assert np.array_equal(found[split][1], SETS[split or "train"][1])


X, Y = SETS["train"]
RECORDS = {
    "pairs": [(x, int(y)) for x, y in zip(X, Y, strict=True)],
    "pairs of lists": [[x.tolist(), int(y)] for x, y in zip(X, Y, strict=True)],
    "label first": [(int(y), x) for x, y in zip(X, Y, strict=True)],
    "Nielsen's": [
        ((x.reshape(784, 1) / 256).astype("f4"), np.eye(10)[y][:, None])
        for x, y in zip(np.minimum(X, 255), Y, strict=True)
    ],
    "dictionaries": [{"image": x, "label": np.int64(y)} for x, y in zip(X, Y, strict=True)],
    "one pair": [(X[0], 0)],
}


@pytest.mark.parametrize("kind", RECORDS)
@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_a_list_of_examples_is_read(kind, protocol, tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(RECORDS[kind], protocol))
    _, found = read_all(path)
    assert np.array_equal(found[None][0], X[: len(RECORDS[kind])])
    assert np.array_equal(found[None][1], Y[: len(RECORDS[kind])])


def test_names_of_classes_are_kept_whatever_holds_them(tmp_path):
    names = np.array(["shirt", "bag", "boot", "coat", "sandal"])
    np.savez(tmp_path / "a.npz", x=X, y=names[Y])
    source, found = read_all(tmp_path / "a.npz")
    assert source.classes == ("bag", "boot", "coat", "sandal", "shirt")
    assert [source.classes[it] for it in found[None][1]] == names[Y].tolist()
    np.savez(tmp_path / "b.npz", x=X, y=names[Y].astype(object))
    again, _ = read_all(tmp_path / "b.npz")
    assert again.classes == source.classes
    np.savez(tmp_path / "c.npz", x=X, y=Y, class_names=names)
    listed, found = read_all(tmp_path / "c.npz")
    assert listed.classes == tuple(names)
    assert np.array_equal(found[None][1], Y)
    np.savez(tmp_path / "d.npz", x=X, y=Y.astype(int) * 100 - 100)
    large, found = read_all(tmp_path / "d.npz")
    assert [int(large.classes[it]) for it in found[None][1]] == [
        it * 100 - 100 for it in Y.tolist()
    ]


COLOUR = RNG.integers(0, 256, (4, 32, 40, 3), np.uint8)


@pytest.mark.parametrize("move", [(0, 1, 2, 3), (0, 3, 1, 2), (1, 2, 3, 0)], ids=str)
def test_colour_and_other_sizes_are_brought_to_grey_28x28_when_asked(move, tmp_path):
    path = tmp_path / "a.npz"
    np.savez(path, X=COLOUR.transpose(move), y=np.arange(4))
    with pytest.raises(CorruptError, match=r"in colour, 32x40; expected grey levels.*--grey"):
        read_all(path)
    with pytest.raises(CorruptError, match=r"of 32x40 pixels; expected 28x28.*--resize"):
        read_all(path, ReadOptions(grey=True))
    _, found = read_all(path, ReadOptions(grey=True, resize=True))
    folder = tmp_path / "pictures"
    for number, pixels in enumerate(COLOUR):
        (folder / str(number)).mkdir(parents=True)
        Image.fromarray(pixels).save(folder / str(number) / "a.png")
    _, expected = read_all(folder, ReadOptions(resize=True))
    assert np.array_equal(found[None][0], expected[None][0])


def test_grey_levels_are_those_of_pillow():
    colours = RNG.integers(0, 256, (50, 28, 28, 3), np.uint8)
    expected = [np.asarray(Image.fromarray(it).convert("L")) for it in colours]
    assert np.array_equal(to_grey(colours), expected)


def test_files_beside_each_other_are_read_together(tmp_path):
    for split in ("train", "test"):
        for kind, array in zip(("imgs", "labels"), SETS[split], strict=True):
            np.savez(tmp_path / f"kmnist-{split}-{kind}.npz", array)
    for path in (tmp_path, tmp_path / "kmnist-train-imgs.npz"):
        _, found = read_all(path)
        for split in ("train", "test"):
            assert np.array_equal(found[split][0], SETS[split][0])
            assert np.array_equal(found[split][1], SETS[split][1])


AMBIGUOUS = {
    "two sets without splits": {"ax": X, "ay": Y, "bx": X[:5], "by": Y[:5]},
    "two kinds of labels": {"image": X, "fine_label": Y, "coarse_label": Y.copy()},
    "images of no split": {"x": X, "y": Y, "x_train": X.copy(), "y_train": Y.copy()},
    "labels of another length": {"x_train": X, "y_train": Y[:5]},
    "labels alone": {"y": Y},
    "nothing": {"history": np.arange(3)},
}


@pytest.mark.parametrize("kind", AMBIGUOUS)
@pytest.mark.parametrize("container", ["npz", "pickle 5", "npy files"])
def test_what_leaves_several_answers_is_refused_and_listed(kind, container, tmp_path):
    path = CONTAINERS[container](tmp_path, AMBIGUOUS[kind])
    with pytest.raises(CorruptError) as caught:
        find_format(path).read(path, ReadOptions())
    text = str(caught.value)
    assert "\n" not in text
    assert all(key in text for key in AMBIGUOUS[kind])
    assert ("np.savez" in text) or "expected a label for each image" in text


def test_objects_in_an_npz_run_nothing(tmp_path):
    np.savez(tmp_path / "a.npz", x=X, y=np.array([print] * len(X), object))
    with pytest.raises(CorruptError, match=r"y holds Python objects: refused: it imports .*print"):
        read_all(tmp_path / "a.npz")
    np.savez(tmp_path / "b.npz", x=X, y=Y, meta=np.array(print, object))  # never read
    assert read_all(tmp_path / "b.npz")[0].notes[-1].endswith("not used: meta")


def test_pickles_of_one_list_for_all_protocols_of_python_2(tmp_path):
    for protocol in range(6):
        path = tmp_path / f"{protocol}.pkl"
        value = {
            b"data": [it.ravel() for it in X],
            b"labels": list(Y),
            b"filenames": ["a"] * len(Y),
        }
        path.write_bytes(pickle.dumps(value, protocol))
        source, found = read_all(path)
        assert np.array_equal(found[None][0], X)
        assert source.notes == (f"{path}: not used: filenames",)


@pytest.mark.parametrize(
    ("low", "formula"), [(0.0, "np.round(x * 255)"), (-1.0, "np.round((x + 1) / 2 * 255)")]
)
def test_fractions_that_were_no_pixels_are_refused_with_what_makes_them_so(low, formula, tmp_path):
    pixels = np.random.default_rng(0).uniform(low, 1, (6, 28, 28))
    path = npz(tmp_path / "a.npz", x=pixels, y=np.arange(6) % 2)
    with pytest.raises(CorruptError) as caught:
        read_all(path)
    assert f'{formula}.astype("uint8")' in caught.value.hint


PAIRS = {
    "ordered": lambda x, y: OrderedDict(images=x, labels=y),
    "numbers as keys": lambda x, y: {0: x, 1: y},
    "mixed keys": lambda x, y: {"images": x, "labels": y, 7: 1},
    "NumPy's texts as keys": lambda x, y: {np.str_("images"): x, np.str_("labels"): y},
    "an entry for each image": lambda x, y: {i: (x[i % 7], int(y[i % 7])) for i in range(21)},
}


@pytest.mark.parametrize("protocol", [0, 2, 5])
@pytest.mark.parametrize("kind", PAIRS)
def test_dictionaries_of_any_kind_are_read_from_pickles(kind, protocol, tmp_path):
    pixels, labels = SETS["train"]
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps(PAIRS[kind](pixels, labels), protocol))
    _, found = read_all(path)
    times = len(found[None][1]) // len(labels)
    assert np.array_equal(found[None][0], np.tile(pixels, (times, 1, 1)))
    assert np.array_equal(found[None][1], np.tile(labels, times))


@pytest.mark.parametrize("key", [("a", 1), None, 1.5, 1 << 40])
def test_other_keys_are_refused(key, tmp_path):
    path = tmp_path / "a.pkl"
    path.write_bytes(pickle.dumps({key: SETS["train"][0]}))
    with pytest.raises(CorruptError, match="a dictionary with keys other than texts"):
        read_all(path)


def test_files_of_pytorch_are_refused_with_what_to_do(tmp_path):
    archive = tmp_path / "a.pt"
    with zipfile.ZipFile(archive, "w") as file:
        for name, data in (("data.pkl", pickle.dumps({})), ("data/0", b"x"), ("version", b"3")):
            file.writestr(f"archive/{name}", data)
    old = tmp_path / "old.pt"
    old.write_bytes(pickle.dumps(0x1950A86A20F9469CFC6C, 2))
    for path in (archive, old):
        with (
            pytest.raises(CorruptError, match="PyTorch files are not supported") as error,
            open_source(path, ReadOptions(), tmp_path / f"unpacked {path.name}"),
        ):
            pass
        assert "np.savez(" in error.value.hint
