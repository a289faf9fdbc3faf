"""One run from configuration to run folder."""

from collections.abc import Generator
from dataclasses import replace

import numpy as np

from network.checkpoints import load_checkpoint
from network.configuration import Configuration
from network.data import Examples, load_examples, split_validation
from network.environment import suitable_threads
from network.losses import LOSSES
from network.model import Model, fully_connected
from network.optimizers import OPTIMIZERS
from network.params import Params, is_finite
from network.runs import Run, find_run, load_run, save_run
from network.schedules import SCHEDULES
from network.training import EpochDone, Event, train
from pipeline.cache import Cache
from pipeline.datasets import find_dataset
from pipeline.errors import UsageError
from pipeline.records import IMAGE_SHAPE


def build_model(configuration: Configuration, n_classes: int) -> Model:
    """Describe the model that a configuration asks for."""
    return fully_connected(
        configuration.hidden,
        n_classes,
        configuration.activation,
        configuration.initializer,
        LOSSES[configuration.loss],
    )


def init_params(model: Model, configuration: Configuration) -> Params:
    """Draw a model's first parameters from the seed."""
    rng = np.random.default_rng([configuration.seed, 0]).spawn(1)[0]
    return model.init(rng, IMAGE_SHAPE)


def inherit_architecture(cache: Cache, configuration: Configuration) -> Configuration:
    """Take sizes, activation and initializer from the run to start from, if there is one."""
    if configuration.start is None:
        return configuration
    _, first = load_run(find_run(cache, configuration.start))
    return replace(
        configuration,
        hidden=first.hidden,
        activation=first.activation,
        initializer=first.initializer,
    )


def start_model(cache: Cache, configuration: Configuration) -> tuple[Model, Params]:
    """Make the model to train: a new one, or the one of the run to start from.

    Raises: UsageError when that run's outputs are not the ones that the loss needs.
    """
    if configuration.start is None:
        dataset = find_dataset(cache, configuration.dataset)
        model = build_model(configuration, len(dataset.classes))
        return model, init_params(model, configuration)
    checkpoint = load_checkpoint(find_run(cache, configuration.start).checkpoint)
    expected = LOSSES[configuration.loss].output_activation
    if not isinstance(checkpoint.model.layers[-1], expected):
        found = type(checkpoint.model.layers[-1]).__name__
        raise UsageError(
            f"run {configuration.start} ends with {found}, "
            f"loss {configuration.loss} needs {expected.__name__}",
            "Choose another --loss",
        )
    return checkpoint.model, checkpoint.params


def load_training_examples(cache: Cache, configuration: Configuration) -> tuple[Examples, Examples]:
    """Load the examples to train on and those held out to choose by.

    Raises: UsageError when nothing is left to train on.
    """
    dataset = find_dataset(cache, configuration.dataset)
    examples = load_examples(cache, dataset, "train", configuration.limit)
    training, validation = split_validation(examples, configuration.validation, configuration.seed)
    if len(training) == 0:
        raise UsageError(f"of {len(examples)} examples none is left to train on")
    return training, validation


def train_run(
    run: Run,
    model: Model,
    params: Params,
    configuration: Configuration,
    training: Examples,
    validation: Examples,
) -> Generator[Event, None, None]:
    """Train, saving the run after every epoch, and when whoever iterates closes the generator.

    Raises: DivergedError.
    """
    assert configuration.learning_rate is not None
    assert configuration.weight_decay is not None
    optimizer = OPTIMIZERS[configuration.optimizer](weight_decay=configuration.weight_decay)
    state = optimizer.init(params)
    history: list[EpochDone] = []
    events = train(
        model,
        LOSSES[configuration.loss](),
        optimizer,
        SCHEDULES[configuration.schedule],
        params,
        state,
        training,
        validation,
        learning_rate=configuration.learning_rate,
        batch_size=configuration.batch_size,
        epochs=configuration.epochs,
        seed=configuration.seed,
    )
    step = 0
    with suitable_threads(params, configuration.batch_size):
        try:
            for event in events:
                step = event.step
                if isinstance(event, EpochDone):
                    history.append(event)
                    save_run(run, model, params, state, configuration, history, step)
                yield event
        except GeneratorExit:
            if is_finite(params):  # else the last good epoch is worth more
                save_run(run, model, params, state, configuration, history, step)
            raise
