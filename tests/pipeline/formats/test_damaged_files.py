"""Damaged files of every format that is read: the message is one line, and has advice."""

import gzip
import os
import pickle
import tarfile
import zipfile

import numpy as np
import pyarrow.parquet
import pytest

from pipeline.errors import CorruptError, ProjectError, UsageError
from pipeline.formats.arrays import npy, npz_members
from pipeline.formats.import_dataset import describe_source
from pipeline.formats.tables import parquet_tables
from pipeline.inspection.files import inspect_file
from pipeline.storage.idx import idx_bytes
from tests.pipeline.formats.tables.test_split_column import SPLITS, WRITERS, X, Y, csv_lines, png
from tests.support.damages import DAMAGES, TERMINAL, require_clear

OFTEN = ("cut in the first third", "terminal codes in the middle")
FOLDERS = ("classes.txt", "pictures", "idx", "idx, gzipped")  # that are read as a whole


def gzipped(write):
    def write_gzipped(folder):
        path = write(folder, "split", SPLITS)
        zipped = path.with_name(f"{path.name}.gz")
        zipped.write_bytes(gzip.compress(path.read_bytes()))
        path.unlink()
        return zipped

    return write_gzipped


def in_archive(write, suffix):
    def write_archive(folder):
        path = write(folder, "split", SPLITS)
        archive = folder / f"mine{suffix}"
        if suffix == ".zip":
            with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as file:
                file.write(path, path.name)
        else:
            with tarfile.open(archive, f"w:{suffix[5:]}") as file:
                file.add(path, path.name)
        path.unlink()
        return archive

    return write_archive


def write_idx(folder, suffix=""):
    for name, array in {"images-idx3": X, "labels-idx1": Y}.items():
        data = b"".join(map(bytes, [idx_bytes(array)]))
        path = folder / f"train-{name}-ubyte{suffix}"
        path.write_bytes(gzip.compress(data) if suffix else data)
    return folder / f"train-images-idx3-ubyte{suffix}"


def write_classes(folder):
    write_idx(folder)
    (folder / "classes.txt").write_text("zero\none\n")
    return folder / "classes.txt"


def write_compressed(folder):
    np.savez_compressed(folder / "mine.npz", x=X, y=Y)
    return folder / "mine.npz"


def write_objects(folder):
    np.savez(folder / "mine.npz", x=X, y=np.array(["a", "b"] * 6, object))
    return folder / "mine.npz"


def write_pictures(folder):
    for number, label in enumerate(Y):
        (folder / f"class {label}").mkdir(exist_ok=True)
        (folder / f"class {label}" / f"{number}.png").write_bytes(png(X[number]))
    return folder / "class 0" / "0.png"


KINDS = {
    **{name: lambda folder, it=it: it(folder, "split", SPLITS) for name, it in WRITERS.items()},
    "csv, gzipped": gzipped(WRITERS["csv"]),
    "arff, gzipped": gzipped(WRITERS["arff"]),
    "pickle, gzipped": gzipped(WRITERS["dictionary"]),
    "zip of csv": in_archive(WRITERS["csv"], ".zip"),
    "zip of npz": in_archive(WRITERS["npz"], ".zip"),
    "tar": in_archive(WRITERS["csv"], ".tar"),
    "tar, gzipped": in_archive(WRITERS["csv"], ".tar.gz"),
    "npz, compressed": write_compressed,
    "npz of objects": write_objects,
    "idx": write_idx,
    "idx, gzipped": lambda folder: write_idx(folder, ".gz"),
    "classes.txt": write_classes,
    "pictures": write_pictures,
}


def find_error(source, workspace):
    try:
        return describe_source(source, workspace).refusal
    except ProjectError as error:
        return error


def read_damaged(kind, damages, folder):
    """Damage each file of a source in some ways, and return how often it was refused."""
    data_folder = folder / "data"
    data_folder.mkdir()
    path = KINDS[kind](data_folder)
    source = data_folder if path.is_dir() or kind in FOLDERS else path
    describe_source(source, folder / "unpacked")
    refused = 0
    for file in sorted(path.iterdir()) if path.is_dir() else [path]:
        intact = file.read_bytes()
        for number, name in enumerate(damages):
            file.write_bytes(DAMAGES[name](intact))
            error = find_error(source, folder / f"unpacked {file.name} {number}")
            if isinstance(error, CorruptError):
                refused += 1
                require_clear(error)
            elif error is not None:  # files that no longer belong together
                assert error.hint
            for line in inspect_file(file).lines("mine"):
                assert line.isprintable()
        file.write_bytes(intact)
    return refused


