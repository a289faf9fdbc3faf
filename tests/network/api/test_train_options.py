"""The types of the options of `train` are those of the options."""

from typing import get_type_hints

from network.api.train_options import TrainOptions
from network.training.configuration import KEYS, OPTIONS, Configuration
from network.training.option_types import ConfigurationTypes
from tests.support.checkout import REPOSITORY
from tests.support.option_types import render_types


def test_the_module_is_the_one_that_the_options_give():
    module = (REPOSITORY / "network" / "training" / "option_types.py").read_text("utf-8")
    assert module == render_types(), "Write it again: make generated"


def test_an_option_may_be_none_where_a_configuration_may_have_none():
    types = get_type_hints(TrainOptions)
    arguments = get_type_hints(ConfigurationTypes)
    assert arguments.keys() == get_type_hints(Configuration).keys()
    assert types.keys() | {"dataset"} == KEYS.keys()
    for key, kept in get_type_hints(Configuration).items():
        if key in OPTIONS and key != "dataset":
            none = type(None)
            is_automatic = OPTIONS[key].default is None  # a rate that the optimizer chooses
            assert (none in getattr(types[key], "__args__", ())) == (
                is_automatic or none in getattr(kept, "__args__", ())
            )
