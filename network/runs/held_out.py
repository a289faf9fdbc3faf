"""Validation examples of a run: those that it was never trained on.

A run holds out a share of its training examples, drawn with its seed. Its checkpoint records the
split rules of everything that it was trained on: its rule, those of the run that it started from,
and those of all members of an ensemble. An example is held out if at least one of these runs held
it out and none trained on it. So members with the same seed share their validation examples, and
members with five seeds have almost none in common. Rules for another dataset, that of a run that it
started from, choose none of the examples here.
"""

from dataclasses import asdict, dataclass
from itertools import chain
from typing import Any, TypeAlias

import numpy as np

from network.core.data import Examples, scale_pixels, split_indices
from network.core.params import Array
from network.runs.checkpoints import RESTORE, Checkpoint
from network.runs.folder import Run, load_run
from network.runs.names import can_begin, is_untrained
from network.runs.start_command import start_command
from network.training.configuration import Configuration, build_configuration
from pipeline.datasets.registry import find_dataset
from pipeline.errors import CorruptError, UsageError, describe_cause
from pipeline.pickles.manifest import read_split, split_hash
from pipeline.storage.arguments import show_value
from pipeline.storage.cache import Cache

AGAIN = "Train with --validation {} to keep validation images"


@dataclass(frozen=True)
class SplitRule:
    """The rule by which a run split its examples into training and validation."""

    data: str | None  # sha256 of the pickle; None: of an earlier version
    limit: int | None
    validation: float
    seed: int

    def places(self, count: int) -> tuple[Array, Array]:
        """Return the indices of the training and of the held-out examples, both rising."""
        return split_indices(min(count, self.limit or count), self.validation, self.seed)


Seen: TypeAlias = list[SplitRule]


@dataclass(frozen=True, eq=False)
class DataSplit:
    """The examples of a split "train", divided by whether a run was trained on them."""

    pixels: Array  # (N, H, W) uint8
    labels: Array  # (N,)
    trained: Array  # indices of the training examples, rising
    held_out: Array  # indices of the validation examples, rising
    sha256: str  # of the data

    @property
    def examples(self) -> Examples:
        """The held-out examples, in the form that a model expects."""
        return Examples(scale_pixels(self.pixels[self.held_out]), self.labels[self.held_out])


def seen_by(checkpoint: Checkpoint, configuration: Configuration) -> Seen | None:
    """Return the split rules of all runs behind a run's parameters; None if they are not known.

    They are not known for parameters that were trained by other programs, and for ensembles of
    earlier versions.

    Raises: CorruptError.
    """
    meta = checkpoint.meta
    if "seen" in meta:
        return None if meta["seen"] is None else read_seen(meta["seen"])
    if "members" in meta or configuration.start is not None:
        return None
    if is_untrained(meta):
        return []
    if meta.get("step", 0) == 0:
        return None
    return [split_rule(configuration, meta.get("data"))]


def require_steps(name: str, checkpoint: Checkpoint, configuration: Configuration) -> None:
    """Require a network that was trained.

    Raises: UsageError.
    """
    if seen_by(checkpoint, configuration) == []:
        how = start_command(name, configuration.to_dict())
        if can_begin(checkpoint.meta):
            how = f"network train --resume {name}"
        hint = f"Train it: `{how}`"
        if "members" in checkpoint.meta:  # an ensemble cannot be trained itself
            hint = "Train its members, and make it again"
        raise UsageError(f"run {name} is untrained (0 epochs)", hint)


def seen_after(start: Run, configuration: Configuration, data: str) -> list[dict[str, Any]] | None:
    """Return the "seen" entry of a run that starts from the parameters of another.

    Raises: MissingError, CorruptError.
    """
    return describe_seen([seen_by(*load_run(start)), [split_rule(configuration, data)]])


def describe_seen(several: list[Seen | None]) -> list[dict[str, Any]] | None:
    """Return the "seen" entry of an ensemble; unknown if that of one member is unknown."""
    if None in several:
        return None
    return [asdict(each) for each in dict.fromkeys(chain.from_iterable(filter(None, several)))]


def split_rule(configuration: Configuration, data: str | None) -> SplitRule:
    """Return the split rule of a configuration for data with this hash."""
    return SplitRule(data, configuration.limit, configuration.validation, configuration.seed)


def read_seen(value: Any) -> Seen:
    """Read split rules from plain data.

    Raises: CorruptError.
    """
    try:
        for each in value:
            if not isinstance(each["data"], str | None):
                raise TypeError(f"data is {show_value(each['data'])}")
        return [split_rule(build_configuration(without_data(each)), each["data"]) for each in value]
    except (TypeError, KeyError, AttributeError, UsageError) as error:
        what = f'"seen" in a checkpoint is damaged ({describe_cause(error)})'
        raise CorruptError(what, RESTORE) from error


def without_data(each: dict[str, Any]) -> dict[str, Any]:
    """Return the entries that belong to the configuration."""
    return {name: choice for name, choice in each.items() if name != "data"}


def split_examples(
    cache: Cache, run: Run, checkpoint: Checkpoint, configuration: Configuration
) -> DataSplit:
    """Find the examples that a run was trained on, and those that it was not.

    Raises: UsageError if they are not known or the data changed; MissingError, CorruptError.
    """
    dataset = find_dataset(cache, configuration.dataset)
    seen = seen_by(checkpoint, configuration)
    if seen is None:
        raise UsageError(
            f"the training examples of run {run.name} are not known", AGAIN.format(0.1)
        )
    sha256 = split_hash(cache, dataset, "train")
    own, known = checkpoint.meta.get("data"), [None, sha256]
    rules = [each for each in seen if each.data in known]  # others: of a run that it started from
    if seen and (own not in known or not rules):
        raise other_data(f"run {run.name}", own or seen[-1].data, dataset.name, sha256)
    pixels, labels = read_split(cache, dataset, "train")
    count = max((each.limit or len(labels) for each in rules), default=0)
    pixels, labels = pixels[:count], labels[:count]
    trained, held_back = np.zeros((2, len(labels)), np.bool_)
    for each in rules:
        training, held_out = each.places(len(labels))
        trained[training], held_back[held_out] = True, True
    places = np.flatnonzero(held_back & ~trained)
    return DataSplit(pixels, labels, np.flatnonzero(trained), places, sha256)


def other_data(what: str, sha256: str | None, dataset: str, found: str) -> UsageError:
    """Return the error of a dataset that no longer has the data that a run was trained on."""
    return UsageError(
        f"{what} was trained on data with sha256 {sha256}; {dataset} now has {found}",
        f"Train a new run, or import the former data as {dataset} again",
    )
