"""Every preset has a model with correct gradients, and a description of its results."""

import dataclasses
import tomllib

import numpy as np
import pytest

from network.core.gradient_check import check_gradients
from network.core.model import Model
from network.sweep.plan import sweep_names
from network.training.build import build_model, build_recipe
from network.training.configuration import build_configuration
from network.training.find_preset import load_preset, preset_names, read_toml
from pipeline.errors import MissingError, UsageError
from tests.support.checkout import REPOSITORY

every_preset = pytest.mark.parametrize("name", preset_names())


@every_preset
def test_a_preset_is_complete_and_says_what_it_reaches(name):
    preset = load_preset(name)
    assert preset.about.keys() == {"what", "reaches", "time", "machine"}
    configuration = build_configuration(preset.values)
    assert {"learning_rate", "weight_decay"} <= preset.values.keys()  # nothing is left open
    build_recipe(configuration, build_model(configuration, 10))


def narrow(model, width):
    """Leave at most so many channels and neurons to each layer; what it computes stays the same."""
    return Model(
        tuple(
            dataclasses.replace(layer, n_out=min(layer.n_out, width))
            if hasattr(layer, "n_out")
            else layer
            for layer in model.layers
        )
    )


@every_preset
def test_every_gradient_of_a_preset_is_right(name, mnist_test_set, amount):
    configuration = build_configuration(load_preset(name).values)
    whole = build_model(configuration, 10)
    model, loss = narrow(whole, amount(10, 1000)), build_recipe(configuration, whole).loss
    params = model.init(np.random.default_rng(0), (28, 28), np.float64)
    images, labels = mnist_test_set[0][:3] / 255, mnist_test_set[1][:3].astype(int)
    for check in check_gradients(model, loss, params, images, labels, sample=4):
        assert check.is_right, check


def test_every_preset_is_installed_with_the_package():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    patterns = project["tool"]["setuptools"]["package-data"]["network"]
    installed = {path for pattern in patterns for path in (REPOSITORY / "network").glob(pattern)}
    recipes = {path.stem for path in installed if path.suffix == ".toml"}
    assert recipes == {*preset_names(), *sweep_names()}


def test_a_misspelt_preset_is_refused_with_the_nearest():
    with pytest.raises(UsageError, match=r'preset is "textbok"; expected .*textbook') as caught:
        load_preset("textbok")
    assert caught.value.hint == "Did you mean textbook?"


def test_the_former_name_of_a_preset_still_finds_it():
    assert load_preset("seed") == load_preset("textbook")
    assert "seed" not in preset_names()


@pytest.mark.parametrize("name", ["../presets/mlp", "/etc/passwd", "mlp.toml", ""])
def test_a_preset_is_a_name_and_no_path(name):
    with pytest.raises(UsageError, match="expected conv, "):
        load_preset(name)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"epochs = ", "is not a TOML file"),
        (b"\xff\xfe", "is not a TOML file"),
        (b"[" * 100_000, "is not a TOML file"),
        (b"a = 1\na = 2", "is not a TOML file"),
        (b"#" * 1_000_001, "is larger than 1,000,000 bytes"),
    ],
)
def test_a_file_that_is_no_toml_is_refused(content, message, tmp_path):
    path = tmp_path / "run.toml"
    path.write_bytes(content)
    with pytest.raises(UsageError, match=message):
        read_toml(path)


def test_a_file_that_is_not_there_is_missing(tmp_path):
    with pytest.raises(MissingError, match="is not there"):
        read_toml(tmp_path / "run.toml")
