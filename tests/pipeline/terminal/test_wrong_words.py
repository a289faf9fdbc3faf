"""A wrong word of a command line is one line that names what was probably meant."""

import shlex

import pytest
from typer import Context
from typer.main import get_command

from pipeline.errors import UsageError
from tests.support.command_options import APPS, command_options

GROUPS = {name: get_command(app) for name, app in APPS.items()}
PARAMETERS = command_options()
COMMANDS = sorted({command for command, _ in PARAMETERS})


def refusal_of(line):
    """Return message and hint of a line whose words are refused."""
    program, name, *words = shlex.split(line)
    group = GROUPS[program]
    above = Context(group, info_name=program, **group.context_settings)
    with pytest.raises(UsageError) as caught:
        group.commands[name].make_context(name, words, parent=above)
    assert "\n" not in str(caught.value)
    assert caught.value.hint.endswith(f"See `{program} {name} --help`")
    return caught.value.message, caught.value.hint


def parameters_of(command, kind):
    return [it for of, it in PARAMETERS if of == command and it.param_type_name == kind]


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_that_is_followed_by_another_is_told_so(command):
    known = {it for one in parameters_of(command, "option") for it in one.opts}
    for parameter in parameters_of(command, "option"):
        if parameter.is_flag or parameter.opts == ["--steps"]:  # its value may be left out
            continue
        for option in parameter.opts:
            for value in ({"--json", "-v", "-q"} & known) | {"--help", "-h", "--"}:
                message, _ = refusal_of(f"{command} {option} {value}")
                assert (
                    message
                    == f"{option} is followed by {value}; expected {option} {parameter.metavar}"
                )
            message, hint = refusal_of(f"{command} x {option} --nothing=3 y")
            assert message.startswith(f"{option} is followed by --nothing=3; expected ")
            assert f"If that is the value, write {option}=--nothing=3. " in hint


@pytest.mark.parametrize("command", COMMANDS)
def test_an_argument_that_is_typed_as_an_option_is_shown_without_it(command):
    for argument in parameters_of(command, "argument"):
        word = argument.metavar.rstrip(".")
        known = {it for one in parameters_of(command, "option") for it in one.opts}
        for option in {f"--{word.lower()}", f"--{word.lower()}s", f"--{argument.name}"} - known:
            for line in (f"{command} {option} it -v", f"{command} -v {option}=it"):
                message, hint = refusal_of(line)
                assert message == f"No such option: {option}"
                resume = "--resume " if command == "network train" else ""
                typed = f"{command} {resume}it"
                assert hint.startswith(f"{word} is typed without an option: `{typed}`. ")


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("network compare --run a --run=b", "without an option: `network compare a b`."),
        ("network show --run", "RUN is typed without an option: `network show RUN`."),
        ("network test --name a", "RUN is typed without an option: `network test a`."),
        ("network predict --file 'a b.png'", "without an option: `network predict 'a b.png'`."),
        ("network init conv", "Did you mean --preset conv?"),
        ("network init mnist-sample", "Did you mean --dataset mnist-sample?"),
        ("network export first a.html", "Did you mean --html a.html?"),
        ("network show first a.png", "Did you mean --out a.png?"),
        ("network train --lr 0.1", "Did you mean --learning-rate?"),
        ("network train --batch=8", "Did you mean --batch-size?"),
        ("network train --epoch 8", "Did you mean --epochs?"),
        ("network show --output a.png", "Did you mean --out?"),
        ("network init --hidden 128 64", "Separate values with commas: --hidden 128,64."),
        ("network predict --steps a.png", "a.png is the value of --steps FILE."),
        ("network train -hidden 30", "Did you mean --hidden?"),
        ("network train -epochs=3", "Did you mean --epochs?"),
        ("network train --json -quiet", "Did you mean --quiet?"),
        ("network report first 'my report.html'", "Did you mean --out 'my report.html'?"),
    ],
)
def test_what_was_meant_is_suggested(line, hint):
    assert hint in refusal_of(line)[1]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ("network train --name", "--name requires a value; expected --name NAME"),
        ("network export --html", "--html requires a value; expected --html FILE"),
        ("network show --no-such", "No such option: --no-such"),
        ("network show --label 12", "No such option: --label"),
        ("network train --shuffle", "No such option: --shuffle"),
        ("network lab a", '"a" is not expected here'),
        ("network train --json=3", "--json does not take a value"),
        ("network predict", "IMAGE is missing"),
        ("pipeline import x", "--name is missing; expected --name NAME"),
        ("network train -z", "No such option: -z"),
        ("network train -qz", "No such option: -qz"),
        ("network predict x --format xml", '--format is "xml"; expected csv or kaggle'),
    ],
)
def test_without_a_likely_meaning_nothing_is_suggested(line, message):
    found, hint = refusal_of(line)
    assert found == message
    assert "Did you mean" not in hint


@pytest.mark.parametrize(("program", "other"), [("network", "pipeline"), ("pipeline", "network")])
def test_a_command_of_the_other_program_is_named(program, other):
    shown = {name for name, command in GROUPS[other].commands.items() if not command.hidden}
    context = Context(GROUPS[program], info_name=program)
    for name in sorted(shown - GROUPS[program].commands.keys()):
        with pytest.raises(UsageError) as caught:
            GROUPS[program].resolve_command(context, [name])
        assert caught.value.hint == f"Did you mean `{other} {name}`?"


@pytest.mark.parametrize(
    ("line", "hint"),
    [
        ("network --json train --epochs 1", "`network train --json --epochs 1`. "),
        ("network --cache-dir x test a", "`network test --cache-dir x a`. "),
        ("pipeline --json where", "`pipeline where --json`. "),
        ("network --no-such train", ""),
        ("network --json", ""),
    ],
)
def test_an_option_before_the_command_is_moved_behind_it(line, hint):
    program, *words = shlex.split(line)
    context = Context(GROUPS[program], info_name=program)
    with pytest.raises(UsageError) as caught:
        GROUPS[program].parse_args(context, [*words])
    assert caught.value.message == f"No such option: {words[0]}"
    expected = f"Options follow the command: {hint}" if hint else ""
    assert caught.value.hint == f"{expected}See `{program} --help`"


def test_words_that_only_look_like_options_are_values():
    group = GROUPS["network"]
    above = Context(group, info_name="network", **group.context_settings)
    for words in (["--html=--json"], ["--html", "-"], ["--html", "-x.html"], ["--", "--html"]):
        context = group.commands["export"].make_context("export", [*words], parent=above)
        assert not context.params["json"]
    completing = {"parent": above, "resilient_parsing": True}  # a shell completes such a line
    context = group.commands["export"].make_context("export", ["--html", "--json"], **completing)
    assert not context.params["json"]
    context = group.commands["train"].make_context("train", ["--seed", "-1"], parent=above)
    assert context.params["seed"] == "-1"
