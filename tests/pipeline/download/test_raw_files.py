"""Examples of a split from raw files: unzipped, upright, counted from 0."""

import dataclasses
import gzip
import hashlib
import io
import zipfile

import numpy as np
import pytest

from pipeline.build import build_pickles
from pipeline.datasets.catalogue.emnist import EMNIST
from pipeline.datasets.catalogue.qmnist import COLUMNS, QMNIST
from pipeline.datasets.records import RawFile, Split
from pipeline.datasets.registry import DATASETS
from pipeline.download.fetch import fetch_dataset
from pipeline.download.raw_files import (
    check_raw,
    read_image_chunks,
    read_label_chunks,
    read_label_rows,
)
from pipeline.errors import CorruptError, MissingError
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import Cache
from pipeline.storage.idx import idx_bytes
from pipeline.verify import verify_dataset

RNG = np.random.default_rng(0)


def sha256(data):
    return hashlib.sha256(data).hexdigest()


def images_of(count):
    return RNG.integers(0, 256, (count, 28, 28)).astype(np.uint8)


def joined(chunks):
    return np.concatenate(list(chunks))


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", "test")


@pytest.fixture
def letters(cache):
    """A small archive in the form of EMNIST's, and the dataset of letters in it."""
    pictures, labels, archive = images_of(30), np.arange(30, dtype=np.uint8) % 26 + 1, io.BytesIO()
    (letters,) = [dataset for dataset in EMNIST if dataset.name == "emnist-letters"]
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
        for split in letters.splits.values():
            upside = idx_bytes(pictures.transpose(0, 2, 1))
            file.writestr(split.images.member, gzip.compress(upside))
            file.writestr(split.labels.member, gzip.compress(idx_bytes(labels)))
    data = archive.getvalue()

    def part(file, size):
        return dataclasses.replace(file, size=len(data), sha256=sha256(data), content_size=size)

    small = {
        name: Split(part(split.images, 16 + 30 * 784), part(split.labels, 8 + 30), 30)
        for name, split in letters.splits.items()
    }
    path = cache.raw("emnist") / "gzip.zip"
    path.parent.mkdir(parents=True)
    path.write_bytes(data)
    return dataclasses.replace(letters, splits=small), pictures, labels


def test_letters_are_turned_upright_and_counted_from_0(letters, cache):
    dataset, pictures, labels = letters
    build_pickles(cache, dataset)
    pixels, answers = read_split(cache, dataset, "test")
    assert np.array_equal(pixels, pictures)
    assert np.array_equal(answers, labels - 1)
    assert [dataset.classes[answer] for answer in answers[:3]] == ["A", "B", "C"]


def test_an_archive_is_fetched_once_for_all_its_selections(letters, cache, tmp_path):
    dataset, *_ = letters
    other = Cache(tmp_path / "other", "test")
    (fetched,) = fetch_dataset(other, dataset, (cache.raw("emnist").as_uri(),))
    assert fetched.path == other.raw("emnist") / "gzip.zip"
    twin = dataclasses.replace(dataset, name="emnist-twin")
    assert [item.status for item in fetch_dataset(other, twin, offline=True)] == ["intact"]


def test_a_changed_archive_is_refused_before_anything_is_made_of_it(letters, cache):
    dataset, *_ = letters
    path = cache.raw("emnist") / "gzip.zip"
    data = bytearray(path.read_bytes())
    data[12] ^= 1  # a date, which zip readers ignore
    path.write_bytes(data)
    with pytest.raises(CorruptError, match=r"gzip\.zip: .* with sha256") as caught:
        build_pickles(cache, dataset)
    assert caught.value.hint == 'Run fetch_dataset(cache, "emnist-letters")'
    assert not cache.pickle(dataset.name, "train").exists()
    statuses = [finding.status for finding in verify_dataset(cache, dataset)]
    assert statuses == ["damaged", "missing", "missing", "missing"]


@pytest.mark.parametrize("label", [0, 27])
def test_a_label_outside_the_classes_is_refused_as_the_file_has_it(label, letters, cache):
    dataset, _, labels = letters
    labels = labels.copy()
    labels[3] = label
    content = idx_bytes(labels)
    own = RawFile("labels", len(content), sha256(content), len(content), sha256(content))
    (cache.raw("emnist") / "labels").write_bytes(content)
    split = dataclasses.replace(dataset.splits["train"], labels=own)
    dataset = dataclasses.replace(dataset, splits={"train": split})
    with pytest.raises(CorruptError, match=f"labels: label {label}; expected 1 to 26"):
        joined(read_label_chunks(cache, dataset, "train"))


