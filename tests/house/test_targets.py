"""`make test` leaves out what is slow, and still runs every command and thousands of tests."""

import pytest

from tests.reliability.command_contract import test_every_command
from tests.support.programs import COMMANDS

# The tests that run a command to its end in a process of its own.
IN_A_PROCESS = (
    test_every_command.test_what_succeeds_prints_clean_text_or_one_json_object,
    test_every_command.test_a_server_tells_its_address_at_once_and_ends_with_0_when_stopped,
)


def test_every_command_runs_to_its_end_in_a_process_of_its_own_in_make_test():
    marks = [mark for test in IN_A_PROCESS for mark in test.pytestmark]
    assert "slow" not in {mark.name for mark in marks}
    lines = [mark.args for mark in marks if mark.name == "parametrize"]
    found = [command for names, commands in lines if names == "command" for command in commands]
    assert sorted(found) == sorted(COMMANDS)


@pytest.mark.slow
def test_make_test_runs_three_thousand_tests_or_more(request, not_slow):
    if request.config.args != ["tests"]:
        pytest.skip("only a part of the tests was collected")
    assert not_slow >= 3000
