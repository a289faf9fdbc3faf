"""Folders of torchvision for MNIST, Fashion-MNIST, KMNIST, EMNIST and QMNIST.

torchvision expects ROOT/MNIST/raw/train-images-idx3-ubyte and so on, unzipped, and takes each
file as published: EMNIST's lie on their side and QMNIST's have rows of labels.

Source: torchvision/datasets/mnist.py: `raw_folder`, `_check_exists`, `resources`.
"""

from collections.abc import Iterator
from itertools import chain
from pathlib import Path, PurePosixPath

import numpy as np

from pipeline.datasets.catalogue.fashion_mnist import FASHION_MNIST
from pipeline.datasets.catalogue.kmnist import KMNIST
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.catalogue.qmnist import QMNIST
from pipeline.datasets.records import IMAGE_SHAPE, Dataset, RawFile
from pipeline.errors import UsageError
from pipeline.formats import idx_files
from pipeline.formats.classes import classes_file, numbered_classes
from pipeline.formats.idx_files import INTEGER, UNSIGNED_BYTE, idx_chunks
from pipeline.formats.source import CLASSES, File, Format, Images, Part, ReadOptions, Source
from pipeline.storage.cache import reading

CLASS_OF = {  # the class of torchvision that reads a group of our datasets
    MNIST.folder: "MNIST",
    FASHION_MNIST.folder: "FashionMNIST",
    KMNIST.folder: "KMNIST",
    QMNIST.folder: "QMNIST",
    "emnist": "EMNIST",
}
CLASS_NAMES = {"FashionMNIST": FASHION_MNIST.classes, "KMNIST": KMNIST.classes}
OWN = "MNIST"  # the class that reads your datasets


def raw_folders(path: Path) -> list[Path]:
    """List the raw folders that a path leads to: ROOT, ROOT/MNIST or ROOT/MNIST/raw."""
    candidates = [path] if path.name == "raw" and path.parent.name in CLASS_OF.values() else []
    candidates += [path / "raw"] if path.name in CLASS_OF.values() else []
    candidates += [path / name / "raw" for name in CLASS_OF.values()]
    with reading(path):
        return [it for it in candidates if it.is_dir() and idx_files.recognises(it)]


def recognises(path: Path) -> bool:
    """Return whether a path leads to a raw folder of torchvision."""
    return path.is_dir() and bool(raw_folders(path))


def read_torchvision(path: Path, options: ReadOptions) -> Source:
    """Read the only dataset of torchvision that a path leads to.

    Raises: UsageError if there are several; MissingError, StorageError, CorruptError.
    """
    folders = raw_folders(path)
    if len(folders) > 1:
        names = ", ".join(folder.parent.name for folder in folders)
        raise UsageError(f"{path}: several datasets: {names}", f"Name one: {folders[0].parent}")
    (folder,) = folders
    source = idx_files.read_idx_files(folder, options)
    known = CLASS_NAMES.get(folder.parent.name)
    if known is None or (folder / CLASSES).exists():
        return source
    return Source(source.parts, numbered_classes(folder, source.parts, known), source.notes)


def write_torchvision(dataset: Dataset, parts: tuple[Part, ...]) -> Iterator[File]:
    """Write every file of the dataset as published, unzipped, and the classes."""
    folder = f"{CLASS_OF.get(dataset.folder, OWN)}/raw"
    of_file: dict[str, list[Part]] = {}  # QMNIST has two splits in one pair of files
    for part in sorted(parts, key=lambda part: dataset.splits[str(part.split)].start):
        of_file.setdefault(dataset.splits[str(part.split)].images.key, []).append(part)
    for together in of_file.values():
        files = dataset.splits[str(together[0].split)]
        n = sum(len(part.labels) for part in together)
        images = idx_chunks(
            UNSIGNED_BYTE, (n, *IMAGE_SHAPE), images_as_published(dataset, together)
        )
        yield f"{folder}/{published_name(files.images)}", images
        yield f"{folder}/{published_name(files.labels)}", labels_as_published(dataset, together, n)
    name, lines = classes_file(dataset.classes)
    yield f"{folder}/{name}", lines


def published_name(file: RawFile) -> str:
    """Return the name that a published file has when it is unzipped."""
    return PurePosixPath(file.member or file.name).name.removesuffix(".gz")


def images_as_published(dataset: Dataset, parts: list[Part]) -> Iterator[Images]:
    """Yield the images of a file in its published form."""
    for images in chain.from_iterable(part.all_images() for part in parts):
        yield images.transpose(0, 2, 1) if dataset.is_transposed else images


def labels_as_published(dataset: Dataset, parts: list[Part], count: int) -> Iterator[bytes]:
    """Yield the labels of a file in its published form."""
    rows = [part.columns for part in parts if part.columns is not None]
    if dataset.label_columns:
        return idx_chunks(INTEGER, (count, len(dataset.label_columns)), rows)
    labels = (part.labels + np.uint8(dataset.first_label) for part in parts)
    return idx_chunks(UNSIGNED_BYTE, (count,), labels)


TORCHVISION = Format(
    name="torchvision",
    title="a folder to give to torchvision.datasets.MNIST, FashionMNIST, ... as root",
    recognises=recognises,
    read=read_torchvision,
    write=write_torchvision,
)
