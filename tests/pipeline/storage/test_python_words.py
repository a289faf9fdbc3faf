"""Errors name options and commands as they are typed in Python."""

import re

import pytest

import network
import pipeline
from pipeline.storage.python_words import CALLS, spell

SPELLED = {
    "Try a lower --learning-rate than 3": "Try a lower learning_rate than 3",
    "Choose another --loss": "Choose another loss",
    "state it, as in --highest 16. No": "state it, as in highest=16. No",
    "state it with --highest N": "state it with highest=N",
    "replace it with --force": "replace it with force=True",
    "without --invert": "without invert=True",
    "--no-invert keeps them": "invert=False keeps them",
    'Name it with --label-column "a b"': 'Name it with label_column="a b"',
    "Give --label-column first or last": 'Give label_column="first" or last',
    "a folder with --mirror file:///...": 'a folder with fetch_dataset(..., mirrors=["file:///..."])',
    "name one with --mirror ADDRESS": 'name one with fetch_dataset(..., mirrors=["ADDRESS"])',
    "epochs is true; expected": "epochs is True; expected",
    "`network runs` lists all runs": "list_runs() lists all runs",
    "Run `network train`": "Run train()",
    "Run `network train --from a`": 'Run train(start="a")',
    "Run `network train --dataset X --epochs 5`": 'Run train("X", epochs=5)',
    "`network train --help` lists them": "help(Configuration) lists them",
    "Run `network train --resume a`": "Run `network train --resume a` in a terminal",
    "and `network predict` inverts": "and `network predict` in a terminal inverts",
    "Run `network calibrate a` again": 'Run open_run("a").calibrate() again',
    "run `network test a`": 'run open_run("a").test()',
    "Run `pipeline fetch X`, then": 'Run fetch_dataset(cache, "X"), then',
    "Run `pipeline build-pickles X --force`": 'Run build_pickles(cache, "X", force=True)',
    "Run `pipeline build-pickles`": "Run build_pickles(cache, ...)",
    "Run `pipeline build-pickles --force`": "Run build_pickles(cache, ..., force=True)",
    "`pipeline list` shows them all": "all_datasets(cache) shows them all",
    "Run `pipeline import` again": "Run import_dataset(...) again",
    "Run `network sweep PLAN`": "Run `network sweep PLAN` in a terminal",
    "layers such as `Flatten, Linear(3)`": "layers such as `Flatten, Linear(3)`",
    'path is "--out true;"; expected': 'path is "--out true;"; expected',
    "10-20 -- or 3": "10-20 -- or 3",
}


@pytest.mark.parametrize("text", SPELLED)
def test_an_option_or_a_command_is_spelled_as_in_python(text):
    assert spell(text) == SPELLED[text]
    assert spell(spell(text)) == spell(text)


def test_every_call_for_a_command_is_one_of_the_public_functions():
    public = {*network.__all__, *pipeline.__all__, "help"}
    for command, call in CALLS.items():
        assert re.match(r"\w+", call)[0] in public, command
