"""Data are found in nested folders, in archives, among litter and under any name."""

import gzip
import io
import tarfile
import zipfile

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.errors import CorruptError, ProjectError, UsageError
from pipeline.formats.import_dataset import ImportOptions, describe_source, import_dataset
from pipeline.formats.open_source import open_source
from pipeline.formats.source import ReadOptions
from pipeline.storage.cache import Cache
from pipeline.storage.idx import idx_bytes
from tests.support.csv_kinds import Kind, csv_bytes, small_images
from tests.support.image_sources import KAGGLE, LABELS, PIXELS, lines, npz, png, save

HALF = len(LABELS) // 2
SPLITS = {"train": (PIXELS[:HALF], LABELS[:HALF]), "test": (PIXELS[HALF:], LABELS[HALF:])}
SPELLINGS = {  # of the two splits
    "train": ("train", "Training", "TRAIN", "mnist_train", "training-images", "Train data"),
    "test": ("test", "Testing", "TEST", "mnist_test", "test-images", "Test data"),
}
LITTER = {  # files next to data that are not part of it
    "__MACOSX/._a.png": b"x",
    ".DS_Store": b"x",
    "Thumbs.db": b"x",
    "desktop.ini": b"x",
    "Icon\r": b"",
    "README.md": b"# Digits",
    "LICENSE": b"CC0",
    ".ipynb_checkpoints/a.csv": b"1,2",
}


def csv_text(labels, pixels):
    rows = (",".join(map(str, (n, *it.ravel()))) for n, it in zip(labels, pixels, strict=True))
    return "\n".join((KAGGLE, *rows)).encode()


def make_pictures(folder, spelling):
    for split, (pixels, labels) in SPLITS.items():
        for i, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            save(folder / SPELLINGS[split][spelling] / str(label) / f"{i}.png", png(image))


def make_csv(folder, spelling):
    for split, (pixels, labels) in SPLITS.items():
        save(folder / f"{SPELLINGS[split][spelling]}.csv", csv_text(labels, pixels))


IDX_NAMES = ("{}-{}-idx{}-ubyte", "{}-{}.idx{}-ubyte", "{}_{}_idx{}_ubyte")
IDX_NAMES += ("{}-{}.idx", "{}-{}-idx{}-ubyte (1).gz", "{0}-{1}-idx{2}-ubyte.bin")


def make_idx(folder, spelling):
    for split, arrays in SPLITS.items():
        for kind, array in zip(("images", "labels"), arrays, strict=True):
            name = IDX_NAMES[spelling].format(split, kind, array.ndim)
            data = idx_bytes(array)
            save(folder / name, gzip.compress(data) if name.endswith("gz") else data)


def make_unzipped_idx(folder, spelling):
    """Write each file into a folder of its name, as Windows unpacks them."""
    make_idx(folder, spelling)
    for path in list(folder.iterdir()):
        data = path.read_bytes()
        path.unlink()
        save(folder / path.name.removesuffix(".gz") / path.name.removesuffix(".gz"), data)


def make_npz(folder, spelling):
    folder.mkdir(parents=True, exist_ok=True)
    arrays = {
        f"{letter}_{split}": array
        for split, pair in SPLITS.items()
        for letter, array in zip("xy", pair, strict=True)
    }
    npz(folder / f"{SPELLINGS['train'][spelling]}.npz", **arrays)


KINDS = {
    "pictures": make_pictures,
    "csv": make_csv,
    "idx": make_idx,
    "idx in folders": make_unzipped_idx,
    "npz": make_npz,
}


def zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            archive.write(file, file.relative_to(folder))
    return path


def tarred(mode):
    def pack(folder, path):
        with tarfile.open(path, mode) as archive:
            archive.add(folder, ".")
        return path

    return pack


CONTAINERS = {
    "folder": lambda folder, path: folder,
    "zip": zipped,
    "tar": tarred("w"),
    "tar.gz": tarred("w:gz"),
    "csv.that.is.a.zip.csv": zipped,
}


