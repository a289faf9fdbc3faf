"""The registry's facts, and the embedded files that match them."""

import gzip
import hashlib
import re
from pathlib import Path

import pytest

from pipeline.build import comes_with_package
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import DATASETS, find_dataset
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache
from tests.support.checkout import RAW

EVERY_DATASET = pytest.mark.parametrize("dataset", DATASETS.values(), ids=DATASETS)


@EVERY_DATASET
def test_a_dataset_is_known_by_its_name(dataset):
    assert find_dataset(Cache(Path("/nowhere"), "test"), dataset.name) is dataset
    assert re.fullmatch(r"[a-z0-9-]+", dataset.name)  # it becomes the name of a folder


@EVERY_DATASET
def test_mirrors_are_https_folders(dataset):
    assert dataset.mirrors
    assert len(set(dataset.mirrors)) == len(dataset.mirrors)
    remote = [mirror for mirror in dataset.mirrors if not comes_with_package(dataset)]
    assert all(re.fullmatch(r"https://[^/ ]+/(\S+/)?", mirror) for mirror in remote)


@EVERY_DATASET
def test_every_file_is_identified_by_size_and_hash(dataset):
    for file in dataset.files:
        assert file.size > 0
        assert re.fullmatch(r"[0-9a-f]{64}", file.sha256)
    for part in dataset.parts:
        assert part.member or part.size <= part.content_size
        assert re.fullmatch(r"[0-9a-f]{64}", part.identity)


@EVERY_DATASET
def test_no_two_files_share_a_name_or_a_hash(dataset):
    for facts in zip(*((f.name, f.sha256) for f in dataset.files), strict=True):
        assert len(set(facts)) == len(dataset.files)
    assert all("/" not in file.name for file in dataset.files)
    assert len({part.key for part in dataset.parts}) == len(dataset.parts)


@EVERY_DATASET
def test_content_sizes_follow_from_the_counts(dataset):
    for split in dataset.splits.values():
        n, columns = split.count_in_files, dataset.label_columns
        assert split.images.content_size == 16 + n * 28 * 28
        assert split.labels.content_size == (12 + n * 4 * len(columns) if columns else 8 + n)
        assert 0 <= split.start <= split.start + split.count <= n


@EVERY_DATASET
def test_a_dataset_says_whose_it_is_and_names_its_classes(dataset):
    assert dataset.title
    assert dataset.source
    assert dataset.licence
    assert dataset.citation
    assert 2 <= len(set(dataset.classes)) == len(dataset.classes) <= 256


@pytest.mark.parametrize("file", MNIST.files, ids=lambda file: file.name)
def test_the_embedded_files_are_the_published_ones(file):
    data = (RAW / file.name).read_bytes()
    content = gzip.decompress(data)
    assert (len(data), len(content)) == (file.size, file.content_size)
    assert hashlib.sha256(data).hexdigest() == file.sha256
    assert hashlib.sha256(content).hexdigest() == file.content_sha256


@pytest.mark.parametrize("typo", ["mnits", "MNIST", "minst"])
def test_a_typo_is_answered_with_the_nearest_name(typo, tmp_path):
    message = f'dataset "{typo}" not found; the datasets are .*mnist'
    with pytest.raises(UsageError, match=message) as got:
        find_dataset(Cache(tmp_path, "test"), typo)
    assert got.value.hint == "Did you mean mnist?"


def test_a_name_like_no_other_is_answered_with_the_list(tmp_path):
    with pytest.raises(UsageError, match='dataset "zebra" not found') as caught:
        find_dataset(Cache(tmp_path, "test"), "zebra")
    assert "all_datasets(cache) shows them all" in caught.value.hint
