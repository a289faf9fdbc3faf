"""Exports match other programs, are atomic, and replace only exports."""

import csv
import dataclasses
import gzip
import hashlib
import os
import subprocess
import sys
import zipfile

import numpy as np
import pytest
from PIL import Image

from pipeline.build import build_pickles
from pipeline.commands.export import export as export_command
from pipeline.datasets.catalogue.emnist import EMNIST
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.catalogue.qmnist import QMNIST
from pipeline.datasets.records import RawFile, Split
from pipeline.errors import CorruptError, MissingError, UsageError
from pipeline.formats.export_dataset import export_dataset
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.registry import FORMATS, WRITERS
from pipeline.storage.cache import Cache
from pipeline.storage.idx import idx_bytes
from tests.support.checkout import REPOSITORY
from tests.support.image_sources import LABELS, PIXELS, save
from tests.support.user_datasets import EVERY_WRITABLE, LINUX, make_own, out_path, raw_arrays, tree

HALF = len(LABELS) // 2
SPLITS = {"train": (PIXELS[:HALF], LABELS[:HALF]), "test": (PIXELS[HALF:], LABELS[HALF:])}
CLASSES = ("zero", "one", "two", "three")


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "the cache", "test")


@pytest.fixture
def mine(cache):
    return make_own(cache, "mine", SPLITS, CLASSES)


def export(cache, dataset, name, folder, **options):
    path = out_path(folder, name)
    export_dataset(cache, dataset, name, path, **options)
    return path


# Content as other programs read it


def test_keras_finds_its_keys_and_types(cache, mine, tmp_path):
    with np.load(export(cache, mine, "npz", tmp_path), allow_pickle=False) as arrays:
        assert sorted(arrays) == ["classes", "x_test", "x_train", "y_test", "y_train"]
        for split, (pixels, labels) in SPLITS.items():
            assert arrays[f"x_{split}"].dtype == arrays[f"y_{split}"].dtype == np.uint8
            assert np.array_equal(arrays[f"x_{split}"], pixels)
            assert np.array_equal(arrays[f"y_{split}"], labels)
        assert tuple(arrays["classes"]) == CLASSES


def test_an_npz_file_says_nothing_of_when_and_where(cache, mine, tmp_path):
    with zipfile.ZipFile(export(cache, mine, "npz", tmp_path)) as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}
        assert {info.create_system for info in archive.infolist()} == {3}
        assert archive.testzip() is None