def read_splits(path, workspace):
    with open_source(path, ReadOptions(), workspace) as opened:
        notes = " ".join(opened.source.notes)
        return notes, {
            it.split: (np.concatenate(list(it.all_images())), it.labels)
            for it in opened.source.parts
        }


def sorted_pairs(pixels, labels):
    return sorted(zip((it.tobytes() for it in pixels), labels.tolist(), strict=True))


@settings(max_examples=40)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    spelling=st.integers(0, 5),
    wrappers=st.lists(st.sampled_from(["mnist_png", "data", "archive", "1"]), max_size=2),
    litter=st.sets(st.sampled_from(sorted(LITTER)), max_size=4),
    container=st.sampled_from(sorted(CONTAINERS)),
)
def test_data_are_found_whatever_is_around_them(
    kind, spelling, wrappers, litter, container, tmp_path_factory
):
    root = tmp_path_factory.mktemp("any")
    KINDS[kind]((root / "data").joinpath(*wrappers), spelling)
    for name in litter:
        save(root / "data" / name, LITTER[name])
    path = CONTAINERS[container](root / "data", root / f"packed.{container}")
    notes, found = read_splits(path, root / "work")
    assert found.keys() == SPLITS.keys()
    for split, pair in SPLITS.items():
        assert sorted_pairs(*found[split]) == sorted_pairs(*pair)
    assert all(name.split("/")[0].replace("\r", "") in notes for name in litter)
    assert str(root / "work") not in notes


def test_kaggles_digit_recognizer_is_read_as_it_comes(tmp_path):
    save(tmp_path / "in" / "train.csv", csv_text(LABELS, PIXELS))
    save(tmp_path / "in" / "test.csv", csv_text(LABELS, PIXELS).replace(b"label,", b"", 1)[:-1])
    unlabelled = "\n".join(
        (KAGGLE[6:], *(",".join(map(str, it.ravel())) for it in PIXELS[:3]))
    ).encode()
    save(tmp_path / "in" / "test.csv", unlabelled)
    save(tmp_path / "in" / "sample_submission.csv", b"ImageId,Label\n1,0\n2,0\n")
    for path in (tmp_path / "in", zipped(tmp_path / "in", tmp_path / "digit-recognizer.zip")):
        notes, found = read_splits(path, tmp_path / path.suffix)
        assert sorted_pairs(*found["train"]) == sorted_pairs(PIXELS, LABELS)
        assert "sample_submission.csv" in notes
        assert "test.csv" in notes


def test_two_archives_beside_each_other_are_the_files_in_them(tmp_path):
    for split, pair in SPLITS.items():
        save(tmp_path / split / f"{split}.csv", csv_text(*reversed(pair)))
        (tmp_path / "in").mkdir(exist_ok=True)
        zipped(tmp_path / split, tmp_path / "in" / f"{split}.csv.zip")
    _, found = read_splits(tmp_path / "in", tmp_path / "work")
    assert all(sorted_pairs(*found[it]) == sorted_pairs(*SPLITS[it]) for it in SPLITS)


@pytest.mark.parametrize("files", [{"a.doc": 2, "notes.md": 1}, {"b.xyz": 1}, {"x.log": 3}])
def test_where_nothing_is_read_it_is_said_what_was_seen_and_what_is_read(files, tmp_path):
    for name, count in files.items():
        for i in range(count):
            save(tmp_path / f"{i}{name}", b"\0\1\2 no data")
    with pytest.raises(CorruptError) as caught:
        read_splits(tmp_path, tmp_path / "work")
    for name, count in files.items():
        assert f"{count} .{name.split('.')[1]}" in caught.value.message
    assert ".csv" in caught.value.hint
    assert "Move it away" not in str(caught.value)


def test_files_of_several_datasets_are_not_mixed(tmp_path):
    for name in ("mnist_train", "mnist_test", "fashion_train", "fashion_test"):
        save(tmp_path / f"{name}.csv", lines(KAGGLE))
    with pytest.raises(UsageError, match="not the splits of one dataset"):
        read_splits(tmp_path, tmp_path / "work")
    make_pictures(tmp_path / "pictures", 0)
    make_pictures(tmp_path / "pictures", 1)
    with pytest.raises(CorruptError, match="are both train images"):
        read_splits(tmp_path / "pictures", tmp_path / "work")


