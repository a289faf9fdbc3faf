"""EMNIST: handwritten digits and letters, in six selections from one archive."""

import string

from pipeline.datasets.records import Dataset, RawFile, Split, images_size, labels_size

DIGITS, UPPER, LOWER = tuple(string.digits), tuple(string.ascii_uppercase), string.ascii_lowercase
# the lower-case letters that differ from their capitals in shape; the others share a class
APART = tuple("abdefghnqrt")

# name -> training images, test images, classes, the label of the first class in the files.
# Counts: mnist.py of TensorFlow Datasets; for letters torchvision, which has the correct ones.
# Classes: the mapping files in the archive. Those of `letters` count from 1, a capital and its
# small letter together.
SELECTIONS: dict[str, tuple[int, int, tuple[str, ...], int]] = {
    "balanced": (112_800, 18_800, (*DIGITS, *UPPER, *APART), 0),
    "byclass": (697_932, 116_323, (*DIGITS, *UPPER, *LOWER), 0),
    "bymerge": (697_932, 116_323, (*DIGITS, *UPPER, *APART), 0),
    "digits": (240_000, 40_000, DIGITS, 0),
    "letters": (124_800, 20_800, UPPER, 1),
    "mnist": (60_000, 10_000, DIGITS, 0),
}


def member(selection: str, part: str, kind: str, content_size: int) -> RawFile:
    """Return the record of a file inside the archive.

    Size and hash of the archive: url_checksums/emnist.txt of TensorFlow Datasets. This project has
    not had its bytes, so the hashes of the content are unknown.
    """
    return RawFile(
        name="gzip.zip",
        size=561_753_746,
        sha256="fb9bb67e33772a9cc0b895e4ecf36d2cf35be8b709693c3564cea2a019fcda8e",
        content_size=content_size,
        content_sha256=None,
        member=f"gzip/emnist-{selection}-{part}-{kind}-ubyte.gz",
    )


def split(selection: str, part: str, count: int) -> Split:
    """Return the record of the training or test split of a selection."""
    return Split(
        images=member(selection, part, "images-idx3", images_size(count)),
        labels=member(selection, part, "labels-idx1", labels_size(count)),
        count=count,
    )


EMNIST = tuple(
    Dataset(
        name=f"emnist-{selection}",
        title=f"EMNIST {selection}, handwritten characters",
        mirrors=("https://biometrics.nist.gov/cs_links/EMNIST/",),
        splits={
            "train": split(selection, "train", train),
            "test": split(selection, "test", test),
        },
        classes=classes,
        source="https://www.nist.gov/itl/products-and-services/emnist-dataset",
        licence="not stated; derived from NIST Special Database 19",
        citation=(
            "G. Cohen, S. Afshar, J. Tapson, A. van Schaik: EMNIST: an extension of MNIST to "
            "handwritten letters, 2017, arXiv:1702.05373"
        ),
        group="emnist",
        first_label=first_label,
        is_transposed=True,
    )
    for selection, (train, test, classes, first_label) in SELECTIONS.items()
)
