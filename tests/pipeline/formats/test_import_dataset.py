"""Imported images become a dataset like the others, atomically, under a new name."""

import gzip
import os
import subprocess
import sys
import time

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from PIL import Image

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.registry import DATASETS, all_datasets, find_dataset
from pipeline.errors import CorruptError, StorageError, UsageError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.split import choose_test
from pipeline.pickles.manifest import read_split
from pipeline.storage.cache import STALE_SECONDS, Cache
from pipeline.verify import verify_dataset
from tests.support.checkout import RAW, REPOSITORY
from tests.support.image_sources import KAGGLE, LABELS, PIXELS, images, lines, npz, png, save
from tests.support.pace import PATIENCE
from tests.support.peak_memory import PEAK
from tests.support.user_datasets import LINUX, raw_arrays, tree

MAX_BYTES = 120e6  # NumPy and Pillow take 50 of them
CHILD = """
import sys
from pathlib import Path
from pipeline.storage.cache import Cache
from pipeline.errors import ProjectError
from pipeline.formats.import_dataset import ImportOptions, import_dataset
try:
    import_dataset(Cache(Path(sys.argv[1]), "test"), Path(sys.argv[2]), "mine", ImportOptions())
except ProjectError as error:
    print(type(error).__name__, error)
"""


def in_child(cache, path):
    arguments = [sys.executable, "-c", CHILD, str(cache.root), str(path)]
    return subprocess.Popen(arguments, cwd=REPOSITORY, stdout=subprocess.PIPE, text=True)


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "the cache", "test")


@pytest.fixture
def source(tmp_path):
    return npz(tmp_path / "a.npz", x=PIXELS, y=LABELS)