@pytest.mark.parametrize("spoil", ["not a zip", "without the member"])
def test_what_is_no_such_archive_is_refused(spoil, letters, cache):
    dataset, *_ = letters
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("other", b"")
    data = b"<html>" if spoil == "not a zip" else archive.getvalue()
    (cache.raw("emnist") / "gzip.zip").write_bytes(data)
    images = dataclasses.replace(
        dataset.splits["train"].images, size=len(data), sha256=sha256(data)
    )
    split = dataclasses.replace(dataset.splits["train"], images=images)
    with pytest.raises(CorruptError, match=r"not a ZIP archive with gzip/emnist-letters"):
        joined(
            read_image_chunks(cache, dataclasses.replace(dataset, splits={"train": split}), "train")
        )


@pytest.fixture
def digits(cache):
    """A small pair of files in the form of QMNIST's test digits."""
    pictures = images_of(12)
    rows = RNG.integers(0, 1000, (12, len(COLUMNS))).astype(np.int32)
    rows[:, 0] = np.arange(12) % 10
    contents = {"images": idx_bytes(pictures), "labels": idx_bytes(rows)}
    files = {
        name: RawFile(name, len(content), sha256(content), len(content), None)
        for name, content in contents.items()
    }
    cache.raw("qmnist").mkdir(parents=True)
    for name, content in contents.items():
        (cache.raw("qmnist") / name).write_bytes(content)
    both = files["images"], files["labels"]
    splits = {"test": Split(*both, 5, 0, 12), "lost": Split(*both, 7, 5, 12)}
    return dataclasses.replace(QMNIST, splits=splits), pictures, rows


def test_two_splits_are_cut_out_of_one_pair_of_files(digits, cache):
    dataset, pictures, rows = digits
    build_pickles(cache, dataset)
    for split, cut in {"test": slice(5), "lost": slice(5, None)}.items():
        pixels, labels = read_split(cache, dataset, split)
        assert np.array_equal(pixels, pictures[cut])
        assert np.array_equal(labels, rows[cut, 0])
        assert np.array_equal(joined(read_label_rows(cache, dataset, split)), rows[cut])


def test_writers_are_read_from_a_table_with_a_name_for_each_column(digits, cache):
    dataset, _, rows = digits
    writer = dataset.label_columns.index("writer")
    found = joined(read_label_rows(cache, dataset, "lost"))[:, writer]
    assert np.array_equal(found, rows[5:, 2])


def test_a_missing_file_names_the_command_that_brings_it_back(digits, cache):
    (cache.raw("qmnist") / "labels").unlink()
    with pytest.raises(MissingError) as caught:
        joined(read_label_chunks(cache, digits[0], "test"))
    assert caught.value.hint == "Run `pipeline fetch qmnist`"


@pytest.mark.parametrize("chunk", [1, 700, 1 << 20])
def test_a_split_may_begin_and_end_inside_a_chunk(chunk, digits, cache, monkeypatch):
    monkeypatch.setattr("pipeline.storage.idx.CHUNK_BYTES", chunk)
    dataset, pictures, rows = digits
    for split, cut in {"test": slice(5), "lost": slice(5, None)}.items():
        assert np.array_equal(joined(read_image_chunks(cache, dataset, split)), pictures[cut])
        labels = joined(read_label_chunks(cache, dataset, split))
        assert (labels.dtype, labels.tolist()) == (np.uint8, rows[cut, 0].tolist())


def test_where_the_content_is_not_known_the_published_hash_decides(digits, cache):
    dataset, *_ = digits
    path, file = cache.raw("qmnist") / "images", dataset.files[0]
    check_raw(path, file)
    path.write_bytes(gzip.compress(path.read_bytes()))  # the same data with another file hash
    with pytest.raises(CorruptError, match="expected"):
        check_raw(path, file)


def test_records_that_nobody_could_confirm_say_so():
    confirmed = {
        name
        for name, dataset in DATASETS.items()
        if all(part.content_sha256 for part in dataset.parts)
    }
    assert confirmed == {"mnist", "mnist-sample", "fashion-mnist"}
