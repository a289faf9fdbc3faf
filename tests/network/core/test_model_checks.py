"""Wrong arguments of a model or a training step are explained, one line each."""

import math
from dataclasses import fields
from inspect import signature

import numpy as np
import pytest

from network import (
    SGD,
    Adam,
    BatchNorm,
    Conv2D,
    CrossEntropy,
    Dropout,
    Flatten,
    Linear,
    Model,
    Softmax,
    SquaredError,
    check_gradients,
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


GIVEN = SquaredError(), SGD(), PARAMS, {}, IMAGES, LABELS, 0.1


def step_with(labels, images=IMAGES, rate=0.1):
    return train_step(MODEL, SquaredError(), SGD(), PARAMS, {}, images, labels, rate)


def change_step(loss=GIVEN[0], optimizer=GIVEN[1], rng=None):
    return train_step(MODEL, loss, optimizer, *GIVEN[2:], rng)


def step_through(layer, loss=GIVEN[0]):
    model = Model([Linear(3), layer])
    return train_step(model, loss, SGD(), model.init(RNG, (4,)), *GIVEN[3:])


def check_sample(sample, labels=LABELS):
    return check_gradients(MODEL, SquaredError(), PARAMS, IMAGES, labels, sample)


EXPLAINED = {
    "expected a tuple of layers, such as (Flatten(), ": lambda: Model(Linear(3)),
    "a layer is 3; expected one such as Linear(10)": lambda: Model((Flatten(), 3)),
    "a layer is the class Flatten; expected one such as Linear(10). Create it: Fl": lambda: Model(
        (Flatten, Linear(3))
    ),
    "inputs of shape (28, 28). Put Flatten before it": lambda: MODEL.init(RNG, (28, 28)),
    "in_shape is 4; expected a tuple such as (28, 28)": lambda: MODEL.init(RNG, 4),
    "cannot take inputs of shape ()": lambda: MODEL.init(RNG, ()),
    "rng is 0; expected np.random.default_rng(0)": lambda: MODEL.init(0, (4,)),
    "the images are [[1, 2, 3]]; expected an array": lambda: MODEL.forward(PARAMS, [[1, 2, 3]]),
    "are [[[1]]]; expected an array. Convert": lambda: Model([Flatten()]).forward([{}], [[[1]]]),
    '"t" is missing in params or state': lambda: step(PARAMS, SGD().init(PARAMS)),
    '"weight" is missing in params or state': lambda: step([{}], Adam().init([{}])),
    "np.array(images, np.float32)": lambda: step(PARAMS, Adam().init(PARAMS), IMAGES.tolist()),
    "Model() takes one tuple of layers; found 0 arguments. Put": Model,
    "found 2 arguments. Put the layers in": lambda: Model(Flatten(), Linear(3)),
    "in_shape is (28, -1); expected": lambda: MODEL.init(RNG, (28, -1)),
    "dtype is int64; expected np.float32": lambda: MODEL.init(RNG, (4,), np.int64),
    "dtype is None; expected np.float32": lambda: MODEL.init(RNG, (4,), None),
    "dtype is 'f5'; expected np.float32": lambda: MODEL.init(RNG, (4,), "f5"),
    "learning_rate is -1; expected a finite number above 0": lambda: step_with(LABELS, rate=-1),
    "learning_rate is 0; ": lambda: step_with(LABELS, rate=0),
    "learning_rate is NaN; ": lambda: step_with(LABELS, rate=math.nan),
    "learning_rate is inf; ": lambda: step_with(LABELS, rate=math.inf),
    'learning_rate is "1"; ': lambda: step_with(LABELS, rate="1"),
    "learning_rate is None; ": lambda: step_with(LABELS, rate=None),
    "the labels are from -1 to 1; expected 0 to K - 1": lambda: step_with(np.array([-1, 1])),
    "the labels are from 0 to 17; expected 0 to 2": lambda: step_with(np.array([0, 17])),
    "the shape (2,) and the type bool; ex": lambda: step_with(LABELS > 0),
    "the labels are from 0 to 3; expected 0 to 2": lambda: step_with([0, 3]),
    "images has the shape (0, 4); expected at least one": lambda: step_with(LABELS, IMAGES[:0]),
    'model is "m"; expected one such as Model((Fl': lambda: train_step("m", *GIVEN),
    "optimizer is the class Adam; expected an object": lambda: change_step(optimizer=Adam),
    "expected an object such as SGD(). Create it: Adam(...)": lambda: change_step(optimizer=Adam),
    "optimizer is None; expected one such as SGD()": lambda: change_step(optimizer=None),
    "loss is the class CrossEntropy; ex": lambda: change_step(loss=CrossEntropy),
    'loss is "mse"; expected one such as CrossEntropy()': lambda: change_step(loss="mse"),
    "rng is 3; expected one such as np.random.default_rng(0)": lambda: change_step(rng=3),
    "rng is missing; Dropout(rate=0.5) needs it": lambda: step_through(Dropout()),
    "rng is missing; BatchNorm(epsilon=1e-05) needs it": lambda: step_through(BatchNorm()),
    "with Softmax, which CrossEntropy contains": lambda: step_through(Softmax(), CrossEntropy()),
    "sample is 0; expected None or a whole number from 1": lambda: check_sample(0),
    "sample is -1; ": lambda: check_sample(-1),
    "sample is 2.0; ": lambda: check_sample(2.0),
    "sample is True; ": lambda: check_sample(True),
    "labels are from -1 to 0; expected 0 to K - 1": lambda: check_sample(2, np.array([0, -1])),
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


@pytest.mark.parametrize("loss", LOSSES.values())
@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (LABELS / 2, "the type float64; expected (2,) and whole numbers"),
        (LABELS > 0, "the type bool; expected (2,) and whole numbers"),
        (LABELS[:1], "the shape (1,) and the type int64; expected (2,)"),
        (np.array([0, 3]), "the labels are from 0 to 3; expected 0 to 2"),
        (np.array([0, -4]), "the labels are from -4 to 0; expected 0 to 2"),
    ],
)
def test_a_loss_explains_labels_of_another_kind(loss, labels, words):
    with pytest.raises(ProjectError) as caught:
        loss()(np.ones((2, 3), np.float32), labels)
    assert words in str(caught.value)


@pytest.mark.parametrize("loss", LOSSES.values())
def test_labels_of_any_whole_type_are_the_same(loss):
    outputs = np.eye(2, 3, dtype=np.float32)
    expected = loss()(outputs, LABELS)[0]
    for labels in (LABELS.tolist(), LABELS.astype(np.uint64), LABELS.astype(np.int8)):
        assert loss()(outputs, labels)[0] == expected


def test_a_step_with_a_generator_uses_the_batch_and_one_without_layers_for_it_needs_none():
    model = Model([Linear(3), BatchNorm(), Dropout()])
    params = model.init(RNG, (4,))
    fixed = params[1]["mean"].copy()
    for _ in range(3):
        train_step(model, SquaredError(), SGD(), params, {}, np.eye(2, 4), LABELS, 0.1, RNG)
    assert np.array_equal(params[1]["mean"], fixed)
    for rate in (0.1, np.float32(0.1), np.array(0.1), 1):
        assert train_step(MODEL, *GIVEN[:2], MODEL.init(RNG, (4,)), *GIVEN[3:6], rate) > 0


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
