"""Every option is declared once; a configuration is checked and completed when created."""

import inspect
import json
import math
import pickle
import re
import subprocess
import sys
from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.training.configuration import (
    FIRST_RULES,
    OPTIONS,
    RULES,
    Configuration,
    build_configuration,
    configuration_from_dict,
    find_option,
    resolve_keys,
)
from network.training.find_preset import change_values
from network.training.losses import LOSSES
from network.training.optimizers import OPTIMIZERS
from network.training.option import Group, OptionError
from network.training.option_values import Choice, Number, Strengths, Whole
from pipeline.errors import CorruptError, UsageError
from tests.support.checkout import REPOSITORY

RANGES = [
    (key, one.kind.low, one.kind.high)
    for key, one in OPTIONS.items()
    if isinstance(one.kind, Number | Whole) and math.isfinite(one.kind.low)
]
RANGES += [
    ("learning_rate", *OPTIMIZERS["sgd"].learning_rate_range),
    ("momentum", *OPTIMIZERS["sgd"].momentum_range),
]
CHOICES = [
    (key, name)
    for key, one in OPTIONS.items()
    if isinstance(one.kind, Choice)
    for name in one.kind.registry.entries()
]


def test_the_default_is_the_textbooks_network():
    default = Configuration()
    assert (default.hidden, default.activation) == ((30,), "sigmoid")
    assert (default.initializer, default.dataset, default.seed) == ("uniform", "mnist", 0)


def test_every_field_of_a_configuration_is_an_option_with_all_that_its_users_need():
    assert [*OPTIONS, "rules"] == [field.name for field in fields(Configuration)]
    for key, one in OPTIONS.items():
        assert one.group in Group, key
        assert one.label, key
        assert one.kind.metavar.isupper() or "=" in one.kind.metavar, key
        assert not one.help.endswith("."), key
        assert one.default is not None or one.default_words, key
        assert one.default is None or one.check(one.default) == one.default, key


def test_options_and_the_names_of_registries_are_known_without_numpy():
    code = """
import sys
from network.training.configuration import OPTIONS
texts = [one.help_text for one in OPTIONS.values()]
assert any("adam" in text for text in texts)
sys.exit("numpy" in sys.modules)
"""
    assert subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize(
    "kind", [one.kind for one in OPTIONS.values() if isinstance(one.kind, Choice | Strengths)]
)
def test_the_names_in_a_registrys_source_are_those_of_its_entries(kind):
    assert kind.registry.parse_names() == tuple(kind.registry.entries())


@pytest.mark.parametrize(("name", "low", "high"), RANGES)
def test_every_range_is_kept(name, low, high):
    for accepted in (low, high):
        assert getattr(Configuration(**{name: accepted}), name) == accepted
    for refused in (low - 1, high + 1, math.nan, math.inf):
        with pytest.raises(OptionError, match=f"{name} is .*; expected ") as caught:
            Configuration(**{name: refused})
        assert caught.value.option == name


@pytest.mark.parametrize(("option", "name"), CHOICES)
def test_a_misspelt_name_is_refused_with_the_nearest(option, name):
    assert getattr(Configuration(**{option: name}), option) == name
    with pytest.raises(UsageError, match=f'{option} is "{name}x"; expected .*{name}') as error:
        Configuration(**{option: name + "x"})
    assert error.value.hint == f"Did you mean {name}?"


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rates_that_are_left_open_are_filled_in(loss, optimizer):
    filled = Configuration(loss=loss, optimizer=optimizer)
    assert (filled.learning_rate, filled.weight_decay) == OPTIMIZERS[optimizer].rates[loss]
    asked = Configuration(loss=loss, optimizer=optimizer, learning_rate=0.25, weight_decay=0)
    assert (asked.learning_rate, asked.weight_decay) == (0.25, 0)
    assert replace(asked, epochs=3).learning_rate == 0.25


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizers_entry_has_its_help_and_rates_in_range_for_every_loss(optimizer):
    entry = OPTIMIZERS[optimizer]
    assert entry.rates.keys() == LOSSES.keys()
    assert 0 < len(entry.help) <= 70
    for rate, decay in entry.rates.values():
        Configuration(optimizer=optimizer, learning_rate=rate, weight_decay=decay)


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=5))
def test_hidden_sizes_are_read_from_text(sizes):
    read = OPTIONS["hidden"].read
    assert read(",".join(map(str, sizes))) == tuple(sizes)
    assert Configuration(hidden=sizes).hidden == read(" , ".join(map(str, sizes)))
    assert read(OPTIONS["hidden"].kind.format(tuple(sizes))) == tuple(sizes)
    assert read("none") == ()


