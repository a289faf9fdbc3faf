"""The dataset that a run was trained on, and the names of its classes.

A configuration has only the dataset's name, and a dataset of the user can be imported again with
other images and other classes. So a run keeps the names of its classes, and the hash of its
training examples.
"""

from collections.abc import Sequence

from network.runs.folder import LoadedRun, load_run
from network.runs.held_out import other_data, seen_by
from network.runs.names import find_run
from network.training.configuration import Configuration
from network.training.initial_state import count_outputs
from pipeline.datasets.records import Dataset
from pipeline.datasets.registry import DATASETS, find_dataset
from pipeline.errors import UsageError
from pipeline.pickles.manifest import split_hash
from pipeline.storage.cache import Cache


def find_classes(cache: Cache, run: LoadedRun) -> tuple[str, ...]:
    """Return the names of the classes that a run predicts.

    A run of an earlier version has no names; it takes those of its dataset.

    Raises: UsageError if that dataset has other data now; MissingError, CorruptError.
    """
    saved = run.checkpoint.meta.get("classes")
    if saved is None:
        return find_own_dataset(cache, run).classes
    check_outputs(run, saved)
    return tuple(saved)


def find_own_dataset(cache: Cache, run: LoadedRun) -> Dataset:
    """Find the dataset that a run was trained on, with the same data and classes as then.

    Raises: UsageError if it has other data or classes now; MissingError, CorruptError.
    """
    dataset = find_dataset(cache, run.configuration.dataset)
    check_own_dataset(cache, run, dataset)
    return dataset


def describe_new_classes(cache: Cache, configuration: Configuration) -> str:
    """Return a note if the run that a training starts from predicts other classes; else "".

    Raises: MissingError, CorruptError.
    """
    if configuration.start is None:
        return ""
    checkpoint, _ = load_run(find_run(cache, configuration.start))
    now = find_dataset(cache, configuration.dataset).classes
    before = checkpoint.meta.get("classes", now)
    changes = [f"{old} is now {new}" for old, new in zip(before, now, strict=False) if old != new]
    if not changes:
        return ""
    some = ", ".join(changes[:3]) + (", ..." if len(changes) > 3 else "")
    return f"{configuration.dataset} has other classes than run {configuration.start}: {some}"


def check_own_dataset(cache: Cache, run: LoadedRun, dataset: Dataset) -> None:
    """Require that the dataset of a run has the same data and classes as in its training.

    The data of published datasets cannot change.

    Raises: UsageError, MissingError, CorruptError.
    """
    saved = run.checkpoint.meta.get("classes")
    check_classes(run, dataset.classes if saved is None else tuple(saved), dataset)
    if dataset.name not in DATASETS:
        check_data(cache, run, dataset)


def check_data(cache: Cache, run: LoadedRun, dataset: Dataset) -> None:
    """Require that a dataset has the data that a run was trained on, if that is known.

    A run that started from another, an ensemble and an edited run have seen the data of several.

    Raises: UsageError, MissingError, CorruptError.
    """
    own = run.checkpoint.meta.get("data")
    seen = seen_by(run.checkpoint, run.configuration) or []
    known = [own] if own else [rule.data for rule in seen if rule.data]
    if known and (found := split_hash(cache, dataset, "train")) not in known:
        raise other_data(f"run {run.name}", known[-1], dataset.name, found)


def check_classes(run: LoadedRun, classes: Sequence[str], dataset: Dataset) -> None:
    """Require a dataset with the classes that a run predicts.

    Raises: UsageError.
    """
    if dataset.classes != tuple(classes):
        raise UsageError(
            f"the classes of {dataset.name} do not match run {run.name}: "
            f"found {describe_classes(dataset.classes)}; expected {describe_classes(classes)}",
            f"Choose a dataset with the classes of {run.name}, or another run",
        )
    check_outputs(run, classes)


def check_outputs(run: LoadedRun, classes: Sequence[str]) -> None:
    """Require an output for each class.

    Raises: UsageError.
    """
    if (count := count_outputs(run.model)) != len(classes):
        raise UsageError(f"run {run.name} has {count} outputs, but {len(classes)} classes")


def describe_classes(classes: Sequence[str]) -> str:
    """Return the number of classes, and the first ones."""
    some = ", ".join(classes[:3])
    return f"{len(classes)} classes ({some}, ...)"
