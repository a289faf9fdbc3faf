"""The help of every command fits a terminal of any width, and nothing of it is lost."""

import re
import shlex

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer import Context
from typer.main import get_command

from pipeline.terminal.help_pages import wrap
from tests.support.command_options import APPS

COMMANDS = {
    f"{app} {name}": command
    for app in APPS
    for name, command in get_command(APPS[app]).commands.items()
}
COMMANDS |= {app: get_command(APPS[app]) for app in APPS}
WIDTHS = (30, 31, 37, 40, 50, 64, 80, 200)


def help_of(name, columns, monkeypatch):
    monkeypatch.setenv("COLUMNS", str(columns))
    program, _, command = name.partition(" ")
    above = Context(COMMANDS[program], info_name=program) if command else None
    context = Context(COMMANDS[name], info_name=command or program, parent=above)
    return COMMANDS[name].get_help(context), context


def packed(text):
    """Return a text without blanks, and without the backslashes of wrapped commands."""
    return re.sub(r"\\?\s", "", text)


@pytest.mark.parametrize("name", COMMANDS)
def test_every_word_of_a_help_is_there_at_every_width(name, monkeypatch):
    wide, context = help_of(name, 80, monkeypatch)
    records = [it.get_help_record(context) for it in COMMANDS[name].get_params(context)]
    told = [re.sub(" <.*", "", names) for names, _ in filter(None, records)]
    told += [text for _, text in filter(None, records)]
    told += [COMMANDS[name].help, *COMMANDS[name].epilog.removeprefix("\b\n").split("\n")]
    told += [
        it.help.split("\n")[0]
        for it in getattr(COMMANDS[name], "commands", {}).values()
        if not it.hidden
    ]
    for columns in WIDTHS:
        shown = help_of(name, columns, monkeypatch)[0]
        for text in told:
            assert packed(text) in packed(shown)
        assert packed(shown) == packed(wide)
        unbreakable = [line for line in shown.split("\n") if '"' in line and "(" in line]
        assert all(len(it) <= min(columns, 80) for it in shown.split("\n") if it not in unbreakable)
        assert all(line == line.rstrip() for line in shown.split("\n"))


WORD = st.text("abcxyz-./=", min_size=1, max_size=30).filter(lambda it: not it.startswith(" "))


@given(st.lists(WORD | WORD.map(lambda it: f'"{it} {it}"'), min_size=1), st.integers(30, 90))
def test_a_wrapped_command_is_the_same_command_for_a_shell(words, columns):
    line = "  " + " ".join(words)
    lines = wrap(line, columns)
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == shlex.split(line)
    assert all(len(it) <= columns or len(it.split()) <= 3 for it in lines)
    if len(line) <= columns - 4:
        assert lines == [f"  {line}"]