@given(st.dictionaries(st.sampled_from(["shift", "rotate", "noise"]), st.floats(0, 1)))
def test_strengths_are_read_as_they_are_written(strengths):
    text = ",".join(f"{name}={strength!r}" for name, strength in strengths.items()) or "none"
    assert OPTIONS["augment"].read(text) == strengths


@pytest.mark.parametrize("sizes", [(0,), (30, -1), (100_001,)])
def test_hidden_sizes_are_kept_in_range(sizes):
    with pytest.raises(UsageError, match=r"hidden is .*; expected 1 to 100,000"):
        Configuration(hidden=sizes)


@pytest.mark.parametrize(
    ("option", "text", "expected"),
    [
        *(("hidden", it, "sizes such as 30") for it in ("", "30,", "thirty", "30;20", "3.5")),
        ("learning_rate", "0,5", "a number such as 0.5"),
        ("learning_rate", "", "a number such as 0.5"),
        ("batch_size", "1e3", "a whole number such as 32"),
        ("augment", "shift", "strengths such as shift=2,rotate=10"),
        ("augment", "shift=a", "strengths such as shift=2,rotate=10"),
    ],
)
def test_text_that_is_no_such_value_is_refused_with_an_example(option, text, expected):
    with pytest.raises(OptionError) as caught:
        OPTIONS[option].read(text)
    assert caught.value.message.startswith(f'{option} is "{text}"; expected {expected}')


def test_an_option_is_spelled_as_its_user_knows_it_and_once():
    with pytest.raises(OptionError) as caught:
        Configuration(patience=3, validation=0)
    assert str(caught.value) == "patience needs validation images, but validation is 0"
    typed = caught.value.spelled(lambda key: OPTIONS[key].flag)
    assert str(typed) == "--patience needs validation images, but --validation is 0"
    for same in (typed.spelled(str.upper), pickle.loads(pickle.dumps(typed))):
        assert (str(same), same.option) == (str(typed), "patience")


@pytest.mark.parametrize("value", ["{0}", "{validation}", "a\nb", "x" * 5000])
def test_an_error_shows_a_users_text_as_it_is_in_one_short_line(value):
    with pytest.raises(OptionError) as caught:
        Configuration(learning_rate=value)
    assert json.dumps(value)[:100] in caught.value.message
    assert "\n" not in caught.value.message
    assert len(caught.value.message) < 500


def test_aliases_stand_for_their_options():
    chosen = build_configuration({"init_scale": 2.0, "ema": 0.9, "clip_norm": 3.0})
    assert (chosen.gain, chosen.average, chosen.clip) == (2.0, 0.9, 3.0)
    with pytest.raises(UsageError, match=r'"epoch" is not a training option'):
        build_configuration({"epoch": 3})


@given(
    hidden=st.lists(st.integers(1, 999)).map(tuple), epochs=st.integers(0, 100),
    rate=st.none() | st.floats(1e-6, 1e3), optimizer=st.sampled_from(sorted(OPTIMIZERS)),
)  # fmt: skip
def test_a_configuration_survives_json(hidden, epochs, rate, optimizer):
    one = Configuration(hidden=hidden, epochs=epochs, learning_rate=rate, optimizer=optimizer)
    assert configuration_from_dict(json.loads(json.dumps(one.to_dict())), "here") == one


def test_a_file_from_before_some_options_has_their_defaults():
    old = {"hidden": [2], "optimizer": "adam", "learning_rate": None, "start": None}
    found = configuration_from_dict(old, "here")
    assert found == Configuration(hidden=(2,), optimizer="adam", rules=FIRST_RULES)


def test_a_file_of_an_earlier_version_with_empty_layers_is_read():
    assert configuration_from_dict({"layers": ""}, "config.json").layers is None


def test_rules_are_counted_and_only_a_file_can_choose_former_ones():
    assert Configuration().rules == RULES
    assert build_configuration({"rules": 1}).rules == 1
    with pytest.raises(OptionError, match=f"rules is 99; expected 1 to {RULES}"):
        Configuration(rules=99)


