"""QMNIST: MNIST rebuilt from its sources, with writers and more test digits."""

from pipeline.datasets.records import Dataset, RawFile, Split, images_size

ROWS = 60_000  # in each pair of files
COLUMNS = (
    "class",  # the digit
    "series",  # of the NIST collection it comes from: 0, 1 or 4
    "writer",  # number of the writer: 0 to 610 and 2100 to 2599
    "number",  # of this digit among the writer's
    "code",  # of the character at NIST
    "index",  # of the digit in the whole NIST collection
    "duplicate",  # 0 in these files
    "unused",
)


def labels_file(name: str, size: int, sha256: str) -> RawFile:
    """Return the record of a file with a row of 32-bit numbers per digit."""
    return RawFile(name, size, sha256, 12 + ROWS * len(COLUMNS) * 4, None)


# Sizes and hashes: url_checksums/qmnist.txt of TensorFlow Datasets. This project has not had
# these bytes, so the hashes of the content are unknown. Columns: README of the source.
TRAIN_IMAGES = RawFile(
    name="qmnist-train-images-idx3-ubyte.gz",
    size=9_704_059,
    sha256="9e26a7bf1683614e065d7b76460ccd52807165b3f22561fb782bd9f38c52b51d",
    content_size=images_size(ROWS),
    content_sha256=None,
)
TRAIN_LABELS = labels_file(
    "qmnist-train-labels-idx2-int.gz",
    463_024,
    "2c05dc77f6b916b38e455e97ab129a42a444f3dbef09b278a366f82904e0dd9f",
)
TEST_IMAGES = RawFile(
    name="qmnist-test-images-idx3-ubyte.gz",
    size=9_742_279,
    sha256="43fc22bf7498b8fc98de98369d72f752d0deabc280a43a7bcc364ab19e57b375",
    content_size=images_size(ROWS),
    content_sha256=None,
)
TEST_LABELS = labels_file(
    "qmnist-test-labels-idx2-int.gz",
    526_800,
    "9fbcbe594c3766fdf4f0b15c5165dc0d1e57ac604e01422608bb72c906030d06",
)

QMNIST = Dataset(
    name="qmnist",
    title="QMNIST, MNIST with its writers and lost test digits",
    mirrors=("https://raw.githubusercontent.com/facebookresearch/qmnist/master/",),
    splits={
        "train": Split(TRAIN_IMAGES, TRAIN_LABELS, ROWS),
        # the first 10,000 are MNIST's test images, the others were thought to be lost
        "test": Split(TEST_IMAGES, TEST_LABELS, 10_000, start=0, file_count=ROWS),
        "lost": Split(TEST_IMAGES, TEST_LABELS, 50_000, start=10_000, file_count=ROWS),
    },
    classes=tuple("0123456789"),
    source="https://github.com/facebookresearch/qmnist",
    licence="3-clause BSD",
    citation=(
        "C. Yadav, L. Bottou: Cold case: the lost MNIST digits, Advances in Neural Information "
        "Processing Systems 32, 2019, arXiv:1905.10498"
    ),
    label_columns=COLUMNS,
)
