"""Initial state of a training: the model, its initial parameters and the recipe.

Every training begins here, in this process or on a worker: with new parameters drawn from the
seed, or with those of a run that was trained before.
"""

from dataclasses import dataclass

from network.core.model import Model
from network.core.params import Params
from network.training.build import build_model, build_recipe, init_params
from network.training.configuration import Configuration
from network.training.enough_examples import check_examples
from network.training.european import DIGITS, require_digits
from network.training.losses import LOSSES
from network.training.recipe import Recipe
from network.training.state import TrainingState
from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.datasets.registry import find_dataset
from pipeline.errors import UsageError
from pipeline.pickles.manifest import split_count, split_hash
from pipeline.storage.cache import Cache


@dataclass(frozen=True)
class TrainingData:
    """The pickle of the examples to train on: its path on this disk, its hash, its sizes."""

    path: str  # as text: a worker may have another system
    sha256: str
    n_classes: int
    count: int | None = None  # of the examples; None: not known here
    classes: tuple[str, ...] = DIGITS


def find_training_data(cache: Cache, dataset_name: str) -> TrainingData:
    """Find the pickle of a dataset's training examples and the hash in its manifest.

    Raises: UsageError, MissingError, CorruptError.
    """
    dataset = find_dataset(cache, dataset_name)
    sha256, count = split_hash(cache, dataset, "train"), split_count(cache, dataset, "train")
    path = str(cache.pickle(dataset_name, "train"))
    return TrainingData(path, sha256, len(dataset.classes), count, dataset.classes)


def initial_model(
    configuration: Configuration, n_classes: int, start: tuple[Model, Params] | None = None
) -> tuple[Model, Params]:
    """Return the model to train: a new one, or the trained one to start from.

    Raises: UsageError if the layers do not fit each other, or if the configuration names a
    run to start from whose model is not given or has other outputs than the loss needs.
    """
    if start is not None:
        check_output_activation(configuration, start[0])
        if (count := count_outputs(start[0])) != n_classes:
            raise UsageError(
                f"run {configuration.start} has {count} outputs, but dataset "
                f"{configuration.dataset} has {n_classes} classes",
                f"Choose a dataset with {count} classes, or train a new network without --from",
            )
        return start
    if configuration.start is not None:
        raise UsageError(
            f"training starts from run {configuration.start}, but its model is missing"
        )
    model = build_model(configuration, n_classes)
    return model, init_params(model, configuration)


def check_output_activation(configuration: Configuration, model: Model) -> None:
    """Check that a model to start from ends with the output activation of the loss.

    Raises: UsageError.
    """
    expected = LOSSES[configuration.loss].output_activation
    found = type(model.layers[-1])
    if not issubclass(found, expected):
        raise UsageError(
            f"run {configuration.start} ends with {found.__name__}, "
            f"but loss {configuration.loss} needs {expected.__name__}",
            "Choose another --loss",
        )


def count_outputs(model: Model) -> int:
    """Return the number of outputs of a model."""
    shape: tuple[int, ...] = IMAGE_SHAPE
    for layer in model.layers:
        _, shape = layer.shapes(shape)
    return shape[-1]


def initial_state(
    configuration: Configuration, data: TrainingData, start: tuple[Model, Params] | None = None
) -> tuple[Recipe, TrainingState]:
    """Return the recipe of a training and its state before the first step.

    Raises: UsageError for settings that cannot be combined, or that need more examples.
    """
    require_digits(configuration, data.classes)
    model, params = initial_model(configuration, data.n_classes, start)
    if data.count is not None:
        check_examples(configuration, model, data.count)
    recipe = build_recipe(configuration, model)
    state = TrainingState(params, recipe.optimizer.init(params), origin={"data": data.sha256})
    return recipe, state
