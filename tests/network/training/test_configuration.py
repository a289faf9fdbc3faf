"""Every choice of a run has a default, a range, a known name, and its line in --help."""

import json
import math
import re
from dataclasses import MISSING, fields

import pytest
from hypothesis import given
from hypothesis import strategies as st

from network.core.losses import LOSSES
from network.training.configuration import (
    RANGES,
    REGISTRIES,
    Configuration,
    configuration_from_dict,
    parse_hidden,
)
from network.training.more_optimizers import OPTIMIZERS
from pipeline.errors import CorruptError, UsageError


def test_the_default_is_the_seeds_network():
    default = Configuration()
    assert (default.hidden, default.activation) == ((30,), "sigmoid")
    assert (default.initializer, default.dataset, default.seed) == ("uniform", "mnist", 0)


EVERY_RANGE = {
    **RANGES,
    "learning_rate": OPTIMIZERS["sgd"].learning_rate_range,
    "momentum": OPTIMIZERS["sgd"].momentum_range,
}


@pytest.mark.parametrize(
    ("name", "low", "high"), [(name, *pair) for name, pair in EVERY_RANGE.items()]
)
def test_every_range_is_kept(name, low, high):
    for accepted in (low, high):
        assert getattr(Configuration(**{name: accepted}), name) == accepted
    option = name.replace("_", "-")
    for refused in (low - 1, high + 1, math.nan, math.inf):
        with pytest.raises(UsageError, match=f"{option} is .*, expected {low:g} to"):
            Configuration(**{name: refused})


@pytest.mark.parametrize(
    ("option", "name"), [(option, name) for option in REGISTRIES for name in REGISTRIES[option]]
)
def test_a_misspelt_name_is_refused_with_the_nearest(option, name):
    assert getattr(Configuration(**{option: name}), option) == name
    with pytest.raises(
        UsageError, match=f"{option} '{name}x' is unknown, we know .*{name}"
    ) as error:
        Configuration(**{option: name + "x"})
    assert error.value.hint == f"Did you mean {name}?"


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_rates_that_were_left_open_are_filled_in(loss, optimizer):
    filled = Configuration(loss=loss, optimizer=optimizer).with_suitable_rates()
    assert (filled.learning_rate, filled.weight_decay) == OPTIMIZERS[optimizer].rates[loss]
    asked = Configuration(loss=loss, optimizer=optimizer, learning_rate=0.25, weight_decay=0)
    assert asked.with_suitable_rates() == asked


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_an_optimizers_entry_has_its_help_and_rates_in_range_for_every_loss(optimizer):
    entry = OPTIMIZERS[optimizer]
    assert entry.rates.keys() == LOSSES.keys()
    assert 0 < len(entry.help) <= 70
    for rate, decay in entry.rates.values():
        Configuration(optimizer=optimizer, learning_rate=rate, weight_decay=decay)


@given(st.lists(st.integers(1, 100_000), min_size=1, max_size=5))
def test_hidden_sizes_are_read_from_text(sizes):
    assert parse_hidden(",".join(map(str, sizes))) == tuple(sizes)
    assert Configuration(hidden=tuple(sizes)).hidden == parse_hidden(" , ".join(map(str, sizes)))
    assert parse_hidden("none") == ()


@pytest.mark.parametrize("sizes", [(0,), (30, -1), (100_001,)])
def test_hidden_sizes_are_kept_in_range(sizes):
    with pytest.raises(UsageError, match=r"hidden is .*, expected 1 to 100000"):
        Configuration(hidden=sizes)


@pytest.mark.parametrize("text", ["", "30,", "thirty", "30;20", "3.5", "30x20"])
def test_other_text_is_no_hidden_size(text):
    with pytest.raises(UsageError, match="expected sizes such as 30 or 128,64"):
        parse_hidden(text)


@given(
    hidden=st.lists(st.integers(1, 999)).map(tuple), epochs=st.integers(0, 100),
    rate=st.none() | st.floats(1e-6, 1e3), optimizer=st.sampled_from(sorted(OPTIMIZERS)),
)  # fmt: skip
def test_a_configuration_survives_json(hidden, epochs, rate, optimizer):
    one = Configuration(hidden=hidden, epochs=epochs, learning_rate=rate, optimizer=optimizer)
    assert configuration_from_dict(json.loads(json.dumps(one.to_dict())), "here") == one


@pytest.mark.parametrize(
    "change",
    [
        {"dropout": 0.5}, {"epochs": -1}, {"epochs": "many"}, {"loss": "sum"}, {"hidden": 30},
        {"hidden": ["x"]},
    ],
)  # fmt: skip
def test_a_damaged_configuration_is_refused_with_its_file(change):
    with pytest.raises(CorruptError, match=r"^run/config\.json: "):
        configuration_from_dict({**Configuration().to_dict(), **change}, "run/config.json")


def option_texts(help_text):
    """The help of each option in one line, by the option's name without dashes."""
    parts = re.split(
        r"^ +(?:-\w, )?--(?=[a-z-]+ )", help_text.split("Options:")[1], flags=re.MULTILINE
    )
    texts = {part.split()[0]: " ".join(part.split()[1:]) for part in parts[1:]}
    return {name: text.replace("- ", "-") for name, text in texts.items()}  # lines break there


OPTION_NAMES = {"start": "from"}  # `from` is no name that Python allows


@pytest.mark.parametrize("command", ["train", "init", "check"])
def test_help_names_every_registry_entry_and_every_default(command, run_command):
    options = option_texts(run_command("network", command, "--help").stdout)
    documented = 0
    for field in fields(Configuration):
        text = options.get(OPTION_NAMES.get(field.name, field.name.replace("_", "-")))
        if text is None:
            assert command != "train", f"{field.name} is no option of train"
            continue
        documented += 1
        if field.name in REGISTRIES and field.name != "dataset":
            assert all(re.search(rf"\b{name}\b", text) for name in REGISTRIES[field.name])
        if field.default not in (None, MISSING):
            is_sizes = isinstance(field.default, tuple)
            default = ",".join(map(str, field.default)) if is_sizes else field.default
            assert f"[default: {default}]" in text
    assert documented >= 3
