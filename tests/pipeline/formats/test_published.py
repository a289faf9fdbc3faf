"""EMNIST is upright and has its class names in any format and under any name."""

import numpy as np
import pytest

from pipeline.datasets.catalogue.emnist import EMNIST
from pipeline.errors import CorruptError
from pipeline.formats.export_dataset import export_dataset
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.published import find_counted, measure_height
from pipeline.formats.source import Part, Source, part_in_memory
from pipeline.storage.cache import Cache
from pipeline.storage.idx import idx_bytes
from tests.support.csv_kinds import Kind, csv_bytes
from tests.support.image_sources import npz, pickled, png, save
from tests.support.user_datasets import make_own, raw_arrays

COUNT = 24


def upright(count=COUNT):
    """Draw shapes that are higher than wide, as characters are."""
    pixels = np.zeros((count, 28, 28), np.uint8)
    rng = np.random.default_rng(0)
    for image in pixels:
        top, left = rng.integers(2, 5), rng.integers(7, 10)
        image[top:24, left:19] = rng.integers(100, 256, (24 - top, 19 - left))
    return pixels


def as_csv(folder, name, pixels, labels):
    return save(folder / f"{name}-train.csv", csv_bytes(Kind(header=None), pixels, labels))


def as_npz(folder, name, pixels, labels):
    return npz(folder / f"{name}.npz", x=pixels, y=labels)


def as_pickle(folder, name, pixels, labels):
    return pickled(folder / f"{name}.pkl", (pixels, labels))


def as_idx(folder, name, pixels, labels):
    save(folder / f"{name}-train-images-idx3-ubyte", idx_bytes(pixels))
    return save(folder / f"{name}-train-labels-idx1-ubyte", idx_bytes(labels.astype(np.uint8)))


def as_folder(folder, name, pixels, labels):
    for i, (image, label) in enumerate(zip(pixels, labels, strict=True)):
        save(folder / name / str(label) / f"{i:02}.png", png(image))
    return folder / name


WRITERS = pytest.mark.parametrize("write", [as_csv, as_npz, as_pickle, as_idx, as_folder])


@pytest.fixture
def cache(tmp_path):
    return Cache(tmp_path / "cache", "test")


def bring_in(cache, path, **options):
    imported = import_dataset(cache, path, "mine", ImportOptions(force=True, **options))
    classes = imported.dataset.classes
    found = sorted(
        (image.tobytes(), classes[label])
        for pixels, labels in raw_arrays(cache, "mine").values()
        for image, label in zip(pixels, labels, strict=True)
    )
    return found, imported


def examples(pixels, names):
    return sorted((image.tobytes(), name) for image, name in zip(pixels, names, strict=True))


@WRITERS
@pytest.mark.parametrize("dataset", EMNIST, ids=lambda it: it.name)
def test_files_as_published_are_set_upright_and_named(dataset, write, cache, tmp_path):
    places = np.linspace(0, len(dataset.classes) - 1, 4).astype(int)
    numbers = dataset.first_label + places[np.arange(COUNT) % 4]
    names = [dataset.classes[it - dataset.first_label] for it in numbers]
    pixels = upright()
    path = write(tmp_path, dataset.name, pixels.transpose(0, 2, 1), numbers)
    found, imported = bring_in(cache, path)
    assert found == examples(pixels, names)
    assert any("lie on their side" in note for note in imported.notes)


@WRITERS
def test_files_that_are_upright_already_are_not_turned(write, cache, tmp_path):
    pixels, numbers = upright(), np.arange(COUNT) % 5
    path = write(tmp_path, "emnist-digits", pixels, numbers)
    found, imported = bring_in(cache, path)
    assert found == examples(pixels, map(str, numbers))
    assert any("upright already" in note for note in imported.notes)
    found, _ = bring_in(cache, path, transpose=True)
    assert found == examples(pixels.transpose(0, 2, 1), map(str, numbers))


def test_the_user_has_the_last_word_on_turning(cache, tmp_path):
    sideways, numbers = upright().transpose(0, 2, 1), np.arange(COUNT) % 5
    path = as_npz(tmp_path, "emnist-letters", sideways, numbers + 1)
    for transpose, expected in ((True, upright()), (False, sideways)):
        found, _ = bring_in(cache, path, transpose=transpose)
        assert found == examples(expected, ["ABCDE"[it] for it in numbers])


@WRITERS
def test_images_on_their_side_under_another_name_are_noted(write, cache, tmp_path):
    sideways, numbers = upright().transpose(0, 2, 1), np.arange(COUNT) % 5
    path = write(tmp_path, "mine", sideways, numbers)
    found, imported = bring_in(cache, path)
    assert found == examples(sideways, map(str, numbers))
    assert any("lie on their side, like those of EMNIST" in note for note in imported.notes)
    for pixels, transpose in ((sideways, True), (sideways, False), (upright(), None)):
        _, imported = bring_in(cache, write(tmp_path, "mine", pixels, numbers), transpose=transpose)
        assert not any("lie on their side" in note for note in imported.notes)


def test_labels_that_do_not_fit_are_refused(cache, tmp_path):
    path = as_npz(tmp_path, "emnist-letters", upright(), np.arange(COUNT) + 8)
    with pytest.raises(CorruptError, match="label 27; expected 1 to 26 in EMNIST letters"):
        bring_in(cache, path)


@pytest.mark.parametrize("name", ["csv", "idx", "png", "torchvision", "npz"])
def test_our_own_exports_come_back_as_they_were(name, cache, tmp_path):
    letters = next(it for it in EMNIST if it.name == "emnist-letters")
    rng = np.random.default_rng(0)
    wide = rng.integers(0, 256, (COUNT, 28, 28), np.uint8)
    wide[:, :12], wide[:, 16:] = 0, 0
    labels = (np.arange(COUNT) % 4).astype(np.uint8)
    dataset = make_own(cache, "mine", {"train": (wide, labels)}, letters.classes)
    path = tmp_path / ("emnist-letters.npz" if name == "npz" else "emnist-letters")
    export_dataset(cache, dataset, name, path)
    found, _ = bring_in(cache, path)
    assert found == examples(wide, [letters.classes[it] for it in labels])


@pytest.mark.parametrize("dataset", EMNIST, ids=lambda it: it.name)
def test_files_of_another_name_are_known_by_their_counts(dataset):
    parts = []
    for split, files in dataset.splits.items():
        labels = np.full(files.count, dataset.first_label + len(dataset.classes) - 1, np.uint8)
        parts.append(Part(split, labels, lambda chosen: iter([])))
    source = Source(tuple(parts), tuple(map(str, range(64))))
    known = None if dataset.name == "emnist-mnist" else dataset
    assert find_counted(source) == known


def test_height_is_measured_whatever_the_paper(tmp_path):
    for pixels, sign in ((upright(), 1), (255 - upright().transpose(0, 2, 1), -1)):
        part = part_in_memory(tmp_path, None, pixels, np.zeros(COUNT, np.uint8))
        assert measure_height([part]) * sign > 3
    blank = part_in_memory(tmp_path, None, upright() * 0, np.zeros(COUNT, np.uint8))
    assert measure_height([blank]) == 0
