"""The training step and the gradient check for your code, with checks of their arguments.

Those of `network.core` have no such checks: they would make every step of a training slower.
"""

from collections.abc import Callable, Iterator
from numbers import Integral
from typing import Any

import numpy as np

from network.core.gradient_check import ArrayCheck
from network.core.gradient_check import check_gradients as check_without_checks
from network.core.losses import Loss
from network.core.model import Model
from network.core.optimizers import Optimizer, State
from network.core.params import Array, Params
from network.core.plumbing.model_checks import find_label_problem
from network.core.plumbing.trainable import Trainable
from network.core.train_step import train_step as step_without_checks
from pipeline.errors import UsageError
from pipeline.storage.arguments import show_value

GENERATOR = "np.random.default_rng(0)"


def train_step(
    model: Trainable,
    loss: Loss,
    optimizer: Optimizer,
    params: Params,
    state: State,
    images: Array,
    labels: Array,
    learning_rate: float,
    rng: np.random.Generator | None = None,
) -> float:
    """Make one update in place and return the loss before it.

    With `rng`, the layers compute as while training: Dropout switches units off, and BatchNorm
    uses the statistics of the batch. Without it they compute as for predictions, so a model with
    such layers needs one. Use one generator for all steps. A loss that contains the output
    activation, such as CrossEntropy, is given the logits: leave Softmax out of the model.

    After training, measure the statistics of BatchNorm with `network.layers.calibrate_layers`.

    Shapes: images (N, H, W), labels (N,), from 0 to K - 1.

    Raises: UsageError for arguments that are not valid, or do not fit each other.

    Example:
        >>> model = Model((Flatten(), Linear(2)))  # this loss is given the logits
        >>> params = model.init(np.random.default_rng(0), (1, 2))
        >>> images, labels = np.eye(2, dtype=np.float32).reshape(2, 1, 2), np.array([0, 1])
        >>> step = model, CrossEntropy(), SGD(), params, {}, images, labels, 1.0
        >>> train_step(*step) > train_step(*step) > train_step(*step)
        True
    """
    require_part("model", model, "forward", "Model((Flatten(), Linear(10)))")
    require_part("loss", loss, "__call__", "CrossEntropy()")
    require_part("optimizer", optimizer, "update", "SGD()")
    require_rate(learning_rate)
    require_generator(getattr(model, "layers", ()), rng)
    require_logits(getattr(model, "layers", ()), loss)
    require_labels(images, labels)
    return step_without_checks(
        model, loss, optimizer, params, state, images, labels, learning_rate, rng
    )


def check_gradients(
    model: Model,
    loss: Loss,
    params: Params,
    images: Array,
    labels: Array,
    sample: int | None = None,
    advance: Callable[[int], None] = lambda more: None,
) -> Iterator[ArrayCheck]:
    """Check the derivative for every parameter, or for `sample` random ones per array.

    Everything is computed in float64, as for predictions: without Dropout, and with the saved
    statistics of BatchNorm. `advance` is called with the number of parameters checked.

    Shapes: images (N, H, W), labels (N,); a few images are enough.

    Raises: UsageError for arguments that are not valid.

    Example:
        >>> model = Model((Flatten(), Linear(2), Sigmoid()))
        >>> params = model.init(np.random.default_rng(0), (2, 2))
        >>> images, labels = np.ones((1, 2, 2)), np.array([1])
        >>> checks = check_gradients(model, SquaredError(), params, images, labels)
        >>> [(check.array_name, check.is_right) for check in checks]
        [('weight', True), ('bias', True)]
    """
    require_part("model", model, "forward", "Model((Flatten(), Linear(10)))")
    require_part("loss", loss, "__call__", "CrossEntropy()")
    is_whole = isinstance(sample, Integral) and not isinstance(sample, bool)
    if sample is not None and not (is_whole and sample >= 1):
        raise UsageError(
            f"sample is {show_value(sample)}; expected None or a whole number from 1 on"
        )
    require_labels(images, labels)
    return check_without_checks(model, loss, params, images, labels, sample, advance)


def require_part(name: str, value: Any, method: str, example: str) -> None:
    """Require an object with a method; a class is not one.

    Raises: UsageError.
    """
    if isinstance(value, type):
        what = f"{name} is the class {value.__name__}; expected an object such as {example}"
        raise UsageError(what, f"Create it: {value.__name__}(...)")
    if not callable(getattr(value, method, None)):
        raise UsageError(f"{name} is {show_value(value)}; expected one such as {example}")


def require_rate(learning_rate: Any) -> None:
    """Require a learning rate that is a finite number above 0.

    Raises: UsageError.
    """
    rate = np.asarray(learning_rate)
    if rate.ndim or rate.dtype.kind not in "fiu" or not 0 < rate < np.inf:
        what = f"learning_rate is {show_value(learning_rate)}; expected a finite number above 0"
        raise UsageError(what)


def require_generator(layers: Any, rng: Any) -> None:
    """Require a generator if a layer computes in another way while training.

    Raises: UsageError.
    """
    if rng is not None and not isinstance(rng, np.random.Generator):
        raise UsageError(f"rng is {show_value(rng)}; expected one such as {GENERATOR}")
    if rng is not None:
        return
    for layer in layers:
        if getattr(layer, "draws_random", False) or getattr(layer, "needs_batch", False):
            raise UsageError(
                f"rng is missing; {layer!r:.100} needs it to compute as while training",
                f"Create one before the first step, rng = {GENERATOR}, and pass rng=rng",
            )


def require_logits(layers: Any, loss: Any) -> None:
    """Require a model without the output activation that the loss contains.

    Raises: UsageError.
    """
    activation = loss.output_activation if getattr(loss, "contains_activation", False) else None
    if layers and activation is not None and isinstance(layers[-1], activation):
        name, loss_name = activation.__name__, type(loss).__name__
        raise UsageError(
            f"the model ends with {name}, which {loss_name} contains and would apply again",
            "Train network.core.without_output_activation(model, loss)",
        )


def require_labels(images: Any, labels: Any) -> None:
    """Require one label per image; those above K - 1 are found by the loss.

    Raises: UsageError.
    """
    if not isinstance(images, np.ndarray) or images.ndim == 0:
        return  # the model explains it
    if not len(images):
        raise UsageError(f"images has the shape {images.shape}; expected at least one image")
    if problem := find_label_problem(labels, len(images)):
        raise problem
