"""KMNIST: ten letters of old Japanese cursive writing, in the form of MNIST."""

from pipeline.datasets.records import Dataset, RawFile, Split, images_size, labels_size

# Sizes and hashes: url_checksums/kmnist.txt of TensorFlow Datasets. This project has not had
# these bytes, so the hashes of the content are unknown.
KMNIST = Dataset(
    name="kmnist",
    title="Kuzushiji-MNIST, old Japanese letters",
    mirrors=("https://codh.rois.ac.jp/kmnist/dataset/kmnist/",),
    splits={
        "train": Split(
            images=RawFile(
                name="train-images-idx3-ubyte.gz",
                size=18_165_135,
                sha256="51467d22d8cc72929e2a028a0428f2086b092bb31cfb79c69cc0a90ce135fde4",
                content_size=images_size(60_000),
                content_sha256=None,
            ),
            labels=RawFile(
                name="train-labels-idx1-ubyte.gz",
                size=29_497,
                sha256="e38f9ebcd0f3ebcdec7fc8eabdcdaef93bb0df8ea12bee65224341c8183d8e17",
                content_size=labels_size(60_000),
                content_sha256=None,
            ),
            count=60_000,
        ),
        "test": Split(
            images=RawFile(
                name="t10k-images-idx3-ubyte.gz",
                size=3_041_136,
                sha256="edd7a857845ad6bb1d0ba43fe7e794d164fe2dce499a1694695a792adfac43c5",
                content_size=images_size(10_000),
                content_sha256=None,
            ),
            labels=RawFile(
                name="t10k-labels-idx1-ubyte.gz",
                size=5_120,
                sha256="20bb9a0ef54c7db3efc55a92eef5582c109615df22683c380526788f98e42a1c",
                content_size=labels_size(10_000),
                content_sha256=None,
            ),
            count=10_000,
        ),
    },
    # U+304A, 304D, 3059, 3064, 306A, 306F, 307E, 3084, 308C, 3092 in kmnist_classmap.csv
    classes=("o", "ki", "su", "tsu", "na", "ha", "ma", "ya", "re", "wo"),
    source="https://github.com/rois-codh/kmnist",
    licence=(
        "CC BY-SA 4.0, KMNIST Dataset (created by CODH), adapted from Kuzushiji Dataset (created "
        "by NIJL and others), doi:10.20676/00000341"
    ),
    citation=(
        "T. Clanuwat, M. Bober-Irizar, A. Kitamoto, A. Lamb, K. Yamamoto, D. Ha: Deep learning for "
        "classical Japanese literature, 2018, arXiv:1812.01718"
    ),
)