def as_torchvision_reads(path):
    """Read a file like `read_sn3_pascalvincent_tensor` of torchvision/datasets/mnist.py."""
    data = path.read_bytes()
    kinds = {8: np.uint8, 12: ">i4"}
    magic = int.from_bytes(data[:4], "big")
    rank = magic % 256
    shape = [int.from_bytes(data[4 * i + 4 : 4 * i + 8], "big") for i in range(rank)]
    parsed = np.frombuffer(data, kinds[magic // 256], offset=4 * (rank + 1))
    return parsed.reshape(shape)


def test_torchvision_finds_its_files(cache, mine, tmp_path):
    folder = export(cache, mine, "torchvision", tmp_path) / "MNIST" / "raw"
    for split, start in ("train", "train"), ("test", "t10k"):
        pixels, labels = SPLITS[split]
        images = as_torchvision_reads(folder / f"{start}-images-idx3-ubyte")
        assert np.array_equal(images, pixels)
        assert np.array_equal(as_torchvision_reads(folder / f"{start}-labels-idx1-ubyte"), labels)


def test_idx_files_are_mnists_own_unzipped(built_cache, raw_bytes, tmp_path):
    folder = export(built_cache, MNIST, "idx", tmp_path)
    for name, data in raw_bytes.items():
        assert (folder / name.removesuffix(".gz")).read_bytes() == gzip.decompress(data)


def test_zipped_idx_files_say_nothing_of_when_and_where(cache, mine, tmp_path):
    for path in export(cache, mine, "idx-gz", tmp_path).glob("*.gz"):
        data = path.read_bytes()
        assert data[3:8] == bytes(5)  # no name, no time
        assert gzip.decompress(data) == (cache.raw("mine") / path.stem).read_bytes()


def test_csv_files_have_kaggles_header(cache, mine, tmp_path):
    folder = export(cache, mine, "csv", tmp_path)
    for split, (pixels, labels) in SPLITS.items():
        with (folder / f"mine_{split}.csv").open(newline="") as file:
            header, *rows = csv.reader(file)
        assert header == ["label", *(f"pixel{i}" for i in range(784))]
        expected = np.column_stack([labels, pixels.reshape(-1, 784)])
        assert np.array_equal(np.array(rows, int), expected)
    assert (folder / "classes.txt").read_text() == "zero\none\ntwo\nthree\n"


@pytest.mark.parametrize(
    ("classes", "folders"),
    [
        (CLASSES, CLASSES),
        (("3", "2", "1", "0"), ("3", "2", "1", "0")),
        (("a", "A", "b", "c"), "0123"),
        (("T-shirt/top", "b", "c", "d"), "0123"),
        (("aux.x", "b", "c", "d"), "0123"),
        (("end.", "b", "c", "d"), "0123"),
        (("お", "b", "c", "d"), "0123"),
        ((".a", "b", "c", "d"), "0123"),
    ],
)
def test_images_lie_in_folders_that_every_system_can_have(classes, folders, cache, tmp_path):
    folder = export(cache, make_own(cache, "mine", SPLITS, classes), "png", tmp_path)
    assert {it.name for it in (folder / "test").iterdir()} == set(folders)
    for i, (pixels, label) in enumerate(zip(*SPLITS["test"], strict=True)):
        with Image.open(folder / "test" / folders[label] / f"{i:05}.png") as image:
            assert (image.format, image.mode, image.size) == ("PNG", "L", (28, 28))
            assert np.array_equal(np.asarray(image), pixels)
    assert (folder / "classes.txt").read_text("utf-8").split("\n")[:-1] == list(classes)


# Datasets with further columns, or with images on their side


def put(cache, group, name, data):
    path = save(cache.raw(group) / name, data)
    return RawFile(name, len(data), hashlib.sha256(data).hexdigest(), len(data), None), path


@pytest.mark.slow
def test_qmnist_keeps_its_columns_and_its_lost_digits(cache, tmp_path):
    """The files of QMNIST with other content; its counts separate `test` from `lost`."""
    rng, parts, splits = np.random.default_rng(0), {}, {}
    for part in "train", "test":
        pixels = np.zeros((60_000, 28, 28), np.uint8)
        pixels[:, 14] = rng.integers(0, 256, (60_000, 28), np.uint8)
        rows = rng.integers(0, 10, (60_000, 8)).astype(">i4")
        parts[part] = pixels, rows
        images, _ = put(cache, "qmnist", f"qmnist-{part}-images-idx3-ubyte", idx_bytes(pixels))
        labels, _ = put(cache, "qmnist", f"qmnist-{part}-labels-idx2-int", idx_bytes(rows))
        for split, known in QMNIST.splits.items():
            if (split == "train") == (part == "train"):
                splits[split] = dataclasses.replace(known, images=images, labels=labels)
    dataset = dataclasses.replace(QMNIST, splits=splits)
    with np.load(export(cache, dataset, "npz", tmp_path)) as arrays:
        assert tuple(arrays["label_columns"]) == QMNIST.label_columns
        assert np.array_equal(arrays["columns_lost"], parts["test"][1][10_000:])
        assert np.array_equal(arrays["y_lost"], parts["test"][1][10_000:, 0])
        assert arrays["columns_train"].shape == (60_000, 8)
    folder = export(cache, dataset, "torchvision", tmp_path)
    for part, (pixels, rows) in parts.items():
        raw = folder / "QMNIST" / "raw"
        assert np.array_equal(
            as_torchvision_reads(raw / f"qmnist-{part}-images-idx3-ubyte"), pixels
        )
        assert np.array_equal(as_torchvision_reads(raw / f"qmnist-{part}-labels-idx2-int"), rows)
    imported = import_dataset(cache, folder, "again", ImportOptions())
    assert {it: split.count for it, split in imported.dataset.splits.items()} == {
        "train": 60_000, "test": 10_000, "lost": 50_000
    }  # fmt: skip
    assert np.array_equal(raw_arrays(cache, "again")["lost"][0], parts["test"][0][10_000:])
    assert any("only the class is kept from each row of labels" in it for it in imported.notes)


def test_emnist_goes_to_torchvision_as_it_was_published_and_comes_back_upright(cache, tmp_path):
    letters = next(dataset for dataset in EMNIST if dataset.name == "emnist-letters")
    content, splits = {}, {}
    for split, (pixels, labels) in SPLITS.items():
        for kind, data in ("images-idx3", pixels.transpose(0, 2, 1)), ("labels-idx1", labels + 1):
            content[f"gzip/emnist-letters-{split}-{kind}-ubyte.gz"] = idx_bytes(data)
    path = cache.raw("emnist") / "gzip.zip"
    path.parent.mkdir(parents=True)
    with zipfile.ZipFile(path, "w") as archive:
        for name, data in content.items():
            archive.writestr(name, gzip.compress(data))
    zipped = path.read_bytes()
    sha256 = hashlib.sha256(zipped).hexdigest()
    for split in SPLITS:
        files = [
            RawFile("gzip.zip", len(zipped), sha256, len(data), None, name)
            for name, data in content.items()
            if f"-{split}-" in name
        ]
        splits[split] = Split(*files, HALF)
    folder = export(cache, dataclasses.replace(letters, splits=splits), "torchvision", tmp_path)
    for name, data in content.items():
        published = name.removeprefix("gzip/").removesuffix(".gz")
        assert (folder / "EMNIST" / "raw" / published).read_bytes() == data
    imported = import_dataset(cache, folder, "again", ImportOptions()).dataset
    assert imported.classes == letters.classes
    for split, (pixels, labels) in raw_arrays(cache, "again").items():
        assert np.array_equal(pixels, SPLITS[split][0])
        assert np.array_equal(labels, SPLITS[split][1])


# Sources of the data


@EVERY_WRITABLE
def test_raw_files_and_pickles_make_the_same_export(name, cache, mine, tmp_path):
    first = export(cache, mine, name, tmp_path)
    build_pickles(cache, mine)
    for path in cache.raw("mine").glob("*-ubyte"):
        path.unlink()
    second = out_path(tmp_path / "again", name)
    export_dataset(cache, mine, name, second)
    assert tree(first.parent / first.name) == tree(second.parent / second.name)
    assert not first.is_file() or first.read_bytes() == second.read_bytes()


@EVERY_WRITABLE
@pytest.mark.parametrize("harm", ["one pixel", "gone"])
def test_data_that_are_not_intact_leave_nothing(harm, name, cache, mine, tmp_path):
    path = cache.raw("mine") / "t10k-images-idx3-ubyte"
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data) if harm == "one pixel" else path.unlink()
    before = tree(tmp_path)
    with pytest.raises((CorruptError, MissingError), match=r"content has sha256|are not built"):
        export(cache, mine, name, tmp_path)
    assert tree(tmp_path) == before


@pytest.mark.slow
@LINUX
@EVERY_WRITABLE
def test_a_full_disk_leaves_what_was_there(name, cache, mine, tmp_path):
    path = export(cache, mine, name, tmp_path)
    before = tree(tmp_path)
    line = 'ulimit -f 1; exec "$@"'
    command = ["export", "mine", "--to", name, "--out", str(path), "--force"]
    done = subprocess.run(
        ["bash", "-c", line, "sh", sys.executable, "-m", "pipeline", *command],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
        env={**os.environ, "MNIST_CACHE_DIR": str(cache.root)},
    )  # fmt: skip
    if name != "png":  # whose files are smaller than that
        assert (done.returncode, done.stderr.count("\n")) == (6, 1)
    assert tree(tmp_path) == before


# Replacement of exports


@EVERY_WRITABLE
def test_an_export_is_replaced_with_force_alone(name, cache, mine, tmp_path):
    path = export(cache, mine, name, tmp_path)
    before = tree(tmp_path)
    other = make_own(cache, "other", {**SPLITS, "lost": SPLITS["test"]}, CLASSES)
    with pytest.raises(UsageError, match="already exists") as caught:
        export(cache, other, name, tmp_path)
    assert "force=True" in caught.value.hint
    export(cache, other, name, tmp_path, force=True)
    after = tree(path.parent)
    assert after != before
    export(cache, mine, name, tmp_path, force=True)
    kept = [it for it in tree(tmp_path) if "raw/other" not in it[0]]
    assert kept == before


def add_link(path):
    (path / "link").symlink_to(path.parent)


FOREIGN = {
    "a file of somebody's": lambda path: save(path, b"precious"),
    "an empty folder": lambda path: path.mkdir(),
    "a folder of somebody's": lambda path: save(path / "thesis.txt", b"precious"),
    "a link": lambda path: path.symlink_to(path.parent),
    "a link to nothing": lambda path: path.symlink_to(path.parent / "nothing"),
}
CHANGES = {
    "another file": lambda path: save(path / "thesis.txt", b"precious"),
    "a hidden file": lambda path: save(path / ".hidden", b""),
    "an empty folder": lambda path: (path / "empty").mkdir(),
    "a link": add_link,
    "no marker": lambda path: (path / "export.json").unlink(),
    "no class names": lambda path: next(path.rglob("classes.txt")).unlink(),
}


@EVERY_WRITABLE
@pytest.mark.parametrize("kind", FOREIGN)
def test_what_is_no_export_is_never_replaced(kind, name, cache, mine, tmp_path):
    path = out_path(tmp_path, name)
    FOREIGN[kind](path)
    before = tree(tmp_path)
    for force, message in (False, "already exists"), (True, "force=True does not replace it"):
        with pytest.raises(UsageError, match=message):
            export(cache, mine, name, tmp_path, force=force)
    assert tree(tmp_path) == before


@pytest.mark.parametrize("name", [name for name in WRITERS if not FORMATS[name].suffix])
@pytest.mark.parametrize("kind", CHANGES)
def test_an_export_that_was_changed_is_never_replaced(kind, name, cache, mine, tmp_path):
    path = export(cache, mine, name, tmp_path)
    CHANGES[kind](path)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="is not an unchanged export"):
        export(cache, mine, name, tmp_path, force=True)
    assert tree(tmp_path) == before


