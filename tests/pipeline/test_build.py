"""Pickles are built only from the published raw files, and once."""

import dataclasses
import gzip
import hashlib
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest

from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.catalogue.mnist_sample import MNIST_SAMPLE
from pipeline.download.raw_files import read_image_chunks, read_label_chunks
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.pickles.manifest import read_manifest
from pipeline.storage.cache import Cache, compute_digest
from pipeline.storage.locks import work_lock
from tests.support.checkout import REPOSITORY
from tests.support.peak_memory import PEAK
from tests.support.tiny_dataset import Listener, fill, make_dataset


def artefacts(cache):
    """Return every file except the raw ones, temporary ones too."""
    folder = cache.root / "pickles"
    return sorted(path.name for path in folder.iterdir()) if folder.exists() else []


@pytest.fixture
def tiny(tmp_path):
    dataset, files = make_dataset()
    cache = Cache(tmp_path / "cache", "test")
    fill(cache, dataset, files)
    return cache, dataset, files


def test_each_split_becomes_a_pickle_of_its_images_and_labels(tiny):
    cache, dataset, files = tiny
    for built in build_pickles(cache, dataset):
        images, labels = pickle.loads(built.path.read_bytes())
        content = gzip.decompress(files[f"{built.split}-images.gz"])
        assert np.array(images, np.uint8).tobytes() == content[16:]
        assert labels == [0, 1, 9]
        assert not built.was_intact
        assert built.count == 3
        assert built.path == cache.pickle("tiny", built.split)
        assert built.digest == compute_digest(built.path)
    assert artefacts(cache) == ["tiny.json", "tiny_test.pickle", "tiny_train.pickle"]


def test_the_sample_is_the_beginning_of_mnist_and_needs_no_download(tmp_path):
    cache = Cache(tmp_path / "cache", "test")
    whole = Cache(REPOSITORY / "cache", "test")
    for built in build_pickles(cache, MNIST_SAMPLE):
        images, labels = pickle.loads(built.path.read_bytes())
        first = next(read_image_chunks(whole, MNIST, built.split))[: built.count]
        assert np.array_equal(images, first[: built.count])
        assert labels == next(read_label_chunks(whole, MNIST, built.split))[: built.count].tolist()


def test_who_listens_hears_of_every_image(tiny):
    cache, dataset, _ = tiny
    listener = Listener()
    build_pickles(cache, dataset, reporter=listener)
    assert listener.heard == [
        (f"tiny_{split}.pickle", 3, "images", 3) for split in ("train", "test")
    ]
    build_pickles(cache, dataset, reporter=listener)
    assert len(listener.heard) == 2


def test_who_builds_the_same_is_waited_for(tiny):
    cache, dataset, _ = tiny
    listener, built = Listener(), []
    thread = threading.Thread(
        target=lambda: built.extend(build_pickles(cache, dataset, reporter=listener)), daemon=True
    )
    with work_lock(cache, "build-tiny"):
        thread.start()
        while thread.is_alive() and not listener.notes:
            time.sleep(0.01)
        assert not built
    thread.join()
    assert listener.notes == ["another process is working on build-tiny; waiting for it"]
    assert [item.split for item in built] == ["train", "test"]


def test_what_is_intact_is_not_built_again(tiny):
    cache, dataset, _ = tiny
    built = build_pickles(cache, dataset)
    times = [item.path.stat().st_mtime_ns for item in built]
    again = build_pickles(cache, dataset)
    assert again == [dataclasses.replace(item, was_intact=True) for item in built]
    assert [item.path.stat().st_mtime_ns for item in again] == times


def test_force_builds_the_same_bytes_again(tiny):
    cache, dataset, _ = tiny
    first, second = build_pickles(cache, dataset), build_pickles(cache, dataset, force=True)
    assert second == first
    assert not second[0].was_intact


@pytest.mark.parametrize("harm", ["changed", "cut", "removed", "manifest removed", "manifest cut"])
def test_a_pickle_that_is_not_intact_is_built_again(harm, tiny):
    cache, dataset, _ = tiny
    good = build_pickles(cache, dataset)
    path = cache.manifest("tiny") if "manifest" in harm else good[0].path
    data = path.read_bytes()
    if "removed" in harm:
        path.unlink()
    else:
        path.write_bytes(data[:-9] if "cut" in harm else data[:99] + b"\x01" + data[100:])
    assert build_pickles(cache, dataset) == good
    assert path.read_bytes() == data


