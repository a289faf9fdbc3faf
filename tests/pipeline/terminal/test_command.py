"""Every command's help is short, ends with examples, and hides aliases."""

import re
import shlex

import pytest
from typer.main import get_command

from tests.support.programs import PROGRAMS

APPS = {it.name: it.app() for it in PROGRAMS}
COMMANDS = [
    (app, name, command)
    for app in APPS
    for name, command in get_command(APPS[app]).commands.items()
]
every_command = pytest.mark.parametrize(
    ("app", "name", "command"), COMMANDS, ids=[f"{app} {name}" for app, name, _ in COMMANDS]
)
ALIASES = {
    "network train": {"--init-scale": "gain", "--ema": "average", "--clip-norm": "clip"},
    "network init": {"--init-scale": "gain"},
    "network show": {"--mistakes": "wrong"},
    "pipeline import": {"--test-fraction": "test_share", "--license": "licence"},
}


@every_command
def test_help_begins_with_a_verb_and_an_object_in_60_characters(app, name, command):
    first = command.help.strip().split("\n")[0]
    assert len(first) <= 60
    assert re.match(r"[A-Z][a-z]+ .*\.$", first)


@every_command
def test_every_example_is_a_command_with_options_that_it_has(app, name, command):
    title, *examples = command.epilog.removeprefix("\b\n").split("\n")
    assert title == ("Examples:" if len(examples) > 1 else "Example:")
    assert 1 <= len(examples) <= 2
    for example in examples:
        program, called, *arguments = shlex.split(example)
        other = get_command(APPS[program]).commands[called]
        known = {option for parameter in other.params for option in parameter.opts}
        assert {it for it in arguments if it.startswith("--")} <= known


@every_command
def test_every_value_has_a_word_and_every_option_a_help(app, name, command):
    for parameter in command.params:
        if parameter.param_type_name == "option" and not parameter.hidden:
            assert parameter.help
            assert parameter.is_flag or re.match("[A-Z]", parameter.metavar or ""), parameter.name


@every_command
def test_aliases_are_accepted_and_hidden(app, name, command):
    hidden = {it.opts[0]: it for it in command.params if getattr(it, "hidden", False)}
    assert hidden.keys() == ALIASES.get(f"{app} {name}", {}).keys()
    shown = {it.name for it in command.params if not getattr(it, "hidden", False)}
    assert set(ALIASES.get(f"{app} {name}", {}).values()) <= shown