@EVERY_WRITABLE
def test_an_export_with_a_changed_byte_is_never_replaced(name, cache, mine, tmp_path):
    path = export(cache, mine, name, tmp_path)
    victim = path if path.is_file() else max(it for it in path.rglob("*") if it.is_file())
    data = bytearray(victim.read_bytes())
    data[len(data) // 3] ^= 1
    victim.write_bytes(data)
    before = tree(tmp_path)
    with pytest.raises(UsageError, match="is not an unchanged export"):
        export(cache, mine, name, tmp_path, force=True)
    assert tree(tmp_path) == before


def test_the_name_of_a_file_tells_its_format(cache, mine, tmp_path):
    with pytest.raises(UsageError, match=r'path is .*digits\.zip"; expected a name .* in \.npz'):
        export_dataset(cache, mine, "npz", tmp_path / "digits.zip")


def test_the_command_says_what_it_did(cache, mine, run_command, run_json, tmp_path):
    arguments = "pipeline", "export", "mine", "--to", "csv", "--out", "a folder/ü"
    path = tmp_path / "a folder" / "ü"
    done = run_command(*arguments, cache=cache)
    assert done.stdout.startswith(f"mine: 12 train, 12 test images in {path}, 3 files, ")
    answer = run_json(*arguments, "--force", cache=cache)
    size = sum(it.stat().st_size for it in path.iterdir() if it.name != "export.json")
    assert answer == {
        "dataset": "mine", "format": "csv", "path": str(path), "files": 3, "bytes": size,
        "splits": {"train": 12, "test": 12},
    }  # fmt: skip
    assert run_json(*arguments, cache=cache, code=2)["error"]["hint"].endswith("--force")


def test_the_help_names_every_format():
    (to,) = export_command.__annotations__["to"].__metadata__
    assert all(name in to.help.replace(".", ",").replace(" or ", ", ") for name in WRITERS)
