"""A training run: from a configuration to the folder of a run."""

from collections.abc import Generator, Iterator
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from network.core.data import Examples, load_examples
from network.core.model import Model
from network.core.params import Params, is_finite
from network.environment import keep_freed_memory, suitable_threads
from network.runs.checkpoints import (
    RESTORE,
    Checkpoint,
    load_checkpoint,
    read_file_hash,
    require_single_model,
    require_trained,
)
from network.runs.film import save_frame
from network.runs.folder import Run, build_checkpoint, extract_state, load_run, read_saved_history
from network.runs.held_out import other_data, seen_after
from network.runs.names import check_new_name, create_run, find_run
from network.runs.ownership import SavedState, own_run, remove_dead_parts
from network.runs.start_command import start_command
from network.training.build import build_recipe
from network.training.configuration import Configuration
from network.training.european import split_and_redraw
from network.training.initial_state import (
    TrainingData,
    find_training_data,
    initial_model,
    initial_state,
)
from network.training.loop import calibrate_model, has_ended, train
from network.training.recipe import Recipe
from network.training.state import EpochDone, Event, TrainingState
from pipeline.datasets.registry import find_dataset
from pipeline.errors import CorruptError, StorageError, UsageError
from pipeline.storage.cache import Cache
from pipeline.terminal.counted import counted


def inherit_architecture(cache: Cache, configuration: Configuration) -> Configuration:
    """Return the settings with the layers of the run to start from, if there is one."""
    if configuration.start is None:
        return configuration
    _, first = load_run(find_run(cache, configuration.start))
    return replace(
        configuration,
        hidden=first.hidden,
        layers=first.layers,
        activation=first.activation,
        initializer=first.initializer,
    )


def load_initial_model(cache: Cache, configuration: Configuration) -> tuple[Model, Params]:
    """Return the model to train: a new one, or the one of the run to start from.

    Raises: UsageError if that run's outputs are not the ones that the loss needs; MissingError,
    CorruptError.
    """
    n_classes = len(find_dataset(cache, configuration.dataset).classes)
    return initial_model(configuration, n_classes, load_start(cache, configuration))


def load_start(cache: Cache, configuration: Configuration) -> tuple[Model, Params] | None:
    """Load the model of the run to start from; None if the configuration has none.

    Raises: UsageError if it is an ensemble; MissingError, CorruptError.
    """
    if configuration.start is None:
        return None
    checkpoint = load_checkpoint(find_run(cache, configuration.start).checkpoint)
    require_single_model(configuration.start, checkpoint)
    return checkpoint.model, checkpoint.params


def load_training_examples(cache: Cache, configuration: Configuration) -> tuple[Examples, Examples]:
    """Load the training examples and the validation examples.

    Raises: UsageError if no training examples are left.
    """
    dataset = find_dataset(cache, configuration.dataset)
    examples = load_examples(cache, dataset, "train", configuration.limit)
    chosen = configuration
    return split_and_redraw(examples, chosen.validation, chosen.seed, chosen.european)


@dataclass(frozen=True, eq=False)
class TrainingRun:
    """A run that can be trained: its folder, recipe, state and examples."""

    run: Run
    configuration: Configuration
    recipe: Recipe
    state: TrainingState
    training: Examples
    validation: Examples
    saved: SavedState = field(default_factory=SavedState)  # from which the run continues

    def train(self) -> Generator[Event, None, None]:
        """Train, saving the run after every epoch and when the generator is closed.

        If the run has a film, a frame is added after every epoch.

        Raises: DivergedError, StorageError if another process writes the run or has changed it.
        """
        recipe, state = self.recipe, self.state
        keep_freed_memory()
        threads = suitable_threads(state.params, recipe.batch_size, recipe.shards)
        with own_run(self.run) as is_alone, threads:
            self.saved.require(self.run)
            if is_alone:
                remove_dead_parts(self.run)
            try:
                for event in train(recipe, state, self.training, self.validation):
                    if isinstance(event, EpochDone):
                        self.save_epoch()
                    yield event
            except GeneratorExit:
                if is_finite(state.params):  # else the last good epoch is kept
                    calibrate_model(recipe, state.latest, self.training)
                    self.save()
                raise

    def train_until(self, place: tuple[int, int]) -> Iterator[Event]:
        """Train up to a number of epochs and steps, or to the end, and save.

        Raises: DivergedError.
        """
        state = self.state
        if (len(state.history), state.step) >= place:
            return
        with closing(self.train()) as events:
            for event in events:
                yield event
                if (len(state.history), state.step) >= place:
                    return

    def save_epoch(self) -> None:
        """Save the state after an epoch, with its frame if there is a film."""
        self.saved.require(self.run)
        try:
            if self.run.film.is_dir():  # first: an epoch that is saved has its frame
                save_frame(self.run, self.recipe, self.state, self.validation)
            self.save()
        except StorageError:
            self.saved.require(self.run)  # a run that was removed meanwhile is the better reason
            raise

    def begin_film(self) -> None:
        """Begin a film: save the parameters before training, and later after every epoch."""
        calibrate_model(self.recipe, self.state.latest, self.training)
        save_frame(self.run, self.recipe, self.state, self.validation)

    def save(self) -> None:
        """Save the state of the run.

        Raises: StorageError if another process writes the run or has changed it.
        """
        checkpoint = build_checkpoint(self.recipe.model, self.state, self.configuration)
        with own_run(self.run):
            self.saved.save(self.run, checkpoint, self.state.history)


