"""A package with lazy exports offers its names without importing them."""

import subprocess
import sys

import pytest

import network
import pipeline
from network.core import train_step as of_package
from network.core.train_step import train_step
from tests.support.checkout import REPOSITORY


def test_a_name_is_what_its_module_defines():
    assert of_package is train_step
    assert network.train_step is network.api.train_step is network.api.mathematics.train_step


def test_a_public_name_wins_over_the_module_of_the_same_name_in_any_order():
    code = (
        "import network.core.train_step, network.core\n"
        "from network.core.train_step import train_step\n"
        "from network.core import train_step as again\n"
        "assert again is train_step is network.core.train_step"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=REPOSITORY, check=False)
    assert done.returncode == 0


def test_star_import_and_dir_give_the_public_names():
    names: dict[str, object] = {}
    exec("from pipeline import *", names)
    assert set(dir(pipeline)) == set(pipeline.__all__) == set(names) - {"__builtins__"}


def test_a_misspelt_name_is_an_attribute_error_as_of_any_module():
    with pytest.raises(AttributeError, match="module 'network' has no attribute 'Modell'"):
        _ = network.Modell
    with pytest.raises(ImportError, match="cannot import name 'Modell'"):
        exec("from network import Modell")
