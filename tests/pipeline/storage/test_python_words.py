"""Errors name options as they are typed in Python."""

import pytest

from pipeline.storage.python_words import spell

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
    "name one with --mirror URL": 'name one with fetch_dataset(..., mirrors=["URL"])',
    "epochs is true; expected": "epochs is True; expected",
    "Run `network train --from a`": "Run `network train --from a`",
    'path is "--out true;"; expected': 'path is "--out true;"; expected',
    "10-20 -- or 3": "10-20 -- or 3",
}


@pytest.mark.parametrize("text", SPELLED)
def test_an_option_is_spelled_as_in_python(text):
    assert spell(text) == SPELLED[text]
    assert spell(spell(text)) == spell(text)
