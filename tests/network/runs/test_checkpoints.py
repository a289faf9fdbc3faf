"""A checkpoint comes back as it was saved, or not at all."""

import hashlib
import io
import json
import os
import tracemalloc
import zipfile

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from network.core.params import named_arrays
from network.layers.activations import ACTIVATIONS
from network.layers.text import describe_layer
from network.runs.checkpoints import (
    FORMAT,
    Checkpoint,
    hash_arrays,
    load_checkpoint,
    parse_npy,
    save_checkpoint,
)
from network.training.build import fully_connected
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.storage.npy import MAX_HEADER


def make_checkpoint(
    hidden=(1,), activation="tanh", loss="cross-entropy", optimizer="momentum", seed=0
):
    model = fully_connected(tuple(hidden), 3, activation, "glorot", LOSSES[loss])
    params = model.init(np.random.default_rng(seed), (28, 28))
    return Checkpoint(model, params, OPTIMIZERS[optimizer]().init(params), {"epoch": 7})


def content(checkpoint):
    """Everything in a checkpoint as one comparable value."""
    trees = {"params": checkpoint.params, **checkpoint.state}
    return checkpoint.model, [
        (tree, name, array.dtype.str, array.shape, array.flags.f_contiguous, array.tobytes())
        for tree, params in sorted(trees.items())
        for name, array in named_arrays(params)
    ]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("checkpoints")


@pytest.fixture(scope="module")
def saved(folder):
    """The bytes of a small checkpoint."""
    save_checkpoint(folder / "saved.npz", make_checkpoint())
    return (folder / "saved.npz").read_bytes()


@settings(max_examples=20)
@given(
    hidden=st.lists(st.integers(1, 5), max_size=2), activation=st.sampled_from(sorted(ACTIVATIONS)),
    loss=st.sampled_from(sorted(LOSSES)), optimizer=st.sampled_from(sorted(OPTIMIZERS)),
    seed=st.integers(0, 2**32), note=st.text(),
)  # fmt: skip
def test_what_is_saved_is_loaded(folder, hidden, activation, loss, optimizer, seed, note):
    checkpoint = make_checkpoint(hidden, activation, loss, optimizer, seed)
    checkpoint.meta["note"] = note
    save_checkpoint(folder / "c.npz", checkpoint)
    loaded = load_checkpoint(folder / "c.npz")
    assert content(loaded) == content(checkpoint)
    assert (loaded.meta["epoch"], loaded.meta["note"]) == (7, note)
    assert all(array.flags.writeable for _, array in named_arrays(loaded.params))


def test_the_same_content_gives_the_same_bytes(folder, saved):
    save_checkpoint(folder / "again.npz", load_checkpoint(folder / "saved.npz"))
    save_checkpoint(folder / "new.npz", make_checkpoint())
    assert (folder / "new.npz").read_bytes() == saved
    assert content(load_checkpoint(folder / "again.npz")) == content(make_checkpoint())


def test_numpy_opens_a_checkpoint_without_pickle(folder, saved):
    with np.load(folder / "saved.npz", allow_pickle=False) as file:
        assert np.array_equal(file["params/1/weight"], make_checkpoint().params[1]["weight"])
        assert json.loads(file["meta"].tobytes())["format"] == FORMAT


def test_saving_leaves_nothing_but_the_checkpoint(tmp_path):
    save_checkpoint(tmp_path / "c.npz", make_checkpoint())
    save_checkpoint(tmp_path / "c.npz", make_checkpoint(seed=1))
    assert [*tmp_path.iterdir()] == [tmp_path / "c.npz"]
    assert content(load_checkpoint(tmp_path / "c.npz")) == content(make_checkpoint(seed=1))


def test_every_flipped_byte_is_refused(tmp_path, saved):
    path = tmp_path / "c.npz"
    for position in range(0, len(saved), 61):
        for mask in (0x01, 0x80, 0xFF):
            damaged = bytearray(saved)
            damaged[position] ^= mask
            path.write_bytes(damaged)
            with pytest.raises(CorruptError, match=r"c\.npz is not a readable checkpoint"):
                load_checkpoint(path)


def test_every_truncation_is_refused(tmp_path, saved):
    for length in range(0, len(saved), 61):
        (tmp_path / "c.npz").write_bytes(saved[:length])
        with pytest.raises(CorruptError, match=r"c\.npz is not a readable checkpoint"):
            load_checkpoint(tmp_path / "c.npz")


def arrays_and_meta():
    checkpoint = make_checkpoint(optimizer="sgd")
    arrays = {f"params/{name}": array for name, array in named_arrays(checkpoint.params)}
    layers = [describe_layer(layer) for layer in checkpoint.model.layers]
    return arrays, {"format": 1, "layers": layers}  # the format that has no seal