def load_initial_state(cache: Cache, configuration: Configuration) -> tuple[Recipe, TrainingState]:
    """Return the recipe of a training and its state before the first step.

    Raises: UsageError, MissingError, CorruptError.
    """
    start = load_start(cache, configuration)
    data = find_training_data(cache, configuration.dataset)
    recipe, state = initial_state(configuration, data, start)
    if configuration.start is not None:
        first = find_run(cache, configuration.start)
        state.origin["seen"] = seen_after(first, configuration, data.sha256)
    return recipe, state


def create_training_run(
    cache: Cache,
    configuration: Configuration,
    name: str | None,
    stem: str | None = None,
    film: bool = False,
    replay_of: str | None = None,
) -> TrainingRun:
    """Create a run of a configuration, ready for training; `stem` begins a generated name.

    With `film` its parameters are saved after every epoch. `replay_of` is the run that it repeats.

    Raises: UsageError, MissingError, CorruptError, StorageError.
    """
    check_new_name(cache, name)
    prepared = build_training_run(cache, configuration, Run(cache.runs()))
    model, params = prepared.recipe.model, prepared.state.params
    if replay_of is not None:
        prepared.state.origin["replay_of"] = replay_of
    origin = prepared.state.origin
    run = create_run(cache, name, model, params, configuration, stem, origin)
    begun = replace(prepared, run=run, saved=SavedState(read_file_hash(run.checkpoint)))
    if film:
        begun.begin_film()
    return begun


def build_training_run(cache: Cache, configuration: Configuration, run: Run) -> TrainingRun:
    """Build a training run of a configuration, before its folder is written.

    Raises: UsageError, MissingError, CorruptError.
    """
    recipe, state = load_initial_state(cache, configuration)
    training, validation = load_training_examples(cache, configuration)
    return TrainingRun(run, configuration, recipe, state, training, validation)


def resume_training_run(cache: Cache, run: Run) -> tuple[TrainingRun, dict[str, Any]]:
    """Load a run to resume it where it was stopped.

    Returns: the run, and the environment in which it was trained so far.
    Raises: UsageError if it has ended, or if the data differ from those that it began with;
    MissingError, CorruptError.
    """
    training_run, environment = load_training_run(cache, run)
    require_unfinished(run, training_run.configuration, training_run.recipe, training_run.state)
    return training_run, environment


def require_unfinished(
    run: Run, configuration: Configuration, recipe: Recipe, state: TrainingState
) -> None:
    """Require a run that has not ended.

    Raises: UsageError.
    """
    if has_ended(recipe, state):
        again = start_command(run.name, configuration.to_dict())
        raise UsageError(
            f"run {run.name} has ended after {counted(len(state.history), 'epoch')}",
            f"`{again}` trains a new run from its weights",
        )


def load_training_run(cache: Cache, run: Run) -> tuple[TrainingRun, dict[str, Any]]:
    """Load a training run, even if it has ended.

    Returns: the run, and the environment in which it was trained so far.
    Raises: UsageError if the data differ from those that it began with; MissingError, CorruptError.
    """
    stands = load_state(cache, run)
    examples = load_training_examples(cache, stands.configuration)
    training_run = TrainingRun(
        run, stands.configuration, stands.recipe, stands.state, *examples, stands.saved
    )
    return training_run, stands.environment


class LoadedState(NamedTuple):
    """State of a run's training."""

    configuration: Configuration
    recipe: Recipe
    state: TrainingState
    environment: dict[str, Any]  # in which it was trained so far
    saved: SavedState


def load_state(cache: Cache, run: Run) -> LoadedState:
    """Load the state of a run's training, without its examples.

    Raises: UsageError if the data differ from those that it began with; MissingError, CorruptError.
    """
    checkpoint, configuration = load_run(run)
    require_trained(run.name, checkpoint)
    history = read_saved_history(run, checkpoint)
    data = find_training_data(cache, configuration.dataset)
    recipe, state = resume_state(f"run {run.name}", checkpoint, configuration, history, data)
    environment, saved = checkpoint.meta.get("environment", {}), SavedState(checkpoint.file_hash)
    return LoadedState(configuration, recipe, state, environment, saved)


def resume_state(
    what: str,
    checkpoint: Checkpoint,
    configuration: Configuration,
    history: list[EpochDone],
    data: TrainingData,
) -> tuple[Recipe, TrainingState]:
    """Return the recipe of a training and its state in a checkpoint; errors begin with `what`.

    Raises: UsageError if the data differ from those that it began with; CorruptError.
    """
    state = extract_state(checkpoint, history)
    recipe = build_recipe(configuration, checkpoint.model)
    first = recipe.optimizer.init(state.params)
    if state.step == 0:
        state.optimizer_state = first
    elif state.optimizer_state.keys() != first.keys():
        found, expected = ", ".join(state.optimizer_state) or "nothing", ", ".join(first)
        raise CorruptError(
            f"{what}: its checkpoint has the optimizer state {found}; expected {expected}",
            RESTORE,
        )
    if state.origin.setdefault("data", data.sha256) != data.sha256:
        raise other_data(what, state.origin["data"], configuration.dataset, data.sha256)
    return recipe, state
