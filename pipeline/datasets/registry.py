"""Registry of datasets, found by name."""

import difflib

from pipeline.datasets.catalogue.emnist import EMNIST
from pipeline.datasets.catalogue.fashion_mnist import FASHION_MNIST
from pipeline.datasets.catalogue.kmnist import KMNIST
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.catalogue.mnist_sample import MNIST_SAMPLE
from pipeline.datasets.catalogue.qmnist import QMNIST
from pipeline.datasets.records import Dataset
from pipeline.datasets.user_datasets import read_record, user_dataset_names
from pipeline.errors import UsageError
from pipeline.storage.arguments import checked, show_value
from pipeline.storage.cache import Cache

DATASETS: dict[str, Dataset] = {
    dataset.name: dataset
    for dataset in (MNIST, MNIST_SAMPLE, FASHION_MNIST, KMNIST, *EMNIST, QMNIST)
}


@checked
def find_dataset(cache: Cache, name: str) -> Dataset:
    """Return a dataset by its name, published or imported by the user.

    Raises: UsageError with the nearest name; CorruptError if the record of an imported dataset is
    damaged.

    Example:
        >>> find_dataset(find_cache(), "fashion-mnist").classes[0]
        'T-shirt/top'
    """
    if name in DATASETS:
        return DATASETS[name]
    known = dataset_names(cache)
    if name in known:
        return read_record(cache, name)
    near = difflib.get_close_matches(name.lower(), known, n=1)
    hint = f"Did you mean {near[0]}?" if near else "`pipeline list` shows them all"
    raise UsageError(
        f"dataset {show_value(name)} not found; the datasets are {', '.join(known)}", hint
    )


def as_dataset(cache: Cache, dataset: Dataset | str) -> Dataset:
    """Return a dataset, given itself or its name.

    Raises: UsageError, CorruptError.
    """
    return find_dataset(cache, dataset) if isinstance(dataset, str) else dataset


def dataset_names(cache: Cache) -> list[str]:
    """Return the names of the published datasets, then of the user's."""
    return [*DATASETS, *user_dataset_names(cache)]


@checked
def all_datasets(cache: Cache) -> list[Dataset]:
    """Return the published datasets, then the user's.

    Raises: CorruptError.

    Example:
        >>> [dataset.name for dataset in all_datasets(find_cache())][:3]
        ['mnist', 'mnist-sample', 'fashion-mnist']
    """
    return [*DATASETS.values(), *(read_record(cache, name) for name in user_dataset_names(cache))]