def write(path, arrays, meta, save=np.savez):
    """Write a checkpoint by hand, with the hash that its arrays really have."""
    meta = {**meta, "sha256": hash_arrays(arrays)}
    save(path, meta=np.frombuffer(json.dumps(meta).encode(), np.uint8), **arrays)
    return path


def test_a_newer_format_is_refused_with_a_hint(tmp_path):
    arrays, meta = arrays_and_meta()
    expected = content(make_checkpoint(optimizer="sgd"))
    assert content(load_checkpoint(write(tmp_path / "c.npz", arrays, meta))) == expected
    write(tmp_path / "c.npz", arrays, {**meta, "format": FORMAT + 1})
    with pytest.raises(
        CorruptError, match=f"format is {FORMAT + 1}; .* reads up to {FORMAT}"
    ) as caught:
        load_checkpoint(tmp_path / "c.npz")
    assert caught.value.hint == "Update the project"


def test_other_arrays_than_the_hash_says_are_refused(tmp_path):
    arrays, meta = arrays_and_meta()
    meta = {**meta, "sha256": hash_arrays(arrays)}
    arrays["params/1/weight"] = arrays["params/1/weight"] + 1
    meta = np.frombuffer(json.dumps(meta).encode(), np.uint8)
    np.savez(tmp_path / "c.npz", meta=meta, **arrays)
    with pytest.raises(CorruptError, match=r"arrays have sha256 \w{64}; expected \w{64}"):
        load_checkpoint(tmp_path / "c.npz")


def test_the_comment_of_the_zip_is_the_hash_of_all_before_it(folder, saved):
    with zipfile.ZipFile(folder / "saved.npz") as archive:
        assert archive.comment == hashlib.sha256(saved[:-64]).hexdigest().encode()
    assert saved[-66:-64] == b"\x40\0"  # zipfile itself does not mind another length


def test_a_changed_file_is_told_with_both_hashes(tmp_path, saved):
    (tmp_path / "c.npz").write_bytes(b"p" + saved[1:])
    with pytest.raises(CorruptError, match=r"its sha256 is \w{64}; its checksum is \w{64}"):
        load_checkpoint(tmp_path / "c.npz")


def test_only_the_first_format_may_lack_its_seal(tmp_path):
    arrays, meta = arrays_and_meta()
    write(tmp_path / "c.npz", arrays, {**meta, "format": 2})
    with pytest.raises(CorruptError, match="its format is 2, but it has no checksum"):
        load_checkpoint(tmp_path / "c.npz")


def test_compressed_members_are_refused(tmp_path):
    write(tmp_path / "c.npz", *arrays_and_meta(), save=np.savez_compressed)
    with pytest.raises(CorruptError, match="is compressed"):
        load_checkpoint(tmp_path / "c.npz")


def test_members_that_share_their_bytes_are_refused(tmp_path):
    write(tmp_path / "c.npz", *arrays_and_meta())
    with zipfile.ZipFile(tmp_path / "c.npz", "a") as archive:
        archive.filelist += archive.filelist
        archive.writestr("last.npy", b"")
    with pytest.raises(CorruptError, match="its members are larger than the file"):
        load_checkpoint(tmp_path / "c.npz")


def test_members_of_the_same_name_are_refused(tmp_path):
    write(tmp_path / "c.npz", *arrays_and_meta())
    with (
        zipfile.ZipFile(tmp_path / "c.npz", "a") as archive,
        pytest.warns(UserWarning, match="Duplicate name"),
    ):
        archive.writestr("meta.npy", b"")
    with pytest.raises(CorruptError, match="two of its members have the same name"):
        load_checkpoint(tmp_path / "c.npz")


def npy(array, version=(1, 0)):
    file = io.BytesIO()
    np.lib.format.write_array(file, array, version)
    return file.getvalue()


@pytest.mark.parametrize("order", ["C", "F"])
@pytest.mark.parametrize("version", [(1, 0), (2, 0), (3, 0)])
def test_an_array_of_any_version_and_order_is_read(version, order):
    array = np.array([[0.5, 1, 2], [3, 4, 5]], order=order)
    again = parse_npy("a", npy(array, version))
    assert (again.dtype, again.tolist()) == (array.dtype, array.tolist())


