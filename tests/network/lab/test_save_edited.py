"""Edited networks as runs: plain parameters that answer as the edits did, honestly labelled."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.commands.ensemble import ensemble
from network.commands.replay import replay
from network.commands.runs import show_runs
from network.commands.test import measure
from network.commands.train import train
from network.core.model import Model
from network.interpret.edits import Edits, edit_model
from network.lab.fold_edits import fold_edits
from network.lab.network_part import select_member
from network.lab.save_edited import save_edited
from network.layers.text import parse_layers
from network.runs.calibrate import calibrate_run
from network.runs.evaluate import load_runs
from network.runs.folder import LoadedRun, load_run
from network.runs.held_out import split_examples
from network.runs.make_film import check_can_make_film
from network.runs.names import find_run
from pipeline.errors import UsageError
from tests.support.small_digits import NAME, make_small_digits

SIDE = 8
ACTIVATIONS = ["ReLU", "LeakyReLU(0.1)", "GELU", "Tanh", "Sigmoid", "Identity"]
OUTPUTS = ["Softmax", "LogSoftmax", "Sigmoid", "Identity"]
MAKERS = ["Linear", "Conv2D", "BatchNorm"]


@st.composite
def texts(draw):
    """Networks of one to three stages, each with what can follow in any order."""

    def some(follow):
        return draw(st.lists(st.sampled_from(follow), max_size=3))

    layers = []
    for _ in range(draw(st.integers(0, 2))):
        pools = ["MaxPool2D", "AveragePool2D"] if not layers else []
        layers += [f"Conv2D({draw(st.integers(1, 3))}, 3, padding=1)"]
        layers += some([*ACTIVATIONS, "BatchNorm", "Dropout(0.5)", *pools])
    layers += ["Flatten"]
    for _ in range(draw(st.integers(0, 2))):
        layers += [f"Linear({draw(st.integers(1, 4))})"]
        layers += some([*ACTIVATIONS, "BatchNorm", "Dropout(0.5)"])
    return ", ".join([*layers, "Linear(3)", draw(st.sampled_from(OUTPUTS))])


def make(text, seed=0):
    """A model with parameters that are nowhere 0 or 1, and images for it."""
    model, rng = Model(parse_layers(text)), np.random.default_rng(seed)
    params = model.init(rng, (SIDE, SIDE))
    for layer in params:
        for name, array in layer.items():
            array += rng.uniform(0.1, 0.5, array.shape).astype(array.dtype) * (name != "weight")
    return model, params, rng.random((4, SIDE, SIDE), np.float32)


@st.composite
def edits_of(draw, model):
    """Any edits of units that a model has, at any layer that has them."""
    shape, units = (SIDE, SIDE), []
    for place, layer in enumerate(model.layers):
        shape = layer.shapes(shape)[1]
        is_made = any(type(it).__name__ in MAKERS for it in model.layers[: place + 1])
        is_row = type(layer).__name__ == "Flatten"
        units += [(place, unit) for unit in range(shape[-1]) if is_made and not is_row]
    made = [unit for unit in units if type(model.layers[unit[0]]).__name__ in MAKERS[:2]]
    numbers = {"shifts": st.floats(-5, 5), "scales": st.floats(-5, 5)}
    return Edits(
        off=tuple(draw(st.lists(st.sampled_from(units), max_size=4))),
        **{
            name: draw(st.dictionaries(st.sampled_from(made), number, max_size=2))
            for name, number in numbers.items()
        },
        prune=draw(st.sampled_from([0.0, 0.3])),
        noise=draw(st.sampled_from([0.0, 0.2])),
    )


def can_be_off(model, place):
    """Not behind what mixes units, nor a Sigmoid behind what says nothing far below 0."""
    kinds = []
    for layer in reversed(model.layers[: place + 1]):
        if (kind := type(layer).__name__) in MAKERS:
            break
        if kind not in {"Identity", "Dropout", "MaxPool2D", "AveragePool2D"}:
            kinds.insert(0, kind)
    return not {"Softmax", "LogSoftmax"} & {*kinds} and "Sigmoid" not in kinds[1:]


@given(text=texts(), data=st.data())
def test_parameters_answer_as_the_edits_do_or_are_refused(text, data):
    model, params, x = make(text)
    edits = data.draw(edits_of(model))
    edited, edited_params = edit_model(model, params, edits, (SIDE, SIDE))
    if not all(can_be_off(model, place) for place, _ in edits.off):
        with pytest.raises(ValueError, match="cannot be switched off permanently"):
            fold_edits(model, params, edits, (SIDE, SIDE))
        return
    plain = fold_edits(model, params, edits, (SIDE, SIDE))
    expected = edited.forward(edited_params, x)[0]
    np.testing.assert_allclose(model.forward(plain, x)[0], expected, rtol=1e-6, atol=1e-6)


ROWS, IMAGES = "Flatten, Linear(4)", "Conv2D(4, 3, padding=1)"
FOLLOW = ["", *ACTIVATIONS, "Dropout(0.5)"]


@pytest.mark.parametrize("normalised", ["", "BatchNorm, "])
@pytest.mark.parametrize(
    ("maker", "follow"),
    [
        *((maker, follow) for maker in (ROWS, IMAGES) for follow in FOLLOW),
        (IMAGES, "MaxPool2D"),
        (IMAGES, "Sigmoid, AveragePool2D"),
    ],
)
def test_a_unit_that_is_off_says_exactly_nothing(maker, normalised, follow):
    text = f"{maker}, {normalised}{follow}".strip(", ")
    model, params, x = make(text)
    edits = Edits(off=((len(model.layers) - 1, 2),))
    y = model.forward(fold_edits(model, params, edits, (SIDE, SIDE)), x)[0]
    assert (y[..., 2] == 0).all()
    expected = model.forward(params, x)[0]
    np.testing.assert_array_equal(y[..., [0, 1, 3]], expected[..., [0, 1, 3]])


@pytest.mark.parametrize(
    ("text", "place", "words"),
    [
        ("Flatten, Linear(3), Softmax", 2, "unit 1 of layer 2, Softmax, cannot be switched off"),
        ("Flatten, Linear(3), LogSoftmax", 2, "cannot be switched off permanently"),
        (
            "Flatten, Linear(3), ReLU, Sigmoid",
            3,
            "unit 1 of layer 3, Sigmoid, cannot be switched off",
        ),
        ("Flatten, Linear(3), Sigmoid", 0, "layer 0, Flatten, has no units to switch off"),
        ("Ensemble(('Flatten, Linear(3), Softmax',))", 0, "layer 0, Ensemble, has no units"),
        ("Flatten, Linear(3)", 7, "index 7 is out of range for 2 entries"),
    ],
)
def test_what_no_parameters_can_say_is_refused(text, place, words):
    model, params, _ = make(text)
    with pytest.raises(ValueError, match=words):
        fold_edits(model, params, Edits(off=((place, 1),)), (SIDE, SIDE))


# --- saved as runs -------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    """A cache with two trained runs and an ensemble of both."""
    cache = make_small_digits(tmp_path_factory.mktemp("edited"))
    quiet = {"cache_dir": cache.root, "quiet": True}
    for name, seed in (("first", 1), ("second", 2)):
        options = {"hidden": "5", "epochs": "2", "seed": str(seed), "validation": "0.5"}
        train(dataset=NAME, name=name, **options, **quiet)
    ensemble(runs=["first", "second"], name="both", **quiet)
    return cache


EDITS = Edits(((2, 3),), {(1, 1): 0.5}, {(1, 2): -2.0}, 0.2, 0.1)


def save(cache, run="first", edits=EDITS, member=None, wanted=None):
    """Save a run as it is edited."""
    (loaded,) = load_runs(cache, [run])
    made = save_edited(cache, loaded, select_member(loaded, member), edits, member, wanted)
    return loaded, LoadedRun(made, *load_run(made))


def answer(loaded, x):
    return loaded.checkpoint.model.forward(loaded.checkpoint.params, x)[0]


@pytest.fixture
def x():
    return np.random.default_rng(0).random((4, 28, 28), np.float32)


def test_a_saved_run_answers_as_the_edited_one_and_says_what_it_is(cache, x):
    loaded, saved = save(cache)
    part = loaded.checkpoint
    edited, params = edit_model(part.model, part.params, EDITS)
    np.testing.assert_allclose(answer(saved, x), edited.forward(params, x)[0], atol=1e-6)
    assert saved.name.startswith("first-edited-")
    assert saved.configuration == loaded.configuration
    told = saved.checkpoint.meta["edited"]
    assert told == {
        "run": "first", "sha256": part.meta["sha256"], "off": [[2, 3]], "shifts": [[1, 1, 0.5]],
        "scales": [[1, 2, -2.0]], "prune": 0.2, "noise": 0.1, "member": None,
    }  # fmt: skip
    assert (saved.checkpoint.meta["epoch"], saved.checkpoint.meta["step"]) == (0, 0)


@pytest.mark.parametrize("member", [0, 1])
def test_one_member_of_an_ensemble_is_edited_and_the_other_is_not(cache, x, member):
    loaded, saved = save(cache, "both", member=member)
    part = select_member(loaded, member)
    edited, params = edit_model(part.model, part.params, EDITS)
    other = select_member(loaded, 1 - member)
    both = edited.forward(params, x)[0] + other.model.forward(other.params, x)[0]
    np.testing.assert_allclose(answer(saved, x), both / 2, atol=1e-6)
    assert saved.checkpoint.meta["members"] == ["first", "second"]
    assert saved.checkpoint.meta["edited"]["member"] == member


@pytest.mark.parametrize("run", ["first", "both"])
def test_it_is_measured_by_what_the_other_has_never_seen(cache, run):
    loaded, saved = save(cache, run, member=None if run == "first" else 0)
    places = [
        split_examples(cache, one.run, one.checkpoint, one.configuration).held_out
        for one in (loaded, saved)
    ]
    assert len(places[0]) > 0
    np.testing.assert_array_equal(*places)


def test_an_edited_run_can_be_edited_tested_calibrated_listed_and_trained_on(cache, capsys):
    _, saved = save(cache, wanted="changed")
    quiet = {"cache_dir": cache.root, "quiet": True}
    measure(["changed"], **quiet)
    calibrate_run(cache, saved)
    _, again = save(cache, "changed", Edits(off=((2, 0),)))
    assert again.checkpoint.meta["edited"]["run"] == "changed"
    capsys.readouterr()
    show_runs(cache_dir=cache.root)
    assert "edited" in next(
        line for line in capsys.readouterr().out.splitlines() if line.startswith("changed ")
    )
    train(dataset=NAME, start="changed", epochs="1", seed="5", name="further", **quiet)
    assert len(load_run(find_run(cache, "further"))[0].meta["seen"]) == 2


@pytest.mark.parametrize("again", ["resume", "replay", "film"])
def test_no_training_made_it_and_none_goes_on(cache, again):
    _, saved = save(cache)
    acts = {
        "resume": lambda: train(runs=[saved.name], resume=True, cache_dir=cache.root),
        "replay": lambda: replay(saved.name, cache_dir=cache.root),
        "film": lambda: check_can_make_film(saved.run),
    }
    with pytest.raises(UsageError, match="was not trained: it is an edited copy of run first"):
        acts[again]()


@pytest.mark.parametrize(
    ("wanted", "edits", "words"),
    [
        ("first", EDITS, 'run "first" already exists'),
        ("../first", EDITS, "is not a valid run name"),
        (".hidden", EDITS, "is not a valid run name"),
        ("new", Edits(), "run first has no edits"),
        ("new", Edits(off=((0, 1),)), "run first cannot be edited: layer 0, Flatten, has no units"),
        (
            "new",
            Edits(off=((2, 99),)),
            "run first cannot be edited: index 99 is out of range for 5 entries",
        ),
        ("new", Edits(shifts={(1, 0): 1e39}), "are not finite"),
    ],
)
@pytest.mark.filterwarnings("ignore:overflow")
def test_what_cannot_be_saved_is_refused_and_leaves_nothing(cache, wanted, edits, words):
    before = sorted(cache.runs().iterdir())
    with pytest.raises(UsageError, match=words):
        save(cache, wanted=wanted, edits=edits)
    assert sorted(cache.runs().iterdir()) == before
