"""MNIST: handwritten digits, the reference for the other datasets."""

from pipeline.datasets.records import Dataset, RawFile, Split, images_size, labels_size

# Sizes and hashes were computed from the files in cache/raw/mnist.
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
                content_size=images_size(60_000),
                content_sha256="ba891046e6505d7aadcbbe25680a0738ad16aec93bde7f9b65e87a2fc25776db",
            ),
            labels=RawFile(
                name="train-labels-idx1-ubyte.gz",
                size=28_881,
                sha256="3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
                content_size=labels_size(60_000),
                content_sha256="65a50cbbf4e906d70832878ad85ccda5333a97f0f4c3dd2ef09a8a9eef7101c5",
            ),
            count=60_000,
        ),
        "test": Split(
            images=RawFile(
                name="t10k-images-idx3-ubyte.gz",
                size=1_648_877,
                sha256="8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
                content_size=images_size(10_000),
                content_sha256="0fa7898d509279e482958e8ce81c8e77db3f2f8254e26661ceb7762c4d494ce7",
            ),
            labels=RawFile(
                name="t10k-labels-idx1-ubyte.gz",
                size=4_542,
                sha256="f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
                content_size=labels_size(10_000),
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
