"""A pickle is read if the manifest verifies it, or if the user put it there."""

import json
import pickle

import numpy as np
import pytest

from pipeline.build import build_pickles
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.pickles.manifest import (
    MANIFEST_FORMAT,
    UNSEALED,
    OtherInputsError,
    check_pickle,
    read_manifest,
    read_split,
)
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import publish_json, read_json
from pipeline.storage.python_words import spell
from tests.support.tiny_dataset import fill, make_dataset

REBUILD = "Run `pipeline build-pickles tiny --force`"
READERS = [check_pickle, read_split]


@pytest.fixture
def built(tmp_path):
    dataset, files = make_dataset()
    cache = Cache(tmp_path, "test")
    fill(cache, dataset, files)
    build_pickles(cache, dataset)
    return cache, dataset


def change_manifest(cache, change):
    path = cache.manifest("tiny")
    manifest = read_json(path)
    change(manifest)
    publish_json(path, manifest)


def change_byte(path, position):
    data = bytearray(path.read_bytes())
    data[position] ^= 1
    path.write_bytes(data)


def test_a_split_is_read_as_arrays(built):
    pixels, labels = read_split(*built, "train")
    assert (pixels.shape, pixels.dtype) == ((3, 28, 28), np.uint8)
    assert (labels.tolist(), labels.dtype) == ([0, 1, 9], np.int64)


@pytest.mark.parametrize("read", READERS)
@pytest.mark.parametrize("position", [0, 11, 41, 2000, -4, -1])
def test_a_changed_byte_is_found(position, read, built):
    change_byte(built[0].pickle("tiny", "train"), position)
    with pytest.raises(
        CorruptError, match=r"tiny_train\.pickle: (sha256 is|not a pickle of)"
    ) as got:
        read(*built, "train")
    assert "build_pickles(" in spell(got.value.hint)
    read(*built, "test")  # the other one is unchanged


@pytest.mark.parametrize("read", READERS)
def test_a_sound_pickle_that_is_not_the_one_in_the_manifest_is_refused(read, built):
    cache, _ = built
    cache.pickle("tiny", "train").write_bytes(cache.pickle("tiny", "test").read_bytes())
    with pytest.raises(CorruptError, match=r"sha256 is [0-9a-f]{64}; expected [0-9a-f]{64}"):
        read(*built, "train")


@pytest.mark.parametrize("read", READERS)
def test_a_pickle_that_the_manifest_names_and_nobody_has_is_missing(read, built):
    built[0].pickle("tiny", "train").unlink()
    with pytest.raises(MissingError, match=r"tiny_train\.pickle not found") as caught:
        read(*built, "train")
    assert spell(caught.value.hint).startswith("Run build_pickles(")


def test_nothing_built_is_missing_and_the_hint_is_the_command(tmp_path):
    dataset, _ = make_dataset()
    with pytest.raises(MissingError, match="the pickles of tiny are not built") as caught:
        read_split(Cache(tmp_path, "test"), dataset, "train")
    build = 'build_pickles(cache, "tiny")'
    assert caught.value.hint == f'Run fetch_dataset(cache, "tiny"), then {build}'
    for file in dataset.files:
        path = Cache(tmp_path, "test").raw("tiny") / file.name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    with pytest.raises(MissingError) as caught:
        read_split(Cache(tmp_path, "test"), dataset, "train")
    assert caught.value.hint == f"Run {build}"


def test_a_pickle_made_from_other_data_is_refused(built):
    change_manifest(built[0], lambda it: it["inputs"].update({"train-images.gz": "0" * 64}))
    message = r"tiny_train\.pickle: made from a train-images\.gz with content 0+; expected \w{64}"
    with pytest.raises(OtherInputsError, match=message) as caught:
        check_pickle(*built, "train")
    assert caught.value.hint == REBUILD
    assert check_pickle(*built, "test")


