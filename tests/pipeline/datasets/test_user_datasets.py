"""The record of a user's dataset is found by name, and read only if intact."""

import dataclasses

import pytest

from pipeline.datasets.records import Dataset, images_size, labels_size
from pipeline.datasets.registry import DATASETS, all_datasets, find_dataset
from pipeline.datasets.user_datasets import (
    RECORD_FORMAT,
    check_dataset_name,
    publish_record,
    read_record,
    user_dataset_names,
)
from pipeline.errors import CorruptError, UsageError
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import publish_json, read_json
from tests.support.tiny_dataset import make_dataset


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path, "test")


@pytest.fixture
def own(cache):
    dataset = dataclasses.replace(make_dataset()[0], name="scans", title="My scans", mirrors=())
    publish_record(cache, dataset)
    return dataset


def test_a_record_is_found_by_its_name_beside_those_we_know(own, cache):
    assert read_record(cache, "scans") == find_dataset(cache, "scans") == own
    assert all_datasets(cache) == [*DATASETS.values(), own]
    with pytest.raises(UsageError, match=r"the datasets are mnist, .*, scans") as caught:
        find_dataset(cache, "scnas")
    assert caught.value.hint == "Did you mean scans?"


def test_folders_without_a_record_or_with_another_name_are_no_data_sets(own, cache):
    cache.raw("empty").mkdir(parents=True)
    for name in ("..bad", "Ü"):
        cache.record(name).parent.mkdir()
        cache.record(name).write_bytes(cache.record("scans").read_bytes())
    assert user_dataset_names(cache) == ["scans"]


def test_a_registry_entry_cannot_be_hidden_by_a_record(cache, own):
    publish_record(cache, dataclasses.replace(own, name="mnist"))
    assert find_dataset(cache, "mnist") is DATASETS["mnist"]


@pytest.mark.parametrize("name", ["scans", "a", "my-2-scans", "0", "x" * 64])
def test_small_letters_digits_and_dashes_make_a_name(name):
    assert check_dataset_name(name) == name


@pytest.mark.parametrize("name", ["con", "nul", "com1", "lpt9", "aux", "prn"])
def test_names_of_devices_are_refused(name):
    with pytest.raises(UsageError, match="Windows has a device of this name"):
        check_dataset_name(name)


@pytest.mark.parametrize("name", ["", "-", "a-", "A", "a_b", "ä", "a/b", "..", "a\n", "x" * 65])
def test_anything_else_is_no_name(name):
    with pytest.raises(UsageError, match="is not a valid dataset name"):
        check_dataset_name(name)


def spoilt(record, path, value):
    """Put a value into a nested record."""
    *above, last = path
    inner = record
    for key in above:
        inner = inner[key]
    inner[last] = value
    return record


@pytest.mark.parametrize(
    ("path", "value", "reason"),
    [
        (["name"], "other", 'it is the record of "other"'),
        *((["classes"], classes, "(its classes are not valid)") for classes in (["a", "a"], [])),
        (["classes"], [f"{number}" for number in range(257)], "(its classes are not valid)"),
        (["classes"], None, "its content is not valid"),
        (["splits", "train", "count"], 4, "(sizes that do not match the counts)"),
        (["splits", "train", "images"], {}, '("name" is missing)'),
        (["splits", "train", "images", "content_sha256"], None, 'the file "train-images.gz"'),
        (["splits", "train", "images", "name"], "../../etc/passwd", 'the file "../../etc/passwd"'),
        (["splits", "train", "labels", "content_size"], -1, "(sizes that do not match the"),
        (["splits"], [], "not valid"), (["splits"], {}, "(its splits are not valid)"),
        (["splits", "Train"], None, "not valid"), (["colour"], "red", '("colour" is unknown)'),
        *((["format"], number, "format is") for number in ("1", 0, 2.0)),
        (["splits", "train", "start"], 1, "(a split that is only part of its files)"),
        (["splits", "train", "file_count"], 2, "(a split that is only part of its files)"),
        (["group"], "../..", "(fields that only published datasets have, or that are not text)"),
        (["title"], 7, "(fields that only published datasets have, or that are not text)"),
        (["mirrors"], ["https://a/"], "(fields that only published datasets have"),
    ],
)  # fmt: skip
def test_a_record_that_contradicts_itself_is_refused(path, value, reason, own, cache):
    record = spoilt(read_json(cache.record("scans")), path, value)
    publish_json(cache.record("scans"), record)
    message = r"dataset\.json: (not the record of a|format)"
    with pytest.raises(CorruptError, match=message) as caught:
        find_dataset(cache, "scans")
    assert caught.value.hint == "Run import_dataset(...) again"
    assert reason in caught.value.message


@pytest.mark.parametrize("count", [1, 256])
def test_a_record_has_from_one_to_256_classes(count, own, cache):
    dataset = dataclasses.replace(own, classes=tuple(map(str, range(count))))
    publish_record(cache, dataset)
    assert read_record(cache, "scans") == dataset


def test_a_record_of_a_newer_format_is_refused(own, cache):
    record = {**read_json(cache.record("scans")), "format": RECORD_FORMAT + 1}
    publish_json(cache.record("scans"), record)
    with pytest.raises(
        CorruptError, match=f"format {RECORD_FORMAT + 1}; this version reads"
    ) as caught:
        find_dataset(cache, "scans")
    assert caught.value.hint.endswith("start over: Run import_dataset(...) again")


def test_sizes_follow_from_counts():
    assert (images_size(60_000), labels_size(60_000)) == (47_040_016, 60_008)
    assert dataclasses.is_dataclass(Dataset)
