"""R18: every command helps, succeeds and refuses alike, in text and in JSON."""

import re
import signal
import subprocess
import sys

import pytest

from tests.reliability.command_contract.lines import SERVERS, SUCCESSES
from tests.reliability.command_contract.running import (
    ASCII,
    COLOURFUL,
    POSIX,
    check_line,
    parse,
    variables,
)
from tests.support.pace import ends_soon
from tests.support.programs import COMMANDS


@pytest.mark.parametrize("command", ["pipeline", "network", *COMMANDS])
def test_help_fits_a_terminal_of_80_columns(command, quick, case):
    with case():
        ended = quick(f"{command} --help")
        assert (ended.code, ended.stderr) == (0, "")
        assert ended.stdout.startswith(f"Usage: {command} ")
        assert max(map(len, ended.stdout.splitlines())) <= 80
        assert "\x1b" not in ended.stdout
        assert not re.search(r"\n  .+\w\.\.\.\n", ended.stdout)  # a sentence that is cut off


@pytest.mark.slow
@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_one_line_or_one_json_object(command, quick, case):
    with case():
        ended = quick(f"{command} --no-such-option")
        check_line(ended, command.split()[0], "No such option: --no-such-option")
        assert f"See `{command} --help`" in ended.stderr
        answer = quick(f"{command} --json --no-such-option")
        assert (ended.code, answer.code, answer.stderr) == (2, 2, "")
        assert parse(answer.stdout)["error"]["code"] == 2


def test_every_command_has_a_line_with_which_it_succeeds():
    assert sorted([*SUCCESSES, *SERVERS]) == sorted(COMMANDS)


@POSIX
@pytest.mark.parametrize(("options", "number"), [("", signal.SIGINT), ("--json", signal.SIGTERM)])
@pytest.mark.parametrize("command", SERVERS)
def test_a_server_tells_its_address_at_once_and_ends_with_0_when_stopped(
    command, options, number, places, case
):
    with case():
        line = f"{command} {SERVERS[command]} {options}"
        process = subprocess.Popen(
            [sys.executable, "-m", *line.split()], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE, env=variables(places["cache"], {**ASCII, **COLOURFUL}),
        )  # fmt: skip
        with process:
            first = process.stdout.readline()
            if options:
                while not first.endswith("\n}\n"):
                    first += process.stdout.readline()
                first = parse(first)["address"]
            is_soon, out, err = ends_soon(process, number)
        assert re.search(r"http://127\.0\.0\.1:\d+/\?token=[\w-]{32}$", first.strip())
        assert (process.returncode, out) == (0, "")
        assert err == ("" if options else "Ctrl-C ends it.\n")
        assert is_soon


@pytest.mark.parametrize("command", SUCCESSES)
def test_what_succeeds_prints_clean_text_or_one_json_object(command, call, quick, case):
    with case():
        line = f"{command} {SUCCESSES[command]}"
        ended, answer = call(line, **ASCII, **COLOURFUL), quick(f"{line} --json")
        assert (ended.code, answer.code, answer.stderr) == (0, 0, ""), (ended, answer)
        assert "error" not in parse(answer.stdout)
        assert ended.stdout
        assert (ended.stdout + ended.stderr).replace("\n", "").isprintable()
        assert ended.stdout.isascii()
