"""From the settings of a configuration to its model, parameters and recipe."""

import numpy as np

from network.core.layers import Flatten, Layer, Linear
from network.core.losses import CrossEntropy, Loss
from network.core.model import Model
from network.core.optimizers import Optimizer
from network.core.params import Params, named_arrays
from network.core.plumbing.model_checks import check_shapes
from network.core.schedules import Schedule
from network.images.augmentation import build_augmentation
from network.layers.activations import ACTIVATIONS
from network.layers.text import parse_layers
from network.training.checks import format_list
from network.training.configuration import Configuration
from network.training.former_rules import SCHEDULES_BEFORE_2, WeightAveragingByFours
from network.training.gradient_clipping import GradientClipping
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.option import OptionError
from network.training.recipe import Recipe
from network.training.schedules import SCHEDULES
from network.training.weight_averaging import WeightAveraging
from pipeline.datasets.records import IMAGE_SHAPE

WITH_MOMENTUM = [name for name, entry in OPTIMIZERS.items() if entry.momentum is not None]


def build_model(configuration: Configuration, n_classes: int) -> Model:
    """Build the model of a configuration.

    Raises: UsageError if its layers do not fit each other.
    """
    loss = LOSSES[configuration.loss]
    if not configuration.layers:
        return fully_connected(
            configuration.hidden,
            n_classes,
            configuration.activation,
            configuration.initializer,
            loss,
        )
    layers = parse_layers(configuration.layers)
    model = Model((*layers, Linear(n_classes), loss.output_activation()))
    check_shapes(model.layers, IMAGE_SHAPE)
    return model


def fully_connected(
    hidden: tuple[int, ...], n_classes: int, activation: str, initializer: str, loss: type[Loss]
) -> Model:
    """Build a fully connected network: 784-30-10 with hidden=(30,).

    A *hidden* layer is one between the pixels and the scores. The activation follows each of
    them; the output activation is the one that suits the loss.
    """
    layers: list[Layer] = [Flatten()]
    for n_out in hidden:
        layers += [Linear(n_out, initializer), ACTIVATIONS[activation]()]
    layers += [Linear(n_classes, initializer), loss.output_activation()]
    return Model(tuple(layers))


def init_params(model: Model, configuration: Configuration) -> Params:
    """Return a model's initial parameters by the seed, with the weights times `gain`."""
    rng = np.random.default_rng([configuration.seed, 0]).spawn(1)[0]
    params = model.init(rng, IMAGE_SHAPE)
    for name, array in named_arrays(params):
        if name.endswith("weight"):
            array *= configuration.gain
    return params


def build_recipe(configuration: Configuration, model: Model) -> Recipe:
    """Build the recipe of a configuration.

    Raises: UsageError for settings that cannot be combined.
    """
    loss: Loss = LOSSES[configuration.loss]()
    if configuration.label_smoothing:
        if not isinstance(loss, CrossEntropy):
            raise OptionError(
                "label_smoothing",
                "{label_smoothing} needs cross-entropy, but {loss} is {name}",
                name=configuration.loss,
            )
        loss = CrossEntropy(configuration.label_smoothing)
    return Recipe(
        model=model,
        loss=loss,
        optimizer=build_optimizer(configuration),
        schedule=find_schedule(configuration),
        learning_rate=configuration.learning_rate,
        batch_size=configuration.batch_size,
        epochs=configuration.epochs,
        seed=configuration.seed,
        augment=build_augmentation(configuration.augment) if configuration.augment else None,
        shards=configuration.shards,
        patience=configuration.patience,
    )


def build_optimizer(configuration: Configuration) -> Optimizer:
    """Build the optimizer, with gradient clipping and weight average if they are set.

    Raises: UsageError for a momentum if the optimizer has none.
    """
    choices = {"weight_decay": configuration.weight_decay}
    if configuration.momentum is not None:
        if configuration.optimizer not in WITH_MOMENTUM:
            raise OptionError(
                "momentum",
                "{momentum} needs {known}, but {optimizer} is {name}",
                known=format_list(WITH_MOMENTUM),
                name=configuration.optimizer,
            )
        choices["momentum"] = configuration.momentum
    optimizer = OPTIMIZERS[configuration.optimizer](**choices)
    if configuration.clip is not None:
        optimizer = GradientClipping(optimizer, configuration.clip)
    if configuration.average:
        averaging = WeightAveraging if configuration.rules >= 2 else WeightAveragingByFours
        optimizer = averaging(optimizer, configuration.average)
    return optimizer


def find_schedule(configuration: Configuration) -> Schedule:
    """Return the schedule of a configuration, by its rules of training."""
    schedules = SCHEDULES if configuration.rules >= 2 else SCHEDULES | SCHEDULES_BEFORE_2
    return schedules[configuration.schedule]


def effective_momentum(configuration: Configuration) -> float | None:
    """Return the momentum of a configuration; None if its optimizer has none."""
    own = OPTIMIZERS[configuration.optimizer].momentum
    return own if configuration.momentum is None else configuration.momentum