@pytest.mark.parametrize("read", READERS)
def test_a_manifest_of_a_newer_format_is_refused_with_a_hint(read, built):
    change_manifest(built[0], lambda it: it.update(format=MANIFEST_FORMAT + 1))
    with pytest.raises(CorruptError, match="format 3; this version reads 2") as caught:
        read(*built, "train")
    assert caught.value.hint.startswith("Update the project, or start over: ")
    assert 'build_pickles(cache, "tiny", force=True)' in spell(caught.value.hint)


@pytest.mark.parametrize(
    "text",
    [
        *("", "{", "[]", "null", "7", "{}", "[" * 100_000),
        pytest.param("\xff", id="no UTF-8"),
        *('{"format": 1}', '{"format": "1"}', '{"format": 1, "pickles": []}'),
        '{"format": 1, "pickles": {"train": {"sha256": "a"}}}',
    ],
    ids=lambda text: text[:40],
)
def test_what_is_no_manifest_is_refused(text, built):
    built[0].manifest("tiny").write_text(text, encoding="latin-1")
    with pytest.raises(CorruptError, match=r"tiny\.json: (not a |sha256 is|format is)") as caught:
        read_manifest(*built)
    assert caught.value.hint == REBUILD


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"dataset": "other"}, '(format 2 of "other")'),
        ({"inputs": None}, "(its inputs are not an object)"),
        ({"pickles": {"train": {"sha256": "a" * 63}}}, f'("{"a" * 63}" is not a SHA-256)'),
        ({"pickles": {}}, '("train" is missing)'),
    ],
)
def test_a_manifest_that_cannot_vouch_is_told_why(change, reason, built):
    change_manifest(built[0], lambda it: it.update(change))
    with pytest.raises(CorruptError, match=r"tiny\.json: not a manifest of pickles") as caught:
        read_manifest(*built)
    assert reason in caught.value.message
    assert caught.value.hint == REBUILD


def test_a_manifest_of_the_first_format_has_no_seal(built):
    path = built[0].manifest("tiny")
    manifest = {key: read_json(path)[key] for key in UNSEALED} | {"format": 1}
    path.write_text(json.dumps(manifest))
    assert read_manifest(*built) == manifest
    assert check_pickle(*built, "train")


@pytest.mark.parametrize("inputs", [None, [], "text", 7])
def test_a_manifest_without_its_inputs_vouches_for_nothing(inputs, built):
    change_manifest(built[0], lambda it: it.update(inputs=inputs))
    with pytest.raises(CorruptError, match=r"made from|not a manifest") as caught:
        check_pickle(*built, "train")
    assert caught.value.hint == REBUILD


@pytest.mark.parametrize("sha256", [None, 7, "", ["a"]])
@pytest.mark.parametrize("read", READERS)
def test_a_manifest_without_a_hash_vouches_for_nothing(read, sha256, built):
    change_manifest(built[0], lambda it: it["pickles"]["train"].update(sha256=sha256))
    change_byte(built[0].pickle("tiny", "train"), 41)
    with pytest.raises(CorruptError, match="tiny"):
        read(*built, "train")


def test_a_pickle_of_the_users_own_needs_no_manifest(built):
    cache, dataset = built
    cache.manifest("tiny").unlink()
    pixels = np.arange(2 * 784).reshape(2, 784) % 256
    cache.pickle("tiny", "train").write_bytes(
        pickle.dumps({"images": pixels, "labels": [[3], [4]]})
    )
    again = read_split(cache, dataset, "train")
    assert np.array_equal(again[0], pixels.reshape(2, 28, 28))
    assert again[1].tolist() == [3, 4]


def test_a_pickle_of_the_users_own_has_no_labels_without_a_class(built):
    cache, dataset = built
    cache.manifest("tiny").unlink()
    content = np.zeros((1, 28, 28), int), [10]
    cache.pickle("tiny", "train").write_bytes(pickle.dumps(content))
    with pytest.raises(CorruptError, match="label 10; expected 0 to 9"):
        read_split(cache, dataset, "train")


def test_a_split_that_is_not_is_named_with_those_that_are(built):
    with pytest.raises(UsageError, match='tiny has no split "trian"; its splits are train, test'):
        read_split(*built, "trian")
