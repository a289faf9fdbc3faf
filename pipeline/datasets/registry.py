"""The data sets we know, and how one is found by its name."""

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
    """Look a data set up by its name: one that we know, or one that the user imported.

    Raises: UsageError with the nearest name; CorruptError when the record of an imported one is
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
    """Return a data set, which may be named.

    Raises: UsageError, CorruptError.
    """
    return find_dataset(cache, dataset) if isinstance(dataset, str) else dataset


def dataset_names(cache: Cache) -> list[str]:
    """List the names of what we know, and then of what the user imported."""
    return [*DATASETS, *user_dataset_names(cache)]


@checked
def all_datasets(cache: Cache) -> list[Dataset]:
    """List what we know, and then what the user imported.

    Raises: CorruptError.

    Example:
        >>> [dataset.name for dataset in all_datasets(find_cache())][:3]
        ['mnist', 'mnist-sample', 'fashion-mnist']
    """
    return [*DATASETS.values(), *(read_record(cache, name) for name in user_dataset_names(cache))]
