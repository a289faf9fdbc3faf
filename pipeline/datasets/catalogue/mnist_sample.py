"""MNIST sample: the first images of both splits, included in the package.

With it you can train a first network without a download. For figures that are comparable with
published ones, use `mnist`.
"""

from dataclasses import replace
from pathlib import Path

from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.records import RawFile, Split, images_size, labels_size

FILES = Path(__file__).with_name("mnist_sample")

MNIST_SAMPLE = replace(
    MNIST,
    name="mnist-sample",
    title="MNIST, the first 1,000 training and 200 test images",
    mirrors=(f"{FILES.as_uri()}/",),
    splits={
        "train": Split(
            images=RawFile(
                name="train-images-idx3-ubyte.gz",
                size=161_728,
                sha256="0a725c351dacd1932a68938c0366707d4a6069c4a542eeb44ba6f7b8126ee1b5",
                content_size=images_size(1_000),
                content_sha256="386bb018796babeaca208787b77c1b9db39532c4098951ea35f4694e744eb4b7",
            ),
            labels=RawFile(
                name="train-labels-idx1-ubyte.gz",
                size=517,
                sha256="699722d875ade1a0fab522aef419b4506c45b83e05c71f6b7a13b57b2aba9212",
                content_size=labels_size(1_000),
                content_sha256="895f65588e45d05babf0b5fa7aee2a0d782d8143b40b5764e596df91bc9dddeb",
            ),
            count=1_000,
        ),
        "test": Split(
            images=RawFile(
                name="t10k-images-idx3-ubyte.gz",
                size=31_045,
                sha256="420b2e16ea0de6226cb272b43c337a943de254713959643ede826b4b6f9e7f70",
                content_size=images_size(200),
                content_sha256="cefe86a05637f831a20aef251bd9db19004a2c986ec848d345c40ffd09264afc",
            ),
            labels=RawFile(
                name="t10k-labels-idx1-ubyte.gz",
                size=129,
                sha256="35e471546a21d6ea8a8f2157a0cbcc16c25dcba8115fe3e71d1379e1b393f1e3",
                content_size=labels_size(200),
                content_sha256="181dda88fbf8032cf747bf0766ad9d035b6bb747997214d834eb8d2f33a72210",
            ),
            count=200,
        ),
    },
)