@pytest.mark.parametrize("split", ["train", "test"])
@pytest.mark.parametrize("kind", ["images", "labels"])
@pytest.mark.parametrize("harm", ["one pixel", "cut", "html", "empty", "shorter", "longer"])
def test_a_damaged_raw_file_is_refused_and_nothing_vouches_for_what_was_made(
    harm, kind, split, tiny
):
    cache, dataset, files = tiny
    path = cache.raw("tiny") / f"{split}-{kind}.gz"
    content = bytearray(gzip.decompress(files[path.name]))
    if harm == "one pixel":
        content[-1] ^= 1
    elif harm in ("shorter", "longer"):
        content[7] += 1 if harm == "longer" else -1  # the count in the header
    data = gzip.compress(content)
    path.write_bytes({"cut": data[:-9], "html": b"<html>", "empty": b""}.get(harm, data))
    with pytest.raises(CorruptError, match=f"{split}-{kind}.gz: ") as caught:
        build_pickles(cache, dataset)
    assert caught.value.hint == 'Run fetch_dataset(cache, "tiny")'
    assert artefacts(cache) == ([] if split == "train" else ["tiny_train.pickle"])


def test_the_content_is_held_to_its_hash(tiny):
    cache, dataset, files = tiny
    content = bytearray(gzip.decompress(files["train-images.gz"]))
    content[500] ^= 1
    (cache.raw("tiny") / "train-images.gz").write_bytes(gzip.compress(content))
    found, expected = hashlib.sha256(content).hexdigest(), dataset.files[0].content_sha256
    with pytest.raises(CorruptError, match=f"content has sha256 {found}; expected {expected}"):
        build_pickles(cache, dataset)


def test_an_absent_raw_file_is_missing(tiny):
    cache, dataset, _ = tiny
    (cache.raw("tiny") / "test-images.gz").unlink()
    with pytest.raises(MissingError, match=r"test-images\.gz not found") as caught:
        build_pickles(cache, dataset)
    assert caught.value.hint == 'Run fetch_dataset(cache, "tiny")'


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"shape": (27, 28)}, r"uint8 of shape \(3, 27, 28\); expected uint8 of \(3, 28, 28\)"),
        ({"shape": ()}, r"uint8 of shape \(3,\); expected uint8 of \(3, 28, 28\)"),
        ({"dtype": np.int8}, r"int8 of shape \(3, 28, 28\); expected uint8"),
        ({"labels": (0, 10, 1)}, "label 10; expected 0 to 9"),
    ],
)
def test_files_that_hold_no_such_images_are_refused(options, message, tmp_path):
    dataset, files = make_dataset(**options)
    cache = Cache(tmp_path, "test")
    fill(cache, dataset, files)
    with pytest.raises(CorruptError, match=message):
        build_pickles(cache, dataset)
    assert artefacts(cache) == []


@pytest.mark.parametrize("pack", [bytes, lambda content: gzip.compress(content, 1)])
def test_the_same_data_zipped_again_or_not_at_all_is_the_same_data(pack, tiny):
    cache, dataset, files = tiny
    good = build_pickles(cache, dataset)
    fill(cache, dataset, {name: pack(gzip.decompress(data)) for name, data in files.items()})
    assert build_pickles(cache, dataset, force=True) == good


def test_the_manifest_holds_the_hash_of_each_pickle_and_of_what_it_was_made_from(tiny):
    cache, dataset, _ = tiny
    built = build_pickles(cache, dataset)
    manifest = read_manifest(cache, dataset)
    assert manifest["inputs"] == {file.name: file.content_sha256 for file in dataset.files}
    for item in built:
        size, sha256 = item.digest
        assert manifest["pickles"][item.split] == {"count": 3, "size": size, "sha256": sha256}


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="ru_maxrss is in KiB on Linux")
def test_building_takes_no_more_than_150_megabytes(raw_cache):
    done = subprocess.run(
        [sys.executable, "-c", PEAK, "build-pickles", "-q", "--cache-dir", str(raw_cache.root)],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout.splitlines()[-1]) * 1024 <= 150e6


def test_a_pickle_of_the_users_own_is_not_replaced_unless_forced(raw_cache):
    path = raw_cache.pickle("mnist", "test")
    path.parent.mkdir(parents=True)
    path.write_bytes(b"mine")
    with pytest.raises(
        UsageError, match="has no manifest and differs from the pickle to build"
    ) as caught:
        build_pickles(raw_cache, MNIST)
    assert "force=True" in caught.value.hint
    assert path.read_bytes() == b"mine"
    build_pickles(raw_cache, MNIST, force=True)
    assert path.read_bytes() != b"mine"


def test_a_build_that_was_killed_before_its_manifest_is_finished_by_the_next(raw_cache):
    build_pickles(raw_cache, MNIST)
    raw_cache.manifest("mnist").unlink()
    assert [item.was_intact for item in build_pickles(raw_cache, MNIST)] == [False, False]
    assert raw_cache.manifest("mnist").exists()
