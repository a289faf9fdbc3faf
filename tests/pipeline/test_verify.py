"""Cached files are compared with their expected hashes."""

import gzip
import hashlib
import shutil
import time
import tracemalloc

import pytest

from pipeline.build import build_pickles
from pipeline.download.raw_files import check_raw
from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import publish_json, read_json
from pipeline.verify import exists, repair_dataset, verify_dataset, worst_error
from tests.support.tiny_dataset import Listener, fill, make_dataset


@pytest.fixture
def built(tmp_path):
    dataset, files = make_dataset()
    cache = Cache(tmp_path, "test")
    fill(cache, dataset, files)
    build_pickles(cache, dataset)
    return cache, dataset


def raw(built, number=0):
    cache, dataset = built
    return cache.raw("tiny") / dataset.files[number].name, dataset.files[number]


def harm(path):
    path.write_bytes(path.read_bytes()[:-1])


def test_everything_intact_has_no_error(built):
    findings = verify_dataset(*built)
    assert [finding.status for finding in findings] == ["intact"] * 7
    assert len({finding.path for finding in findings}) == 7
    assert worst_error(findings) is None


@pytest.mark.parametrize("number", [0, 1, 2, 3, 5, 6])
def test_whatever_is_missing_or_damaged_is_named_and_nothing_else(number, built):
    for change, status, kind in (harm, "damaged", CorruptError), (None, "missing", MissingError):
        path = verify_dataset(*built)[number].path
        change(path) if change else path.unlink()
        findings = verify_dataset(*built)
        assert {finding.path for finding in findings if finding.status != "intact"} == {path}
        assert findings[number].status == status
        assert type(worst_error(findings)) is kind


def test_a_pickle_without_a_manifest_is_unproven(built):
    built[0].manifest("tiny").unlink()
    statuses = [finding.status for finding in verify_dataset(*built)]
    assert statuses == [*["intact"] * 4, "missing", "unproven", "unproven"]


def test_a_pickle_made_from_other_files_is_told_from_a_damaged_one(built):
    path = built[0].manifest("tiny")
    manifest = read_json(path)
    publish_json(path, {**manifest, "inputs": {**manifest["inputs"], "train-labels.gz": "other"}})
    statuses = [finding.status for finding in verify_dataset(*built)]
    assert statuses == [*["intact"] * 5, "other inputs", "intact"]


def test_whatever_is_left_of_a_data_set_is_there(built):
    paths = [finding.path for finding in verify_dataset(*built)]
    contents = {path: path.read_bytes() for path in paths}
    for path in paths:
        path.unlink()
    assert not exists(*built)
    for path, content in contents.items():
        path.write_bytes(content)
        assert exists(*built)
        path.unlink()


def test_what_is_missing_or_damaged_is_fetched_and_built_again_and_nothing_else(built, tmp_path):
    cache, dataset = built
    shutil.copytree(cache.raw("tiny"), tmp_path / "mirror")
    paths = [finding.path for finding in verify_dataset(*built)]
    contents, listener = [path.read_bytes() for path in paths], Listener()
    paths[0].unlink()
    harm(paths[6])
    repair_dataset(cache, dataset, ((tmp_path / "mirror").as_uri(),), listener)
    assert [path.read_bytes() for path in paths] == contents
    assert [what for what, *_ in listener.heard] == [
        "tiny",
        "tiny_train.pickle",
        "tiny_test.pickle",
    ]


def test_damage_is_told_before_absence(built):
    raw(built, 0)[0].unlink()
    harm(raw(built, 1)[0])
    assert isinstance(worst_error(verify_dataset(*built)), CorruptError)


@pytest.mark.parametrize("pack", [bytes, lambda content: gzip.compress(content, 1)])
def test_the_same_data_zipped_again_or_not_at_all_is_accepted(pack, built):
    path, file = raw(built)
    path.write_bytes(pack(gzip.decompress(path.read_bytes())))
    check_raw(path, file)
    assert hashlib.sha256(path.read_bytes()).hexdigest() != file.sha256


def test_the_error_names_what_was_found_and_what_was_expected(built):
    path, file = raw(built)
    path.write_bytes(b"<html>")
    found = hashlib.sha256(b"<html>").hexdigest()
    message = f"6 bytes with sha256 {found}; expected {file.size:,} bytes with {file.sha256}"
    with pytest.raises(CorruptError, match=message):
        check_raw(path, file)


def test_an_absent_file_is_missing_and_a_folder_cannot_be_read(built):
    path, file = raw(built)
    path.unlink()
    with pytest.raises(MissingError, match=r"train-images\.gz not found"):
        check_raw(path, file)
    path.mkdir()
    with pytest.raises(StorageError, match="cannot read"):
        check_raw(path, file)


@pytest.mark.parametrize("header", ["0000 08 01 10000000", "0000 08 02 00000001 10000000"])
def test_a_file_that_unzips_to_more_than_it_should_is_not_unzipped_to_the_end(header, built):
    path, file = raw(built)
    zeros = gzip.compress(bytes(1 << 24))
    start = time.process_time()
    gzip.decompress(zeros)  # a sixteenth of the file
    yardstick = time.process_time() - start
    path.write_bytes(gzip.compress(bytes.fromhex(header)) + zeros * 16)
    tracemalloc.start()
    start = time.process_time()
    try:
        with pytest.raises(CorruptError, match="expected"):
            check_raw(path, file)
        assert tracemalloc.get_traced_memory()[1] < 8_000_000  # bytes
        assert time.process_time() - start < 4 * yardstick
    finally:
        tracemalloc.stop()