SIGMOIDS = {"hidden": [5], "activation": "sigmoid"}
CONV = "Conv2D(2, 5), ReLU, Flatten"
WITHOUT_EFFECT = [
    ({"layers": CONV, "hidden": (128,)}, "hidden", "layers"),
    ({"layers": CONV, "activation": "gelu"}, "activation", "layers"),
    ({"layers": CONV, "initializer": "uniform"}, "initializer", "layers"),  # even the default
    ({"hidden": (), "activation": "relu"}, "activation", "hidden"),
    ({"shards": 64, "batch_size": 2}, "shards", "batch_size"),
    ({"shards": 33}, "shards", "batch_size"),
    ({"start": "run", "hidden": (3,)}, "hidden", "start"),
    ({"start": "run", "layers": CONV}, "layers", "start"),
    ({"start": "run", "init_scale": 2.0}, "gain", "start"),
]


@pytest.mark.parametrize(("chosen", "option", "other"), WITHOUT_EFFECT)
def test_an_option_that_another_one_leaves_without_effect_is_refused(chosen, option, other):
    message = rf"^{option} .* has no effect .*\b{other}\b.*leave it out$"
    with pytest.raises(OptionError, match=message):
        build_configuration(chosen)
    one = find_option(option)
    rest = {key: value for key, value in chosen.items() if find_option(key) != one}
    assert one.default == getattr(build_configuration(rest), option)  # a default is no choice
    values = {**Configuration().to_dict(), **resolve_keys(chosen)}
    assert configuration_from_dict(json.loads(json.dumps(values)), "an old run")


@pytest.mark.parametrize(
    ("values", "changes", "kept"),
    [
        ({"layers": CONV, "seed": 3}, {"hidden": (5,)}, {"hidden": (5,), "seed": 3}),
        (SIGMOIDS, {"layers": CONV}, {"layers": CONV}),
        (SIGMOIDS, {"hidden": ()}, {"hidden": ()}),
        (SIGMOIDS, {"hidden": (6,)}, {**SIGMOIDS, "hidden": (6,)}),
    ],
)  # fmt: skip
def test_of_hidden_sizes_and_layers_those_chosen_later_count(values, changes, kept):
    assert change_values(values, changes) == kept
    build_configuration(kept)


@pytest.mark.parametrize(
    "change",
    [
        {"dropout": 0.5}, {"epochs": -1}, {"epochs": "many"}, {"loss": "sum"}, {"hidden": 3.5},
        {"hidden": ["x"]}, {"loss": 3}, {"dataset": 3}, {"layers": 3}, {"augment": [1]},
        {"augment": {"shift": "x"}}, {"epochs": True}, {"epochs": 1.5}, {"epochs": None},
    ],
)  # fmt: skip
def test_a_damaged_configuration_is_refused_with_its_file(change):
    with pytest.raises(CorruptError, match=r"^run/config\.json: "):
        configuration_from_dict({**Configuration().to_dict(), **change}, "run/config.json")


def option_texts(help_text):
    """The help of each option in one line, by the option as it is typed."""
    parts = re.split(
        r"^ +(?:-\w, )?(?=--[a-z-]+ )", help_text.split("Options:")[1], flags=re.MULTILINE
    )
    texts = {part.split()[0]: " ".join(part.split()[1:]) for part in parts[1:]}
    return {name: text.replace("- ", "-") for name, text in texts.items()}  # lines break there


@pytest.mark.parametrize("command", ["train", "init", "check", "ensemble"])
def test_help_is_made_of_the_options(command, run_command):
    texts = option_texts(run_command("network", command, "--help").stdout)
    documented = [one for one in OPTIONS.values() if one.flag in texts and one.flag != "--dataset"]
    for one in documented:
        assert texts[one.flag] == f"{one.kind.metavar} {one.help_text}"
        assert not any(f"--{alias.replace('_', '-')}" in texts for alias in one.aliases)
    assert len(documented) == {"train": 24, "init": 7, "check": 4, "ensemble": 1}[command]


@pytest.mark.slow
def test_no_help_names_a_type_of_python(run_command):
    listed = re.findall(r"^  ([a-z-]+)  ", run_command("network", "--help").stdout, re.MULTILINE)
    for command in listed:
        shown = run_command("network", command, "--help").stdout
        assert not re.search(r"<(str|int|float|path|list)", shown), command


def test_no_option_is_written_anywhere_else():
    """A setting that is added is one field here: commands pass on what they are given."""
    from network.commands import check, ensemble, init, train

    for module in (check, ensemble, init, train):
        assert not re.search(r"learning.rate|--epochs|batch.size", inspect.getsource(module))