@pytest.mark.parametrize("kind", KINDS)
def test_a_damaged_file_has_a_clear_message(kind, tmp_path):
    assert read_damaged(kind, OFTEN, tmp_path) >= 1


@pytest.mark.slow
@pytest.mark.parametrize("kind", KINDS)
def test_every_damage_has_a_clear_message(kind, tmp_path):
    assert read_damaged(kind, DAMAGES, tmp_path) > len(DAMAGES) / 3


RAGGED = {
    "shapes": {"images": [X[0], X[1][:14]], "labels": [0, 1]},
    "lengths": {"images": [[0] * 784, [0] * 783, [0] * 784], "labels": [0, 1, 0]},
    "kinds": {"images": [[0] * 784, ["a"] * 784, [0] * 784], "labels": [0, 1, 0]},
    "many": {"images": [np.zeros((28, 28 - i % 2)) for i in range(20)], "labels": [0, 1] * 10},
}


@pytest.mark.parametrize("kind", RAGGED)
def test_ragged_lists_have_a_clear_message(kind, tmp_path):
    (tmp_path / "a.pkl").write_bytes(pickle.dumps(RAGGED[kind]))
    with pytest.raises(CorruptError) as caught:
        describe_source(tmp_path / "a.pkl", tmp_path / "unpacked")
    require_clear(caught.value)


NAMES = [b"caf\xe9", b"a\x1b[31m", b"b\nc", b"d\x9b31m", "\u202egnp".encode(), b"e" * 101]


@pytest.mark.parametrize("name", NAMES, ids=map(repr, NAMES))
@pytest.mark.parametrize("is_archive", [False, True])
def test_a_folder_that_cannot_be_a_class_is_named_and_has_advice(name, is_archive, tmp_path):
    source = tmp_path / "photos"
    source.mkdir()
    write_pictures(source)
    (source / "class 0").rename(source / os.fsdecode(name))
    if is_archive:
        archive_path = tmp_path / "a\x1b[31m\n.tar"
        with tarfile.open(archive_path, "w") as archive:
            archive.add(source, "data")
        source = archive_path
    with pytest.raises(CorruptError, match="is not a class name") as caught:
        describe_source(source, tmp_path / "unpacked")
    require_clear(caught.value)


def test_a_folder_in_an_old_encoding_may_be_renamed(tmp_path):
    write_pictures(tmp_path)
    (tmp_path / "class 0").rename(tmp_path / os.fsdecode(b"caf\xe9"))
    with pytest.raises(CorruptError, match=r'It is not UTF-8: rename it, perhaps to "café"'):
        describe_source(tmp_path, tmp_path / "unpacked")


def test_names_in_files_are_escaped_and_cut(tmp_path):
    long = f"x\x1b[31m\n{'long' * 500}"
    np.savez(tmp_path / "a.npz", **{long: X, f"z{long}": Y, "w": Y})
    head = ",".join(["a", "b\x1b[31m", long.replace("\n", ""), *map(str, range(784))])
    (tmp_path / "a.csv").write_text(head + "\n" + csv_lines(Y, Y, Y, *X.reshape(12, 784).T))
    (tmp_path / "b.csv").write_bytes(TERMINAL + b"," * 999 + b"\n")
    for name in ("a.npz", "a.csv", "b.csv"):
        with pytest.raises(CorruptError) as caught:
            describe_source(tmp_path / name, tmp_path / "unpacked")
        require_clear(caught.value)


@pytest.mark.parametrize("opened", [npy.opened, npz_members.opened, parquet_tables.opened])
def test_an_error_of_the_reader_of_a_sound_file_is_not_its_damage(opened, tmp_path):
    np.savez(tmp_path / "sound.npz", x=np.eye(3))
    pyarrow.parquet.write_table(pyarrow.table({"x": [1]}), tmp_path / "sound.parquet")
    name = "sound.parquet" if opened is parquet_tables.opened else "sound.npz"
    with pytest.raises(UsageError, match=r"^not valid$"), opened(tmp_path / name):
        raise UsageError("not valid")
