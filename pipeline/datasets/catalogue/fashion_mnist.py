"""Fashion-MNIST: pieces of clothing, in the form of MNIST."""

from pipeline.datasets.records import Dataset, RawFile, Split, images_size, labels_size

# Sizes and hashes of the published files: url_checksums/fashion_mnist.txt of TensorFlow Datasets
# and fashion_mnist.py of Keras agree. Those of the content were computed from the bytes that
# Debian's package dataset-fashion-mnist installs; zipped with the published header they have the
# published hashes.
FASHION_MNIST = Dataset(
    name="fashion-mnist",
    title="Fashion-MNIST articles of clothing",
    mirrors=(
        "https://storage.googleapis.com/tensorflow/tf-keras-datasets/",
        "https://fashion-mnist.s3.eu-central-1.amazonaws.com/",
        "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/",
    ),
    splits={
        "train": Split(
            images=RawFile(
                name="train-images-idx3-ubyte.gz",
                size=26_421_880,
                sha256="3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
                content_size=images_size(60_000),
                content_sha256="c59f468a2f672dc815687fe0f83887768d799fd8a3f3276145d20f83aa44d888",
            ),
            labels=RawFile(
                name="train-labels-idx1-ubyte.gz",
                size=29_515,
                sha256="a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
                content_size=labels_size(60_000),
                content_sha256="bad3541b69d912435c50bb6ba87bec294ff4f6a2e1246121d8633921760443d9",
            ),
            count=60_000,
        ),
        "test": Split(
            images=RawFile(
                name="t10k-images-idx3-ubyte.gz",
                size=4_422_102,
                sha256="346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
                content_size=images_size(10_000),
                content_sha256="5b4141f0afbad91edebe8549f8fcffe087ea10ca49f1dbef5c9a5cd8815ce37b",
            ),
            labels=RawFile(
                name="t10k-labels-idx1-ubyte.gz",
                size=5_148,
                sha256="67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
                content_size=labels_size(10_000),
                content_sha256="0402a96d92fd2663957122ceb108a494c5af83dab82d92729df917d7dec38c34",
            ),
            count=10_000,
        ),
    },
    classes=(
        *("T-shirt/top", "Trouser", "Pullover", "Dress", "Coat"),
        *("Sandal", "Shirt", "Sneaker", "Bag", "Ankle boot"),
    ),
    source="https://github.com/zalandoresearch/fashion-mnist",
    licence="MIT",
    citation=(
        "H. Xiao, K. Rasul, R. Vollgraf: Fashion-MNIST: a novel image dataset for benchmarking "
        "machine learning algorithms, 2017, arXiv:1708.07747"
    ),
)
