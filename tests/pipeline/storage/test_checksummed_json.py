"""A JSON file with a checksum is read unchanged or refused."""

import hashlib
import json
import tracemalloc

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors import CorruptError, MissingError
from pipeline.storage.checksummed_json import (
    CHECKSUM_KEY,
    MAX_BYTES,
    checksummed_bytes,
    publish_json,
    read_json,
)

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)
VALUE = {"format": 1, "name": "Prüfung", "parts": [1, 2.5, None, {"x": "y"}]}


@pytest.fixture
def path(tmp_path):
    publish_json(tmp_path / "value.json", VALUE)
    return tmp_path / "value.json"


@given(value=st.dictionaries(st.text().filter(lambda key: key != CHECKSUM_KEY), PLAIN, max_size=4))
def test_whatever_is_published_is_read(value, tmp_path_factory):
    path = tmp_path_factory.mktemp("json") / "value.json"
    publish_json(path, value)
    assert read_json(path) == value


def test_people_can_read_it_and_the_seal_comes_last(path):
    assert list(json.loads(path.read_text())) == [*VALUE, CHECKSUM_KEY]
    assert path.read_text().startswith('{\n  "format": 1,\n')


def test_the_seal_is_the_hash_of_the_same_text_without_it(path):
    seal = hashlib.sha256(b'{\n  "a": [\n    1\n  ]\n}').hexdigest()
    text = f'{{\n  "a": [\n    1\n  ],\n  "sha256": "{seal}"\n}}\n'
    path.write_text(text, newline="")
    assert read_json(path) == {"a": [1]}
    publish_json(path, {"a": [1]})
    assert path.read_bytes() == text.encode()
    path.write_text(text.replace(seal, "other"))
    with pytest.raises(CorruptError, match=f"sha256 is {seal}, its checksum is other: it was"):
        read_json(path)


def test_every_flipped_bit_and_every_truncation_is_refused(path):
    data = path.read_bytes()
    for position in range(len(data)):
        for bit in range(8):
            path.write_bytes(
                data[:position] + bytes([data[position] ^ 1 << bit]) + data[position + 1 :]
            )
            with pytest.raises(CorruptError, match=r"value\.json"):
                read_json(path, unsealed=VALUE)
        path.write_bytes(data[:position])
        with pytest.raises(CorruptError, match=r"value\.json"):
            read_json(path, unsealed=VALUE)


def test_a_changed_value_is_told_with_both_hashes(path):
    path.write_text(path.read_text().replace("2.5", "2.6"))
    with pytest.raises(CorruptError, match=r"sha256 is \w{64}, its checksum is \w{64}") as caught:
        read_json(path, "Make it again")
    assert caught.value.hint == "Make it again"


def test_without_a_seal_only_a_file_of_the_first_version_is_read(path):
    path.write_text(json.dumps(VALUE))
    assert read_json(path, unsealed=VALUE) == VALUE
    with pytest.raises(CorruptError, match="its checksum is missing"):
        read_json(path)
    with pytest.raises(CorruptError, match="its checksum is missing"):
        read_json(path, unsealed=["format"])


def test_a_newer_format_is_refused_whatever_its_seal(path):
    for text in json.dumps({"format": 9}), json.dumps({"format": 9, CHECKSUM_KEY: "other"}):
        path.write_text(text)
        with pytest.raises(CorruptError, match="format 9; this version reads 1") as caught:
            read_json(path, "Make it again", newest=1)
        assert caught.value.hint == "Update the project, or start over: Make it again"


@pytest.mark.parametrize(("text", "kind"), [("[]", "a list"), ("7", "7"), ("null", "None")])
def test_what_is_no_object_is_named(text, kind, path):
    path.write_text(text)
    message = rf"not a JSON object \(it is {kind}; expected an object\)"
    with pytest.raises(CorruptError, match=message):
        read_json(path)


def test_an_absent_file_is_missing(path):
    path.unlink()
    with pytest.raises(MissingError, match=r"value\.json not found") as caught:
        read_json(path, "Make it again")
    assert caught.value.hint == "Make it again"
    with pytest.raises(MissingError) as caught:
        read_json(path)
    assert caught.value.hint == ""


def test_a_huge_file_is_not_read(path):
    value = {"a": "x" * (MAX_BYTES - len(checksummed_bytes({"a": ""})))}
    publish_json(path, value)
    assert path.stat().st_size == MAX_BYTES
    assert read_json(path) == value
    with path.open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    tracemalloc.start()
    try:
        with pytest.raises(CorruptError, match=r"1,048,577 bytes; expected 1,048,576 at") as caught:
            read_json(path, "Make it again")
        assert tracemalloc.get_traced_memory()[1] < MAX_BYTES
    finally:
        tracemalloc.stop()
    assert caught.value.hint == "Make it again"


@pytest.mark.parametrize("found", ["1", 0, -1, True, 1.0, None, [], {}], ids=repr)
def test_a_format_that_is_no_number_of_one_is_refused(tmp_path, found):
    path = tmp_path / "a.json"
    publish_json(path, {"format": found})
    with pytest.raises(CorruptError, match=r"format is .*; expected 1 to 2"):
        read_json(path, newest=2)
