"""The commands of `pipeline` from end to end, run as a user runs them."""

import json
import os
import pickle
import re
import shutil
import subprocess
import sys

import pytest
from PIL import Image

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import DATASETS
from pipeline.storage.cache import Cache
from tests.support.checkout import RAW, REPOSITORY
from tests.support.mnist_pickles import MNIST_PICKLES

NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}


class Hostile:
    """An object whose pickle runs a command when it is loaded without checks."""

    def __init__(self, sentinel):
        self.sentinel = sentinel

    def __reduce__(self):
        return os.system, (f'echo > "{self.sentinel}"',)


def test_from_a_mirror_to_pickles_in_a_folder_with_spaces_and_umlauts(run_json, tmp_path):
    cache, mirror = Cache(tmp_path / "Ünser 'Ordner'" / "mit Leerzeichen", "test"), RAW.as_uri()
    answer = run_json("pipeline", "fetch", "--mirror", mirror, cache=cache)
    assert answer == {
        "dataset": "mnist",
        "folder": str(cache.raw("mnist")),
        "files": [
            {"name": it.name, "status": "downloaded", "sha256": it.sha256, "mirror": f"{mirror}/"}
            for it in MNIST.files
        ],
    }
    answer = run_json("pipeline", "build-pickles", cache=cache)
    assert set(answer) == {"dataset", "pickles"}
    for item, (name, split) in zip(answer["pickles"], MNIST.splits.items(), strict=True):
        path, sha256 = str(cache.pickle("mnist", name)), MNIST_PICKLES[name]
        known = {"split": name, "path": path, "count": split.count, "sha256": sha256}
        assert item == {**known, "status": "built"}
    artefacts = run_json("pipeline", "verify", cache=cache)["artefacts"]
    assert [artefact["status"] for artefact in artefacts] == ["intact"] * 7


def test_what_is_intact_stays_and_each_step_names_the_next(run_command, built_cache):
    fetch = run_command("pipeline", "fetch", cache=built_cache)
    assert fetch.stdout.count("  intact ") == 4
    assert re.fullmatch(r"Next: \S+ -m pipeline build-pickles mnist\n", fetch.stderr)
    build = run_command("pipeline", "build-pickles", cache=built_cache)
    assert build.stdout.count("  intact ") == 2
    assert "60,000 images  99.4 MB" in build.stdout
    assert re.fullmatch(r"Next: \S+ -m network train\n", build.stderr)


def test_the_option_wins_over_the_environment_and_where_says_so(run_json, tmp_path):
    environment, option = Cache(tmp_path / "a", "test"), tmp_path / "b"
    where = run_json("pipeline", "where", cache=environment)
    assert where == {"path": str(environment.root), "rule": "MNIST_CACHE_DIR"}
    where = run_json("pipeline", "where", "--cache-dir", str(option), cache=environment)
    assert where == {"path": str(option), "rule": "--cache-dir"}


def test_every_known_dataset_is_listed(run_json):
    listed = run_json("pipeline", "list")["datasets"]
    assert [dataset["name"] for dataset in listed] == list(DATASETS)
    assert listed[0]["splits"] == {"train": 60_000, "test": 10_000}
    assert all(dataset["licence"] and dataset["source"] for dataset in listed)


def test_verify_names_what_is_damaged_and_what_mends_it(run_command, raw_cache):
    path = raw_cache.raw("mnist") / "t10k-labels-idx1-ubyte.gz"
    path.write_bytes(path.read_bytes()[:-1])
    done = run_command("pipeline", "verify", cache=raw_cache, code=4)
    assert [line.split()[0] for line in done.stdout.splitlines()] == [
        *("intact", "intact", "intact", "damaged", "missing", "missing", "missing")
    ]
    assert f"{path}: 4,541 bytes with sha256" in done.stderr
    assert "expected 4,542 bytes" in done.stderr
    run_command("pipeline", "fetch", "--mirror", RAW.as_uri(), cache=raw_cache)
    assert path.read_bytes() == (RAW / path.name).read_bytes()


@pytest.mark.parametrize(("label", "count"), [(None, 50), ("7", 3)])
def test_images_are_drawn_into_the_file_that_was_asked_for(
    label, count, run_json, built_cache, tmp_path
):
    options = ["--split", "test", "--count", str(count), "--out", "sheet.png"]
    options += ["--label", label] if label else []
    answer = run_json("pipeline", "show", *options, cache=built_cache, **NO_SCREEN)
    assert answer == {"dataset": "mnist", "split": "test", "count": count, "path": "sheet.png"}
    with Image.open(tmp_path / "sheet.png") as sheet:  # relative to the user's folder
        assert sheet.format == "PNG"


def test_without_a_name_the_picture_goes_into_the_cache(run_command, built_cache):
    done = run_command("pipeline", "show", "--split", "test", cache=built_cache, **NO_SCREEN)
    path = built_cache.pictures() / "mnist_test.png"
    assert done.stdout == f"50 images in {path}\n"
    assert path.exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (("--out", "sheet.jpg"), "sheet.jpg does not end in .png"),
        (("--label", "ten"), '--label "ten" not found; the classes are 0, 1, 2'),
    ],
)
def test_what_cannot_be_shown_is_refused(options, message, run_command, built_cache, tmp_path):
    options = ("--split", "test", *options)
    done = run_command("pipeline", "show", *options, cache=built_cache, code=2, **NO_SCREEN)
    assert message in done.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("protocol", "has_manifest"), [(0, False), (4, True), (5, False)])
def test_a_hostile_pickle_is_refused_and_nothing_in_it_runs(
    protocol, has_manifest, run_json, built_cache, tmp_path
):
    cache, sentinel = Cache(tmp_path / "cache", "test"), tmp_path / "ran"
    path = cache.pickle("mnist", "train")
    path.parent.mkdir(parents=True)
    path.write_bytes(pickle.dumps([Hostile(sentinel)], protocol))
    if has_manifest:
        shutil.copy(built_cache.manifest("mnist"), cache.manifest("mnist"))
    answer = run_json("pipeline", "show", cache=cache, code=4, **NO_SCREEN)
    assert str(path) in answer["error"]["message"]
    assert not sentinel.exists()
    pickle.loads(path.read_bytes())  # the same pickle, trusted
    assert sentinel.exists()


@pytest.mark.skipif(os.name != "posix", reason="ulimit is POSIX")
def test_a_disk_that_takes_no_more_ends_in_one_line_and_leaves_nothing(raw_cache):
    line = 'ulimit -f 20000; exec "$0" -m pipeline build-pickles --json'
    done = subprocess.run(
        ["bash", "-c", line, sys.executable], cwd=REPOSITORY, capture_output=True, check=False,
        env={**os.environ, "MNIST_CACHE_DIR": str(raw_cache.root)},
    )  # fmt: skip
    assert done.returncode == 6
    assert "mnist_train.pickle: File too large" in json.loads(done.stdout)["error"]["message"]
    assert done.stderr == b""
    assert list((raw_cache.root / "pickles").iterdir()) == []
