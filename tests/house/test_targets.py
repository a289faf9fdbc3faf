"""`make test` leaves out what is slow, and still runs every command and thousands of tests."""

import re
import subprocess
import sys

import pytest

from tests.support.checkout import REPOSITORY
from tests.support.programs import COMMANDS

CONTRACT = "tests/reliability/command_contract/test_every_command.py"
# The tests of CONTRACT that run a command to its end in a process of its own.
IN_A_PROCESS = {
    "test_what_succeeds_prints_clean_text_or_one_json_object",
    "test_a_server_tells_its_address_at_once_and_ends_with_0_when_stopped",
}


def collect(*arguments: str) -> list[str]:
    """Return the names of the tests that pytest would run."""
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments],
        cwd=REPOSITORY, capture_output=True, text=True, check=False,
    )  # fmt: skip
    return [line for line in done.stdout.splitlines() if "::" in line]


def test_every_command_runs_to_its_end_in_a_process_of_its_own_in_make_test():
    found = [
        re.search(r"::(\w+)\[((?:pipeline|network) [\w-]+?)(?:--.*)?\]$", name)
        for name in collect("-m", "not slow", CONTRACT)
    ]
    assert {match[2] for match in found if match and match[1] in IN_A_PROCESS} == set(COMMANDS)


@pytest.mark.slow
def test_make_test_runs_three_thousand_tests_or_more(request, not_slow):
    if request.config.args != ["tests"]:
        pytest.skip("only a part of the tests was collected")
    assert not_slow >= 3000
