"""Wrong arguments of a model or a training step are explained, one line each."""

import numpy as np
import pytest

from network import SGD, Adam, Flatten, Linear, Model, SquaredError, train_step
from pipeline.errors import ProjectError

MODEL = Model((Linear(3),))
RNG = np.random.default_rng(0)
PARAMS = MODEL.init(RNG, (4,))
IMAGES, LABELS = np.ones((2, 4), np.float32), np.array([0, 1])


def step(params, state, images=IMAGES):
    return train_step(MODEL, SquaredError(), Adam(), params, state, images, LABELS, 0.1)


EXPLAINED = {
    "expected a tuple of layers, such as (Flatten(), ": lambda: Model(Linear(3)),
    "a layer is 3; expected one such as Linear(10)": lambda: Model((Flatten(), 3)),
    "a layer is <class 'network.core.layers.Flatten'>; ex": lambda: Model((Flatten, Linear(3))),
    "inputs of shape (28, 28). Put Flatten before it": lambda: MODEL.init(RNG, (28, 28)),
    "cannot take inputs of shape 4": lambda: MODEL.init(RNG, 4),
    "cannot take inputs of shape ()": lambda: MODEL.init(RNG, ()),
    "rng is 0; expected np.random.default_rng(0)": lambda: MODEL.init(0, (4,)),
    "the images are a list; expected an array": lambda: MODEL.forward(PARAMS, [[1, 2, 3, 4]]),
    "are a list; expected": lambda: Model((Flatten(),)).forward([{}], [[[1]]]),
    '"t" is missing in params or state': lambda: step(PARAMS, SGD().init(PARAMS)),
    '"weight" is missing in params or state': lambda: step([{}], Adam().init([{}])),
    "the images are a list": lambda: step(PARAMS, Adam().init(PARAMS), IMAGES.tolist()),
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
