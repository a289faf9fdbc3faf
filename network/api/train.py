"""Training in Python: in one call, or step by step in your loop."""

import warnings
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Unpack

from network.api.run import Run, open_run
from network.api.train_options import TrainOptions
from network.commands.text.run_text import format_epoch
from network.core.params import Params
from network.runs.names import check_new_name
from network.runs.own_dataset import describe_new_classes
from network.runs.training_run import TrainingRun, create_training_run, inherit_architecture
from network.training.configuration import Configuration, build_configuration, resolve_keys
from network.training.find_preset import change_values, load_preset
from network.training.state import EpochDone, Event
from pipeline.errors import CallError, ProjectError, UsageError
from pipeline.load_dataset import require_built
from pipeline.storage.arguments import checked
from pipeline.storage.cache import find_cache
from pipeline.storage.python_words import spell_in_python
from pipeline.terminal.counted import counted


@dataclass(frozen=True, eq=False)
class Training:
    """A training run that advances while you iterate over its events.

    Each event is a `StepDone` or an `EpochDone`. The run is saved after every epoch, and when
    you leave the loop. Another loop continues it then.

    Example:
        >>> training = create_training("mnist-sample", epochs=2)
        >>> for event in training:
        ...     if isinstance(event, EpochDone):
        ...         print(f"epoch {event.epoch}: loss {event.loss:.3f}")
        epoch 1: loss 0.508
        epoch 2: loss 0.462
        >>> training.run.history[-1].epoch
        2
    """

    training_run: TrainingRun
    cache_dir: Path
    is_iterated: bool = field(default=False, init=False, repr=False)  # by an iterator

    def __iter__(self) -> Iterator[Event]:
        if self.is_iterated:  # two iterators would train one state by turns, beyond its end
            name = self.training_run.run.name
            hint = "Use the first one, or close it: events.close()"
            raise UsageError(f"training {name} has an iterator that has not ended", hint)
        object.__setattr__(self, "is_iterated", True)
        try:
            with closing(self.training_run.train()) as events:
                yield from events
        except ProjectError as error:
            raise spell_in_python(error) from None
        finally:
            object.__setattr__(self, "is_iterated", False)

    def __repr__(self) -> str:
        done, recipe = len(self.training_run.state.history), self.training_run.recipe
        images = counted(len(self.training_run.training), "image")
        return f"Training {self.training_run.run.name}: epoch {done} of {recipe.epochs}, {images}"

    @property
    def params(self) -> Params:
        """The current parameters; they change with every step."""
        return self.training_run.state.params

    @property
    def run(self) -> Run:
        """The run, as last saved."""
        return open_run(self.training_run.run.name, cache_dir=self.cache_dir)


@checked
def train(
    dataset: str = "mnist",
    *,
    name: str | None = None,
    preset: str | None = None,
    verbose: bool = False,
    cache_dir: Path | str | None = None,
    **options: Unpack[TrainOptions],
) -> Run:
    """Train a network and return its run, with the defaults of `network train`.

    `options` are those of `docs/reference/options.md`, by their keys in a file: `epochs=5`,
    `hidden=30` or `[128, 64]`, `optimizer="adam"`, `layers="Conv2D(8, 5), ReLU, Flatten"`,
    `start=run`. A dataset that is not in the cache yet is fetched first.

    Example:
        >>> train("mnist-sample", epochs=3, hidden=[20], name="small")
        Run small: 3 epochs, validation accuracy ... %

    Raises: UsageError, MissingError, CorruptError, StorageError, DownloadError, DivergedError.
    """
    training = create_training(dataset, name=name, preset=preset, cache_dir=cache_dir, **options)
    images, epochs = len(training.training_run.training), training.training_run.recipe.epochs
    for event in training:
        if verbose and isinstance(event, EpochDone):
            print(format_epoch(event, epochs, images))
    return training.run


@checked
def create_training(
    dataset: str = "mnist",
    *,
    name: str | None = None,
    preset: str | None = None,
    cache_dir: Path | str | None = None,
    **options: Unpack[TrainOptions],
) -> Training:
    """Create a run, and train it yourself in a loop over its events.

    The arguments are those of `train`, except `verbose`: print in your loop.

    Raises: UsageError, MissingError, CorruptError, StorageError, DownloadError.

    Example:
        >>> training = create_training("mnist-sample", epochs=1, preset="fast-97")
        >>> sum(event.examples for event in training if isinstance(event, StepDone))
        900
    """
    if "verbose" in options:
        raise CallError("create_training() has no verbose", "Print in the loop over its events")
    cache = find_cache(cache_dir)
    chosen = configure({**options, "dataset": dataset}, preset)  # before a long download
    configuration = inherit_architecture(cache, chosen)
    check_new_name(cache, name)
    require_built(cache, dataset)
    if note := describe_new_classes(cache, configuration):
        warnings.warn(note, UserWarning, stacklevel=3)  # at the caller of a checked function
    return Training(create_training_run(cache, configuration, name, preset), cache.root)


def configure(options: dict[str, Any], preset: str | None) -> Configuration:
    """Return the configuration of a preset with some options changed; a run may be an object.

    Raises: UsageError.
    """
    values = {} if preset is None else load_preset(preset).values
    given = {key: it.name if isinstance(it, Run) else it for key, it in options.items()}
    return build_configuration(change_values(values, resolve_keys(given)))
