"""The data sets we know: mirrors, files, checksums, class names."""

import difflib
from dataclasses import dataclass

from pipeline.errors import UsageError

IMAGE_SHAPE = (28, 28)  # height, width; the same in every MNIST-like set


@dataclass(frozen=True)
class RawFile:
    """One published file, and what identifies it and its content."""

    name: str
    size: int  # bytes, as published
    sha256: str  # of the file as published
    content_size: int  # bytes, unzipped
    content_sha256: str  # of the unzipped content: this is what counts


@dataclass(frozen=True)
class Split:
    """The two files that make up the training or the test examples."""

    images: RawFile
    labels: RawFile
    count: int

    @property
    def files(self) -> tuple[RawFile, RawFile]:
        return self.images, self.labels


@dataclass(frozen=True)
class Dataset:
    """All there is to know about a data set before its first byte is here."""

    name: str
    title: str
    mirrors: tuple[str, ...]  # folders, tried in turn
    splits: dict[str, Split]
    classes: tuple[str, ...]
    source: str
    licence: str
    citation: str

    @property
    def files(self) -> tuple[RawFile, ...]:
        return tuple(file for split in self.splits.values() for file in split.files)


# Sizes and hashes were taken from the files themselves, which are in cache/raw/mnist.
MNIST = Dataset(
    name="mnist",
    title="MNIST handwritten digits",
    mirrors=(
        "https://ossci-datasets.s3.amazonaws.com/mnist/",
        "https://storage.googleapis.com/cvdf-datasets/mnist/",
    ),
    splits={
        "train": Split(
            images=RawFile(
                name="train-images-idx3-ubyte.gz",
                size=9_912_422,
                sha256="440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
                content_size=47_040_016,
                content_sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            labels=RawFile(
                name="train-labels-idx1-ubyte.gz",
                size=28_881,
                sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                content_size=60_008,
                content_sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            count=60_000,
        ),
        "test": Split(
            images=RawFile(
                name="t10k-images-idx3-ubyte.gz",
                size=1_648_877,
                sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                content_size=7_840_016,
                content_sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            labels=RawFile(
                name="t10k-labels-idx1-ubyte.gz",
                size=4_542,
                sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                content_size=10_008,
                content_sha256="ff7bcfd416de33731a308c3f266cc351222c34898ecbeaf847f06e48f7ec33f2",
            ),
            count=10_000,
        ),
    },
    classes=tuple("0123456789"),
    source="http://yann.lecun.com/exdb/mnist/ (the page of the authors; not a place to download)",
    licence="CC BY-SA 3.0",
    citation=(
        "Y. LeCun, L. Bottou, Y. Bengio, P. Haffner: Gradient-based learning applied to "
        "document recognition, Proceedings of the IEEE 86(11), 1998, 2278-2324"
    ),
)

DATASETS: dict[str, Dataset] = {dataset.name: dataset for dataset in (MNIST,)}


def find_dataset(name: str) -> Dataset:
    """Look a data set up by its name.

    Raises: UsageError with the nearest name.
    """
    if name in DATASETS:
        return DATASETS[name]
    near = difflib.get_close_matches(name.lower(), DATASETS, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`pipeline list` names them all"
    raise UsageError(f"no data set is called {name!r}, we know {', '.join(DATASETS)}", hint)
