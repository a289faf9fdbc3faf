"""Published datasets, one file per family: URLs, sizes, hashes, licences."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.datasets.catalogue.emnist import EMNIST as EMNIST
    from pipeline.datasets.catalogue.fashion_mnist import FASHION_MNIST as FASHION_MNIST
    from pipeline.datasets.catalogue.kmnist import KMNIST as KMNIST
    from pipeline.datasets.catalogue.mnist import MNIST as MNIST
    from pipeline.datasets.catalogue.qmnist import QMNIST as QMNIST
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