def test_what_is_imported_is_a_data_set_like_the_others(cache, source):
    wishes = ImportOptions(title="My digits", licence="CC0")
    imported = import_dataset(cache, source, "my-digits", wishes)
    dataset = find_dataset(cache, "my-digits")
    assert dataset == imported.dataset
    assert all_datasets(cache) == [*DATASETS.values(), dataset]
    facts = dataset.title, dataset.licence, dataset.citation, dataset.source, dataset.mirrors
    assert facts == ("My digits", "CC0", "", str(source), ())
    assert [finding.status for finding in verify_dataset(cache, dataset)] == ["intact"] * 7
    for split, (pixels, labels) in raw_arrays(cache, "my-digits").items():
        read = read_split(cache, dataset, split)
        assert np.array_equal(read[0], pixels)
        assert np.array_equal(read[1], labels)
    assert {path.name for path in cache.raw("my-digits").iterdir()} == {
        *("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "dataset.json"),
        *("t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte"),
    }
    assert {path.name for path in cache.raw("").iterdir()} == {"my-digits"}


@given(
    labels=st.lists(st.integers(0, 5), min_size=2, max_size=60),
    share=st.floats(0.01, 0.99),
    seed=st.integers(0, 9),
)
def test_test_images_are_the_same_share_of_each_class(labels, share, seed):
    labels = np.array(labels, np.uint8)
    counts = enumerate(np.bincount(labels))
    expected = {n: min(round(share * count), count - 1) for n, count in counts}
    if not any(count > 0 for count in expected.values()):
        count = min(round(share * len(labels)), np.count_nonzero(np.bincount(labels) > 1))
        if count:
            assert choose_test(labels, share, seed).sum() == count
            assert np.bincount(labels[choose_test(labels, share, seed)]).max() == 1
            return
        with pytest.raises(UsageError, match="no class has enough images"):
            choose_test(labels, share, seed)
        return
    chosen = choose_test(labels, share, seed)
    assert all((labels[chosen] == n).sum() == max(0, count) for n, count in expected.items())
    assert np.array_equal(chosen, choose_test(labels, share, seed))


def test_every_image_is_in_one_split_and_the_seed_decides_in_which(cache, source):
    found = []
    for name, seed in ("a", 0), ("b", 0), ("c", 1):
        import_dataset(cache, source, name, ImportOptions(test_share=0.25, seed=seed))
        splits = raw_arrays(cache, name)
        assert np.bincount(splits["test"][1]).tolist() == [2, 2, 2, 2]  # of 6 each
        both = np.concatenate([splits["train"][0], splits["test"][0]])
        assert sorted(it.tobytes() for it in both) == sorted(it.tobytes() for it in PIXELS)
        found.append(splits["test"][0].tobytes())
    assert found[0] == found[1] != found[2]


@pytest.mark.parametrize("share", [0, 1, -1, 2, float("nan")])
def test_a_share_that_leaves_nothing_is_refused(share, cache, source):
    with pytest.raises(UsageError, match=r"test_share is .*; expected more than 0 "):
        import_dataset(cache, source, "mine", ImportOptions(test_share=share))


@pytest.mark.parametrize(
    "name", [*DATASETS, "emnist", "", "My", "a/b", "..", "a" * 65, "a_b", "-a"]
)
def test_names_of_others_and_names_of_no_folder_are_refused_even_with_force(name, cache, source):
    with pytest.raises(UsageError, match=r"a public dataset|is not a valid dataset name"):
        import_dataset(cache, source, name, ImportOptions(force=True))
    assert not cache.root.exists()


def test_a_data_set_is_replaced_with_force_alone(cache, source, tmp_path):
    import_dataset(cache, source, "mine", ImportOptions())
    before = tree(cache.root)
    other = npz(tmp_path / "b.npz", x=255 - PIXELS, y=LABELS)
    with pytest.raises(UsageError, match="your dataset mine already exists") as got:
        import_dataset(cache, other, "mine", ImportOptions())
    assert "force=True" in got.value.hint
    assert tree(cache.root) == before
    import_dataset(cache, other, "mine", ImportOptions(force=True))
    assert [name for name, _ in tree(cache.root)] == [name for name, _ in before]
    assert np.array_equal(255 - raw_arrays(cache, "mine")["test"][0][0], first_test(before))
    dataset = find_dataset(cache, "mine")
    assert [finding.status for finding in verify_dataset(cache, dataset)] == ["intact"] * 7


def first_test(files):
    content = dict(files)["raw/mine/t10k-images-idx3-ubyte"]
    return np.frombuffer(content, np.uint8, 784, offset=16).reshape(28, 28)


def test_a_damaged_record_is_mended_by_importing_again(cache, source):
    import_dataset(cache, source, "mine", ImportOptions())
    before = tree(cache.root)
    cache.record("mine").write_bytes(b"{}")
    with pytest.raises(CorruptError):
        find_dataset(cache, "mine")
    import_dataset(cache, source, "mine", ImportOptions(force=True))
    assert tree(cache.root) == before


@pytest.mark.parametrize("place", ["raw/mine/notes.txt", "raw/mine", "pickles/mine_train.pickle"])
@pytest.mark.parametrize("is_own", [True, False])
def test_nothing_of_somebody_else_is_replaced(place, is_own, cache, source):
    if is_own and place == "raw/mine/notes.txt":
        import_dataset(cache, source, "mine", ImportOptions())
    save(cache.root / place, b"precious")
    before = tree(cache.root)
    force = is_own and place == "raw/mine/notes.txt"
    with pytest.raises(
        UsageError, match=r"not from an import|not one of your datasets|one of your files"
    ):
        import_dataset(cache, source, "mine", ImportOptions(force=force))
    assert tree(cache.root) == before


def broken_folder(folder):
    """Images of which the last is damaged, found after all others are written."""
    images(folder)
    save(folder / "3" / "z.png", png(PIXELS[0])[:-30])
    return folder


@pytest.mark.parametrize("is_there", [True, False], ids=["one is there", "none is there"])
@pytest.mark.parametrize("kind", ["a broken image", "a late line"])
def test_an_import_that_fails_leaves_what_was_there(kind, is_there, cache, source, tmp_path):
    if is_there:
        import_dataset(cache, source, "mine", ImportOptions())
    cache.raw("").mkdir(parents=True, exist_ok=True)
    before = tree(cache.root)
    path = tmp_path / "bad"
    if kind == "a broken image":
        broken_folder(path)
    else:
        save(path, lines(KAGGLE) + b"\n1,2,3")
    with pytest.raises(CorruptError, match=r"z\.png: damaged|line 26: 3 values"):
        import_dataset(cache, path, "mine", ImportOptions(force=True))
    assert tree(cache.root) == before


@LINUX
@pytest.mark.parametrize("blocks", [1, 10, 30])
def test_a_full_disk_leaves_what_was_there(blocks, cache, source, tmp_path):
    import_dataset(cache, source, "mine", ImportOptions())
    before = tree(cache.root)
    line = f'ulimit -f {blocks}; exec "$@"'
    code = CHILD.replace("ImportOptions()", "ImportOptions(force=True)")
    command = [sys.executable, "-c", code, str(cache.root), str(source)]
    done = subprocess.run(
        ["bash", "-c", line, "sh", *command],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert done.stdout.startswith("StorageError cannot write")
    assert tree(cache.root) == before


def test_a_folder_that_is_not_ours_to_write_is_a_storage_error(cache, source):
    save(cache.root / "raw", b"a file")
    with pytest.raises(StorageError, match="cannot write"):
        import_dataset(cache, source, "mine", ImportOptions())


def test_what_killed_imports_left_is_cleared_away_after_an_hour(cache, source):
    stale, fresh, other = (
        cache.raw(f".{name}.part") / "raw"
        for name in ("mine.0123456789abcdef", "mine.0123456789abcde0", "yours.0123456789abcdef")
    )
    for folder, age in (stale, STALE_SECONDS + 60), (fresh, 0), (other, STALE_SECONDS + 60):
        folder.mkdir(parents=True)
        os.utime(folder.parent, (time.time() - age,) * 2)
    import_dataset(cache, source, "mine", ImportOptions())
    assert [folder.exists() for folder in (stale, fresh, other)] == [False, True, True]
    assert [dataset.name for dataset in all_datasets(cache)][len(DATASETS) :] == ["mine"]


def test_two_imports_of_one_name_at_once_leave_one_whole_data_set(cache, source, tmp_path):
    other = npz(tmp_path / "b.npz", x=255 - PIXELS, y=LABELS)
    children = [in_child(cache, path) for path in (source, other, source, other)]
    answers = [child.communicate(timeout=PATIENCE)[0] for child in children]
    assert sum("your dataset mine already exists" in answer for answer in answers) == 3
    dataset = find_dataset(cache, "mine")
    assert [finding.status for finding in verify_dataset(cache, dataset)] == ["intact"] * 7


def test_dark_ink_on_light_paper_is_inverted(cache, source):
    import_dataset(cache, source, "as-it-is", ImportOptions())
    import_dataset(cache, source, "inverted", ImportOptions(invert=True))
    as_it_is, inverted = (raw_arrays(cache, name) for name in ("as-it-is", "inverted"))
    assert all(np.array_equal(255 - as_it_is[it][0], inverted[it][0]) for it in as_it_is)


def test_images_of_any_size_are_resized_smoothly_when_asked(cache, tmp_path):
    folder = tmp_path / "large"
    checks = np.indices((112, 56)).sum(0).astype(np.uint8) % 2 * 255
    for i in range(4):
        save(folder / "check" / f"{i}.png", png(checks))
    for option in "resize", "grey":
        table = save(tmp_path / "b.csv", lines(KAGGLE))
        with pytest.raises(UsageError, match=f"{option}=True applies to .*arrays.* is read as csv"):
            import_dataset(cache, table, "a", ImportOptions(**{option: True}))
    import_dataset(cache, folder, "mine", ImportOptions(resize=True, test_share=0.5))
    pixels = raw_arrays(cache, "mine")["train"][0][0].astype(int)
    assert np.abs(pixels[:, 7:21] - 127).max() < 9  # black and white became grey, not one of them
    assert set(pixels[:, :6].ravel()) <= {0, 127, 128, 255}  # a margin of one grey


def test_classes_are_the_names_of_the_folders_in_natural_order(cache, tmp_path):
    folder = images(tmp_path / "a", names=["class 10", "class 9", "Ä", "10"])
    save(folder / ".hidden", b"x")
    save(folder / "Ä" / ".DS_Store", b"x")
    import_dataset(cache, folder, "mine", ImportOptions())
    assert find_dataset(cache, "mine").classes == ("10", "class 9", "class 10", "Ä")
    save(folder / "classes.txt", "Ä\r\n10\r\nclass 10\r\nclass 9\r\nnever\r\n".encode())
    imported = import_dataset(cache, folder, "listed", ImportOptions())
    assert imported.dataset.classes == ("Ä", "10", "class 10", "class 9", "never")
    assert "1 of 5 classes without training images: never" in imported.notes


def test_labels_of_a_csv_file_may_be_names(cache, tmp_path):
    names = ["dog", "cat", "class 10", "class 9"]
    path = save(tmp_path / "a.csv", lines(KAGGLE, labels=[f" {names[it]} " for it in LABELS]))
    imported = import_dataset(cache, path, "mine", ImportOptions())
    assert imported.dataset.classes == ("cat", "class 9", "class 10", "dog")
    save(tmp_path / "classes.txt", b"dog\ncat\nclass 10\nclass 9\n")
    imported = import_dataset(cache, path, "listed", ImportOptions())
    assert imported.dataset.classes == tuple(names)
    counts = {
        it: np.bincount(labels).tolist() for it, (_, labels) in raw_arrays(cache, "mine").items()
    }
    assert counts == {"train": [5] * 4, "test": [1] * 4}
    first = PIXELS[LABELS == 0]  # the dogs
    dogs = {it.tobytes() for px, lb in raw_arrays(cache, "listed").values() for it in px[lb == 0]}
    assert dogs == {it.tobytes() for it in first}


def test_kaggles_test_images_without_labels_are_left_out_with_a_note(cache, tmp_path):
    save(tmp_path / "k" / "train.csv", lines(KAGGLE))
    save(tmp_path / "k" / "test.csv", lines(KAGGLE).replace(b"label,", b"").replace(b"\n0,", b"\n"))
    for path, name in (tmp_path / "k", "a"), (tmp_path / "k" / "train.csv", "b"):
        imported = import_dataset(cache, path, name, ImportOptions())
        assert imported.notes[0].startswith("not used, because it has no labels: ")
        assert {it: part.count for it, part in imported.dataset.splits.items()} == {
            "train": 20, "test": 4
        }  # fmt: skip


def test_the_real_files_of_mnist_are_a_source_too(cache):
    imported = import_dataset(cache, RAW, "mine", ImportOptions())
    assert imported.notes == []
    for split, files in MNIST.splits.items():
        found = imported.dataset.splits[split]
        for kind in "images", "labels":
            sha256 = getattr(files, kind).content_sha256
            assert getattr(found, kind).content_sha256 == sha256


@pytest.mark.skipif(os.name != "posix", reason="links need rights on Windows")
def test_links_are_followed_inside_the_folder_alone(cache, tmp_path):
    folder = images(tmp_path / "a")
    (folder / "3" / "again.png").symlink_to(folder / "0" / "0.png")
    import_dataset(cache, folder, "mine", ImportOptions())
    assert sum(len(labels) for _, labels in raw_arrays(cache, "mine").values()) == len(LABELS) + 1
    (folder / "4").symlink_to(tmp_path)
    with pytest.raises(CorruptError, match="4 is a link that leads out of"):
        import_dataset(cache, folder, "other", ImportOptions())


@pytest.mark.parametrize("mode", ["1", "P", "LA"])
def test_images_of_every_kind_of_grey_are_what_pillow_makes_of_them(mode, cache, tmp_path):
    expected = []
    for i in range(4):
        save(tmp_path / "a" / "b" / f"{i}.png", png(PIXELS[i], mode))
        with Image.open(tmp_path / "a" / "b" / f"{i}.png") as image:
            expected.append(np.asarray(image.convert("L")).tobytes())
    import_dataset(cache, tmp_path / "a", "mine", ImportOptions(test_share=0.5))
    splits = raw_arrays(cache, "mine")
    found = [it.tobytes() for pixels, _ in splits.values() for it in pixels]
    assert sorted(found) == sorted(expected)


FAINT = "no pixel is above 1 of 255, so the ink is faint: if 1 is full ink, import with --highest 1"


def test_what_looks_wrong_is_noted(cache, tmp_path):
    faint = npz(tmp_path / "a.npz", x=PIXELS // 128, y=LABELS * 2, note=LABELS)
    notes = import_dataset(cache, faint, "mine", ImportOptions()).notes
    assert notes == [
        f"{faint}: not used: note",
        "4 test images were chosen at random, seed 0",
        "3 of 7 classes without training images: 1, 3, 5",
        FAINT,
    ]
    both = npz(tmp_path / "b.npz", x_train=PIXELS, y_train=LABELS, x_test=PIXELS, y_test=LABELS)
    notes = import_dataset(cache, both, "b", ImportOptions(test_share=0.5)).notes
    assert "already has test images, so --test-share is not used" in notes[0]
    assert notes[1].startswith("24 of 24 test images are also in training, pixel by pixel")


def test_images_to_train_on_are_needed(cache, tmp_path):
    path = npz(tmp_path / "a.npz", x_test=PIXELS, y_test=LABELS)
    with pytest.raises(CorruptError, match="only images for test found; expected training images"):
        import_dataset(cache, path, "mine", ImportOptions())
    path = npz(tmp_path / "b.npz", x=PIXELS[:0], y=LABELS[:0])
    with pytest.raises(CorruptError, match="no images"):
        import_dataset(cache, path, "mine", ImportOptions())


def test_the_command_says_what_it_did_and_the_others_know_the_data_set(
    cache, source, run_command, run_json
):
    arguments = "pipeline", "import", str(source), "--name", "mine"
    done = run_command(*arguments, cache=cache)
    assert done.stdout.startswith("mine: 20 train images, 4 test images of 4 classes, read as npz")
    assert done.stderr.endswith(" -m network train --dataset mine\n")
    answer = run_json(*arguments, "--force", "--title", "Mine", "--test-share", "0.5", cache=cache)
    assert (answer["dataset"], answer["format"]) == ("mine", "npz")
    assert answer["splits"] == {"train": 12, "test": 12}
    assert answer["classes"] == ["0", "1", "2", "3"]
    assert answer["notes"] == ["12 test images were chosen at random, seed 0"]
    assert run_json("pipeline", "list", cache=cache)["datasets"][-1]["title"] == "Mine"
    show = "pipeline", "show", "mine", "--split", "test", "--count", "5", "--out", "a.png"
    assert run_json(*show, cache=cache)["count"] == 5
    assert run_json(*arguments, cache=cache, code=2)["error"]["hint"].endswith("--force")


def many(count):
    rng = np.random.default_rng(0)
    pixels = np.zeros((count, 28, 28), np.uint8)
    pixels[:, 9:19, 9:19] = rng.integers(0, 256, (count, 10, 10), np.uint8)
    return pixels, (np.arange(count) % 10).astype(np.uint8)


@pytest.mark.slow
@LINUX
@pytest.mark.parametrize("kind", ["npz", "csv", "png"])
def test_memory_does_not_grow_with_the_images(kind, cache, tmp_path):
    if kind == "npz":  # 86 MB of pixels
        pixels, labels = many(110_000)
        path = npz(tmp_path / "a.npz", compressed=True, x=pixels, y=labels)
    elif kind == "csv":  # 34 MB of text, zipped
        rows = lines().split(b"\n")
        path = tmp_path / "a.csv.gz"
        with gzip.open(path, "wb", 1) as file:
            for _ in range(1200):
                file.write(b"\n".join(rows[:10]) + b"\n")
    else:
        pixels, labels = many(3000)
        path = tmp_path / "a"
        large = Image.fromarray(pixels[0]).resize((28, 28))
        for i, label in enumerate(labels):
            save(path / str(label) / f"{i}.png", png(np.asarray(large)))
    command = ["import", str(path), "--name", "mine", "-q", "--cache-dir", str(cache.root)]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *command],
        cwd=REPOSITORY, capture_output=True, text=True, check=True,
    )  # fmt: skip
    assert int(done.stdout.splitlines()[-1]) * 1024 <= MAX_BYTES