def test_the_header_of_an_array_may_be_as_long_as_in_numpy_and_no_longer():
    def array(length):
        header = b"{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }".ljust(length)
        return b"\x93NUMPY\1\0" + length.to_bytes(2, "little") + header + b"four"

    assert parse_npy("a", array(MAX_HEADER)).tobytes() == b"four"
    message = "a is not an array of numbers, or its header is damaged"
    with pytest.raises(CorruptError, match=message):
        parse_npy("a", array(MAX_HEADER + 1))


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (b"\x93", b"\x92", "a is not an array of numbers, or its header is damaged"),
        (b"(2,)", b"(2.)", "a is not an array of numbers, or its header is damaged"),
        (b"<f8", b"<q9", "a has an unknown type or size"),
        (b"<f8", b"|O8", r"16 bytes for object of shape \(2,\)"),
        (b"(2,)", b"(3,)", r"16 bytes for float64 of shape \(3,\)"),
    ],
)
def test_an_array_that_is_not_what_its_header_says_is_named(old, new, message):
    with pytest.raises((CorruptError, ValueError), match=message):
        parse_npy("a", npy(np.zeros(2)).replace(old, new))


def test_a_damaged_array_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("params/1/weight.npy", b"<html>")
    with pytest.raises(CorruptError, match=r"c\.npz is not .* \(params/1/weight is not an array"):
        load_checkpoint(tmp_path / "c.npz")


@pytest.mark.parametrize("shape", [(2**40,), (2**31, 2**31), (-1, -1), (2, 2, 3)])
def test_a_header_that_promises_more_than_is_there_is_refused_before_allocating(tmp_path, shape):
    stream = io.BytesIO()
    header = {"descr": "|u1", "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(stream, header)
    with zipfile.ZipFile(tmp_path / "c.npz", "w") as archive:
        archive.writestr("meta.npy", stream.getvalue() + b"four")
    tracemalloc.start()
    try:
        with pytest.raises(CorruptError, match="is not a readable checkpoint"):
            load_checkpoint(tmp_path / "c.npz")
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()


class Bomb:
    def __reduce__(self):
        return os.mkdir, ("exploded",)


def test_objects_are_refused_and_nothing_is_run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    _, meta = arrays_and_meta()
    objects = np.array([Bomb()], object)
    encoded = np.frombuffer(json.dumps({**meta, "sha256": ""}).encode(), np.uint8)
    np.savez(tmp_path / "c.npz", **{"meta": encoded, "params/1/weight": objects})
    with pytest.raises(CorruptError, match="is not a readable checkpoint"):
        load_checkpoint(tmp_path / "c.npz")
    assert not (tmp_path / "exploded").exists()


def without_bias(arrays, meta):
    del arrays["params/1/bias"]


def short_bias(arrays, meta):
    arrays["params/1/bias"] = arrays["params/1/bias"][:-1]


def other_inputs(arrays, meta):
    arrays["params/3/weight"] = arrays["params/3/weight"][:-1]


def integers(arrays, meta):
    arrays["params/1/weight"] = arrays["params/1/weight"].astype(np.int64)


def one_layer_too_many(arrays, meta):
    arrays["params/9/weight"] = arrays["params/1/weight"]


def unknown_layer(arrays, meta):
    meta["layers"][2] = {"layer": "Perceptron"}


def without_layers(arrays, meta):
    del meta["layers"]


def meta_of_another_kind(arrays, meta):
    meta["format"] = "one"


@pytest.mark.parametrize(
    "spoil",
    [
        without_bias, short_bias, other_inputs, integers, one_layer_too_many, unknown_layer,
        without_layers, meta_of_another_kind,
    ],
)  # fmt: skip
def test_params_that_do_not_fit_the_layers_are_refused(tmp_path, spoil):
    arrays, meta = arrays_and_meta()
    spoil(arrays, meta)
    write(tmp_path / "c.npz", arrays, meta)
    with pytest.raises(CorruptError, match=r"c\.npz"):
        load_checkpoint(tmp_path / "c.npz")


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        (np.ones((784, 1), np.int64), "1/weight is int64; expected floating-point numbers"),
        (np.full((784, 1), np.nan), "1/weight contains values that are not finite numbers"),
        (np.full((784, 1), np.inf), "1/weight contains values that are not finite numbers"),
    ],
)
def test_weights_to_compute_with_are_finite_floats(tmp_path, weights, message):
    arrays, meta = arrays_and_meta()
    write(tmp_path / "c.npz", {**arrays, "params/1/weight": weights}, meta)
    with pytest.raises(CorruptError, match=message):
        load_checkpoint(tmp_path / "c.npz")


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(MissingError, match=r"c\.npz not found"):
        load_checkpoint(tmp_path / "c.npz")
    with pytest.raises(StorageError, match="cannot read"):
        load_checkpoint(tmp_path)
