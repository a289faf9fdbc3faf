"""Every option with a number rejects others with the value found and the value expected."""

import pytest
from typer import Context
from typer.main import get_command

from pipeline.terminal.numbers import TypedNumberError, describe_range, number_reader
from tests.support.command_options import APPS, command_options

GROUPS = {name: get_command(app) for name, app in APPS.items()}
NUMBERS = {
    *("--examples", "--sample", "--port", "--workers", "--limit", "--count", "--trials", "--seeds"),
    *("--timeout", "--coverage", "--highest", "--test-share", "--test-fraction"),
}
OPTIONS = sorted(
    {
        (command, option)
        for command, parameter in command_options()
        for option in parameter.opts
        if option in NUMBERS and not (command == "network train" and option == "--limit")
    }
)


def refusal_of(command, *words):
    program, name = command.split()
    above = Context(GROUPS[program], info_name=program)
    with pytest.raises(TypedNumberError) as caught:
        GROUPS[program].commands[name].make_context(name, [*words], parent=above)
    return caught.value.message


@pytest.mark.parametrize(("command", "option"), OPTIONS)
@pytest.mark.parametrize("value", ["80x", "nan", "1e999", "1,5", "9" * 5000])
def test_what_is_no_number_is_shown_with_one_that_is(command, option, value):
    message = refusal_of(command, f"{option}={value}")
    name = option.replace("fraction", "share")
    assert message.startswith((f'{name} is "{value[:50]}', f"{name} is 999"))
    assert "; expected " in message
    assert "Input" not in message


def test_a_number_out_of_range_is_shown_as_it_was_typed():
    assert refusal_of("network show", "--count", "0") == "--count is 0; expected 1 to 1,000"
    assert refusal_of("network show", "--count", "1001") == "--count is 1001; expected 1 to 1,000"
    huge = refusal_of("network show", "--count", "9" * 400)  # more than a float can be
    assert huge == f"--count is {'9' * 100}; expected 1 to 1,000"
    assert refusal_of("network test", "--limit", "-1") == "--limit is -1; expected 1 or more"
    assert refusal_of("network predict", "x", "--coverage", "99") == (
        "--coverage is 99; expected 0 to 1"
    )


def test_both_ends_of_a_range_are_accepted():
    read = number_reader("--it", float, 0, 1, "a number such as 0.5")
    assert [read("0"), read("1"), read(" 0.5 ")] == [0, 1, 0.5]
    assert describe_range(None, 1000) == "1,000 at most"
    assert number_reader("--it", int, None, None, "")("-7") == -7
