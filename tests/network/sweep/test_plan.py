"""Plans of sweeps, and the errors of those that are not valid."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.sweep.objectives import OBJECTIVES
from network.sweep.plan import (
    SweepOptions,
    build_plan,
    count_trials,
    load_plan,
    parse_plan,
    read_plan,
    sweep_names,
)
from network.sweep.plan_checks import require_validation
from network.sweep.pruners import PRUNERS
from network.sweep.samplers import SAMPLERS
from network.training.state import EpochDone
from pipeline.errors import MissingError, UsageError

LOSSES = "[space.loss]\nchoices = ['squared-error', 'cross-entropy']"
SMOOTHING = "[fixed]\nloss = 'cross-entropy'\n[space.label_smoothing]\nchoices = [0, 0.1]"
LAYERS = "layers = 'Conv2D(2, 5), ReLU, Flatten'"
SPACE = "\n[space.learning_rate]\nlow = 1\nhigh = 2\n"
REFUSED = {
    "[sweeep]": 'table is "sweeep"; expected .*Did you mean sweep',
    "sweep = 3": "sweep is 3; expected a table",
    "[sweep]\nsampler = 'tpee'": 'sampler is "tpee"; expected .*Did you mean tpe',
    "[sweep]\npruner = 'no'": 'pruner is "no"; expected',
    "[sweep]\nobjective = 'acuracy'": 'objective is "acuracy"; expected .*Did you mean accuracy',
    "[sweep]\nobjective = []": "objective is .*; expected one or more",
    "[sweep]\nobjective = ['loss', 'loss']": "expected one or more, each once",
    "[sweep]\ntrials = 0": "trials is 0; expected 1 to",
    "[sweep]\ntrials = 'many'": 'sweep.trials is "many"; expected a whole number',
    "[sweep]\ntrails = 3": 'field of .sweep. is "trails"; expected .*Did you mean trials',
    "[sweep]\ntimeout = -1": "timeout is -1; expected",
    "[fixed]\nvalidation = 0": "validation is 0; a sweep needs validation images",
    "[fixed]\nstart = 'run'": "trains from the beginning",
    "[fixed]\nepoch = 3": '"epoch" is not a training option.*Did you mean epochs',
    "[fixed]\npreset = 'mlpp'": 'preset is "mlpp"; expected .*Did you mean mlp',
    f"[sweep]\nobjective = 'loss'\n{LOSSES}": "space.loss gives the trials different losses",
    f"[sweep]\nobjective = ['time', 'loss']\n{SMOOTHING}": "space.label_smoothing gives the",
    f"[sweep]\nobjective = 'loss'\n{SMOOTHING[:-9]}[0.1]\nwhen = {{ learning_rate = 1 }}": "space",
    f"[fixed]\n{LAYERS}\nhidden = [30]": "fixed.hidden has no effect in any trial",
    f"[fixed]\n{LAYERS}\n[space.activation]\nchoices = ['relu']": "space.activation has no effect",
    "[fixed]\nshards = 8\n[space.batch_size]\nlow = 1\nhigh = 7": "fixed.shards has no effect",
    "[space.momentum]\nlow = 0\nhigh = 0.9": "space.momentum needs .*, but fixed.optimizer is sgd",
    "[fixed]\nlabel_smoothing = 0.1": "fixed.label_smoothing needs cross-entropy, but fixed.loss",
    f"[fixed]\n{LAYERS.replace('5', '90')}": "Conv2D",
    "[sweep]\nsampler = 'grid'": "a range without steps, which a grid needs",
}


def plan_from(text):
    return build_plan(tomllib.loads(text))


@pytest.mark.parametrize("text", REFUSED)
def test_a_plan_that_makes_no_sense_is_refused_in_words(text):
    with pytest.raises(UsageError) as caught:
        build_plan(tomllib.loads(text + SPACE) if text != "sweep = 3" else {"sweep": 3})
    assert caught.match(REFUSED[text])


def test_a_plan_may_have_trials_whose_settings_cannot_be_combined():
    plan = "[space.optimizer]\nchoices = ['sgd', 'momentum']\n[space.momentum]\nlow = 0\nhigh = 0.9"
    assert count_trials(plan_from(plan))


def test_a_grid_tries_no_field_under_a_condition():
    with pytest.raises(UsageError, match="a grid tries every combination"):
        plan_from(
            "[sweep]\nsampler = 'grid'\n[space.optimizer]\nchoices = ['sgd']\n"
            "[space.seed]\nchoices = [1, 2]\nwhen = { optimizer = 'sgd' }"
        )


@pytest.mark.parametrize("name", sweep_names())
def test_every_plan_that_comes_with_the_package_is_one(name):
    plan = load_plan(name)
    assert plan.source["about"]["what"]
    assert 0 < count_trials(plan) <= plan.options.trials


def test_a_plan_begins_with_a_preset_and_changes_it():
    plan = plan_from("[fixed]\npreset = 'small'\nepochs = 3" + SPACE)
    assert plan.fixed["activation"] == "gelu"
    assert plan.fixed["epochs"] == 3


def test_a_grid_has_as_many_trials_as_combinations():
    text = "[sweep]\nsampler = 'grid'\ntrials = 100\n[space.seed]\nlow = 1\nhigh = 5\nsteps = 5"
    assert count_trials(plan_from(text)) == 5


@given(
    epochs=st.integers(1, 300), first=st.integers(1, 20), factor=st.integers(2, 5),
    pruner=st.sampled_from(sorted(PRUNERS)), objective=st.sampled_from(["loss", ["loss", "time"]]),
)  # fmt: skip
def test_rungs_rise_to_the_last_epoch(epochs, first, factor, pruner, objective):
    plan = plan_from(SPACE)
    options = SweepOptions(objective, "tpe", pruner, first_rung=first, factor=factor)
    rungs = type(plan)(plan.fixed, plan.space, options, {}).rungs(epochs)
    assert rungs[-1] == epochs
    assert rungs == sorted(set(rungs))
    if pruner == "none" or isinstance(objective, list):
        assert rungs == [epochs]
    elif pruner == "halving":
        assert rungs[:-1] == [first * factor**k for k in range(len(rungs) - 1)]
        assert first * factor ** (len(rungs) - 1) >= epochs


def test_a_file_that_is_no_plan_is_named(tmp_path):
    (tmp_path / "plan.toml").write_text("[sweep]\ntrials = 0")
    with pytest.raises(UsageError, match=r"plan.toml: trials is 0"):
        read_plan(tmp_path / "plan.toml")
    with pytest.raises(MissingError):
        read_plan(tmp_path / "none.toml")


def epoch(number, accuracy, seconds):
    return EpochDone(number, number, 1.0, 0.5 / number, accuracy, 1.0, seconds)


def test_the_objectives_are_those_of_the_last_epoch_and_of_the_clock():
    history = [epoch(1, 0.5, 2.0), epoch(2, 0.9, 3.0), epoch(3, 0.8, 4.0)]
    found = {name: objective.measure(history, 0.85) for name, objective in OBJECTIVES.items()}
    assert found == {"accuracy": 0.8, "loss": 0.5 / 3, "time": 5.0}
    assert OBJECTIVES["time"].measure(history, 0.95) == float("inf")


def test_what_diverged_is_never_better():
    history = [epoch(1, 0.1, 2.0)]
    for objective in OBJECTIVES.values():
        found = objective.measure(history, 0.1)
        if objective.direction == "maximize":
            assert objective.worst <= found
        else:
            assert objective.worst >= found


def test_every_sampler_and_pruner_is_known_by_its_name():
    assert {"tpe", "random", "grid"} <= set(SAMPLERS)
    assert {"halving", "median", "none"} <= set(PRUNERS)


@pytest.mark.parametrize(
    "text",
    [
        f"[sweep]\nobjective = 'accuracy'\n{LOSSES}",
        f"[sweep]\nobjective = ['accuracy', 'time']\n{SMOOTHING}",
        "[sweep]\nobjective = 'loss'\n[space.loss]\nchoices = ['cross-entropy']",
        "[sweep]\nobjective = 'loss'\n[fixed]\nloss = 'cross-entropy'\nlabel_smoothing = 0.1",
        # some trials use the activation, and some the threads
        "[fixed]\nactivation = 'relu'\n[space.hidden]\nchoices = [[], [30]]",
        "[fixed]\nshards = 8\n[space.batch_size]\nlow = 1\nhigh = 9",
    ],
)
def test_trials_that_can_be_compared_are_accepted(text):
    assert plan_from(text + SPACE).space


def test_a_sweep_from_before_these_checks_is_read_all_the_same():
    source = tomllib.loads(f"[sweep]\nobjective = 'loss'\n{LOSSES}")
    assert parse_plan(source).objective_names == ["loss"]


@pytest.mark.parametrize(
    ("text", "option"),
    [
        ("[fixed]\nlimit = 500\nvalidation = 0.001", "fixed.validation 0.001 of 500 images"),
        ("[fixed]\nvalidation = 0.01\n[space.limit]\nlow = 10\nhigh = 1000", "0.01 of 10 images"),
        ("[fixed]\nlimit = 90\n[space.validation]\nlow = 0.001\nhigh = 0.5", "space.validation"),
        ("[fixed]\nvalidation = 1e-6", "fixed.validation 1e-06 of 60,000 images is none"),
    ],
)
def test_a_sweep_needs_validation_images_and_not_a_share(text, option):
    plan = plan_from(text + SPACE)
    with pytest.raises(UsageError, match=f"a sweep needs validation images, but .*{option}"):
        require_validation(plan.fixed, plan.space, 60_000)
    enough = plan_from("[fixed]\nlimit = 500" + SPACE)
    require_validation(enough.fixed, enough.space, 60_000)


def test_nothing_held_out_is_no_accuracy_of_0():
    for objective in OBJECTIVES.values():
        with pytest.raises(UsageError, match="no validation images"):
            objective.measure([EpochDone(1, 1, 1.0, None, None, 1.0, 1.0)], 0.5)
