"""Wrong arguments of a model or a training step are explained, one line each."""

import math
from dataclasses import fields
from inspect import signature

import numpy as np
import pytest

from network import (
    SGD,
    Adam,
    Conv2D,
    CrossEntropy,
    Flatten,
    Linear,
    Model,
    SquaredError,
    train_step,
)
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from pipeline.errors import ProjectError

MODEL = Model((Linear(3),))
RNG = np.random.default_rng(0)
PARAMS = MODEL.init(RNG, (4,))
CONV = Model((Conv2D(2, 3), Flatten(), Linear(3)))
CONV_PARAMS, PHOTO = CONV.init(RNG, (9, 9)), np.ones((9, 9), np.float32)
IMAGES, LABELS = np.ones((2, 4), np.float32), np.array([0, 1])


def step(params, state, images=IMAGES):
    return train_step(MODEL, SquaredError(), Adam(), params, state, images, LABELS, 0.1)


def step_with(labels):
    return train_step(MODEL, SquaredError(), SGD(), PARAMS, {}, IMAGES, labels, 0.1)


EXPLAINED = {
    "expected a tuple of layers, such as (Flatten(), ": lambda: Model(Linear(3)),
    "a layer is 3; expected one such as Linear(10)": lambda: Model((Flatten(), 3)),
    "a layer is <class 'network.core.layers.Flatten'>; ex": lambda: Model((Flatten, Linear(3))),
    "inputs of shape (28, 28). Put Flatten before it": lambda: MODEL.init(RNG, (28, 28)),
    "in_shape is 4; expected a tuple such as (28, 28)": lambda: MODEL.init(RNG, 4),
    "cannot take inputs of shape ()": lambda: MODEL.init(RNG, ()),
    "rng is 0; expected np.random.default_rng(0)": lambda: MODEL.init(0, (4,)),
    "the images are [[1, 2, 3]]; expected an array": lambda: MODEL.forward(PARAMS, [[1, 2, 3]]),
    "are [[[1]]]; expected an array. Convert": lambda: Model([Flatten()]).forward([{}], [[[1]]]),
    '"t" is missing in params or state': lambda: step(PARAMS, SGD().init(PARAMS)),
    '"weight" is missing in params or state': lambda: step([{}], Adam().init([{}])),
    "np.array(images, np.float32)": lambda: step(PARAMS, Adam().init(PARAMS), IMAGES.tolist()),
    "in_shape is (4.0,); expected a tuple": lambda: MODEL.init(RNG, (4.0,)),
    "the shape (2, 3), which does": lambda: MODEL.forward(PARAMS, IMAGES[:, 1:]),
    "make a batch: image[np.newaxis]": lambda: CONV.forward(CONV_PARAMS, PHOTO),
    "params has 0 entries; expected one for each of 1": lambda: MODEL.forward([], IMAGES),
    "the labels have the shape (2,) and the type float64": lambda: step_with(LABELS / 2),
    "(3,) and the type int64; expected (2,) and": lambda: step_with(np.zeros(3, int)),
}


@pytest.mark.parametrize("words", EXPLAINED)
def test_a_wrong_argument_is_explained(words):
    with pytest.raises(ProjectError) as caught:
        EXPLAINED[words]()
    assert words in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_list_of_layers_is_a_model_that_can_be_compared():
    assert Model([Linear(3)]) == MODEL
    assert len({Model([Linear(3)]), MODEL}) == 1


@pytest.mark.parametrize("optimizer", [SGD, Adam])
def test_an_optimizer_takes_no_number_without_a_name(optimizer):
    with pytest.raises(TypeError, match="positional"):
        optimizer(0.1)


NUMBERS = [
    (entry, field.name)
    for entry in (*(entry.build for entry in OPTIMIZERS.values()), *LOSSES.values())
    for field in fields(entry)
]


@pytest.mark.parametrize(("build", "field"), NUMBERS)
def test_optimizers_and_losses_check_their_numbers(build, field):
    for nonsense in (None, True, -1, 1e9, math.nan, math.inf, "0.9", [0.1]):
        with pytest.raises(ProjectError, match=f"^{build.__name__}.*: {field} must be"):
            build(**{field: nonsense})
    assert isinstance(getattr(build(**{field: 0.5}), field), float)


def test_the_signature_of_a_layer_is_short_to_read():
    assert str(signature(Linear)).startswith("(n_out: typing.Annotated[int, <at least 1>, <at mo")
    assert "<function" not in str(signature(CrossEntropy))