# Untrusted archives


def zip_of(*members, **changes):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in members:
            info = zipfile.ZipInfo(name)
            for key, value in changes.items():
                setattr(info, key, value)
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, data)
    return buffer.getvalue()


def tar_of(name="a.csv", data=b"1", **changes):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        info = tarfile.TarInfo(name)
        info.size = len(data)
        for key, value in changes.items():
            setattr(info, key, value)
        archive.addfile(info, io.BytesIO(data))
    return buffer.getvalue()


def encrypted():
    data = bytearray(zip_of(("a.csv", b"1")))
    for signature, place in ((b"PK\3\4", 6), (b"PK\1\2", 8)):
        data[data.index(signature) + place] |= 1
    return bytes(data)


HOSTILE = {
    "up": (zip_of(("../a.csv", b"1")), "outside"),
    "absolute": (zip_of(("/etc/a.csv", b"1")), "outside"),
    "Windows": (zip_of(("C:\\a.csv", b"1")), "outside"),
    "backslashes": (zip_of(("..\\a.csv", b"1")), "outside"),
    "link": (zip_of(("a.csv", b"/etc/passwd"), external_attr=0o120777 << 16), "link or a device"),
    "encrypted": (encrypted(), "encrypted"),
    "bomb": (lambda: zip_of(("a.csv", bytes(80 << 20))), "times its size"),
    "empty": (zip_of(), "has no files"),
    "file and folder": (zip_of(("a", b"1"), ("a/b.csv", b"1")), "damaged archive"),
    "cut": (zip_of(("a.csv", b"1"))[:-30], "damaged archive"),
    "Excel": (zip_of(("[Content_Types].xml", b""), ("xl/a.xml", b"")), "Excel workbook"),
    "tar up": (tar_of("../a.csv"), "outside"),
    "tar absolute": (tar_of("/a.csv"), "outside"),
    "tar link": (tar_of(type=tarfile.SYMTYPE, linkname="/etc/passwd", size=0), "link or a device"),
    "tar device": (tar_of(type=tarfile.CHRTYPE, size=0), "link or a device"),
    "tar bomb": (lambda: gzip.compress(tar_of(data=bytes(80 << 20))), "times its size"),
    "tar cut": (tar_of(data=b"1" * 5000)[:2000], "damaged|ends"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_nothing_is_written_outside_and_nothing_swells(name, tmp_path):
    data, message = HOSTILE[name]
    path = save(tmp_path / "in" / "archive.bin", data() if callable(data) else data)
    with pytest.raises(CorruptError, match=message) as caught:
        import_dataset(Cache(tmp_path / "cache", "test"), path, "mine", ImportOptions())
    assert "\n" not in caught.value.message
    assert "unpacked" not in caught.value.message.replace(str(path), "")
    assert list(tmp_path.rglob("a.csv")) == []
    assert list((tmp_path / "cache" / "raw").iterdir()) == []


@pytest.mark.parametrize("name", ["zip", "tar.gz"])
def test_a_damaged_archive_is_read_or_refused_in_one_line(name, tmp_path, amount):
    make_idx(tmp_path / "data", 0)
    path = CONTAINERS[name](tmp_path / "data", tmp_path / "packed")
    data, rng = path.read_bytes(), np.random.default_rng(0)
    messages = []
    for number in range(amount(40, 4000)):
        changed = bytearray(data)
        for place in rng.integers(len(data), size=rng.integers(1, 4)):
            changed[place] = rng.integers(256)
        path.write_bytes(changed[: rng.integers(len(data)) if number % 4 == 0 else None])
        try:
            read_splits(path, tmp_path / f"work{number}")
        except ProjectError as error:
            messages.append(error.message)
    assert len(messages) > 5
    assert not any("\n" in it or str(tmp_path / "work") in it for it in messages)


def test_what_was_unpacked_is_gone_afterwards(tmp_path):
    make_pictures(tmp_path / "data", 0)
    path = zipped(tmp_path / "data", tmp_path / "digits.zip")
    cache = Cache(tmp_path / "cache", "test")
    imported = import_dataset(cache, path, "mine", ImportOptions())
    assert imported.dataset.source == str(path)
    assert [it.name for it in (tmp_path / "cache" / "raw").iterdir()] == ["mine"]
    assert describe_source(tmp_path / "data", tmp_path / "work")[:2] == (
        "png",
        "12 train images, 12 test images of 4 classes: 0, 1, 2, 3",
    )


def test_an_archive_in_an_archive_is_unpacked_and_a_third_refused(tmp_path):
    make_npz(tmp_path / "data", 0)
    path = zipped(tmp_path / "data", tmp_path / "1.zip")
    for depth in (2, 3):
        save(tmp_path / str(depth) / "inner.zip", path.read_bytes())
        path = zipped(tmp_path / str(depth), tmp_path / f"{depth}.zip")
        if depth == 2:
            assert read_splits(path, tmp_path / "work")[1].keys() == SPLITS.keys()
    with pytest.raises(CorruptError, match=r"inner\.zip: an archive in an archive"):
        read_splits(path, tmp_path / "work3")


def test_of_a_member_that_is_in_a_tar_twice_the_last_one_counts(tmp_path):
    first, last = small_images(0, 20), small_images(1, 20)
    names = [str(it % 4) for it in range(20)]
    with tarfile.open(tmp_path / "a.tar", "w") as archive:
        for pixels in (first, last):
            data = csv_bytes(Kind(), pixels, names)
            info = tarfile.TarInfo("mine.csv")
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    with open_source(tmp_path / "a.tar", ReadOptions(), tmp_path / "work") as opened:
        (part,) = opened.source.parts
        assert np.array_equal(np.concatenate([*part.all_images()]), last)


def test_a_file_that_was_unpacked_twice_counts_once_and_unlike_twins_are_named(tmp_path):
    pixels, names = small_images(0, 20), [str(it % 4) for it in range(20)]
    for split in ("train", "test"):
        data = csv_bytes(Kind(), pixels, names)
        save(tmp_path / "a" / f"sign_{split}.csv", data)
        twin = save(tmp_path / "a" / f"sign_{split}" / f"sign_{split}.csv", data)
    with open_source(tmp_path / "a", ReadOptions(), tmp_path / "work") as opened:
        assert {it.split for it in opened.source.parts} == {"train", "test"}
        (note,) = (it for it in opened.source.notes if it.startswith("not used"))
        assert "sign_train/sign_train.csv" in note
    twin.write_bytes(csv_bytes(Kind(), pixels[:9], names[:9]))
    with pytest.raises(UsageError, match=r"sign_test.csv, sign_test/sign_test.csv"):
        open_source(tmp_path / "a", ReadOptions(), tmp_path / "work").__enter__()


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_member_that_a_zip_has_twice_counts_once_if_both_are_alike(tmp_path):
    text = lines(KAGGLE)
    for path, second in ((tmp_path / "a.zip", text), (tmp_path / "b.zip", text[:-1] + b"9")):
        with zipfile.ZipFile(path, "w") as file:
            file.writestr("train.csv", text)
            file.writestr("train.csv", second)
    counted = describe_source(tmp_path / "a.zip", tmp_path / "work").content
    assert counted.startswith(f"{len(LABELS)} images of 4 classes")
    with pytest.raises(CorruptError, match=r"train.csv occurs twice with different content"):
        describe_source(tmp_path / "b.zip", tmp_path / "more work")


def test_a_second_download_of_a_file_counts_once(tmp_path):
    for name in ("train.csv", "train (1).csv"):
        save(tmp_path / "mine" / name, lines(KAGGLE))
    counted = describe_source(tmp_path / "mine", tmp_path / "work").content
    assert counted.startswith(f"{len(LABELS)} images of 4 classes")
