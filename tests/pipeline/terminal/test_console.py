"""Both programs print and fail in the same way: one line and one exit code."""

import contextlib
import importlib
import json
import os
import pathlib
import re
import signal
import subprocess
import sys

import pytest

from pipeline.errors import (
    CorruptError,
    DownloadError,
    MissingError,
    ProjectError,
    StorageError,
    UsageError,
)
from pipeline.terminal.command_line import Failure
from pipeline.terminal.console import Console, stop_requests
from pipeline.terminal.numbers import TypedNumberError
from tests.support.checkout import REPOSITORY

POSIX = pytest.mark.skipif(os.name != "posix", reason="the shell and the signals are POSIX")
EXIT_CODES = {UsageError: 2, MissingError: 3, CorruptError: 4, DownloadError: 5, StorageError: 6}
WRONG = [
    (("where", "--cache-dir", "~nobody-has-this-name/x"), 2, "home"),
    (("fecth",), 2, "No such command 'fecth'. Did you mean 'fetch'?"),
    (
        ("fetch", "mnits"),
        2,
        'dataset "mnits" not found; the datasets are mnist, mnist-sample, ',
    ),
    (("where", "--cache-dri", "x"), 2, "No such option: --cache-dri"),
    (("show", "--split", "trian"), 2, 'mnist has no split "trian"; its splits are train, test'),
    (("show", "--count", "many"), 2, '--count is "many"; expected a whole number such as 50'),
    (("show", "--count", "0"), 2, "--count is 0; expected 1 to 1,000"),
    (("show",), 3, "the pickles of mnist are not built"),
    (("build-pickles",), 3, "train-images-idx3-ubyte.gz not found. Run `pipeline fetch mnist`"),
    (("verify",), 3, "train-images-idx3-ubyte.gz not found"),
    (("fetch", "--mirror", "file:///no/such"), 5, "cannot download train-images-idx3-ubyte.gz"),
    (("fetch", "--mirror", "nowhere"), 2, 'mirror "nowhere" is not an address; expected https://'),
    (("fetch", "--cache-dir", "/dev/null/x"), 6, "cannot "),
    (("--install-completion", "foo"), 2, '"foo" is not expected after --install-completion'),
    (("--show-completion", "bash"), 2, '"bash" is not expected after --show-completion'),
]

EVERYTHING_WRONG = pytest.mark.parametrize(
    ("arguments", "code", "message"), WRONG, ids=[" ".join(case[0]) for case in WRONG]
)

STOP_TWICE = """
import os, signal, sys
from pipeline.terminal.console import stop_requests
number = int(sys.argv[1])
with stop_requests() as requested:
    print(requested())
    os.kill(os.getpid(), number)
    print(requested(), flush=True)
    os.kill(os.getpid(), number)
    print("still here")
"""


@pytest.fixture
def call(monkeypatch, capsys):
    """Run a command line in this process; return its exit code and output."""

    def call(name, *arguments, cache_dir="/nowhere"):
        monkeypatch.setattr(sys, "argv", [name, *arguments])
        monkeypatch.setenv("MNIST_CACHE_DIR", str(cache_dir))
        handler = signal.getsignal(signal.SIGTERM)
        with pytest.raises(SystemExit) as ended:
            importlib.import_module(f"{name}.cli").main()
        signal.signal(signal.SIGTERM, handler)
        return ended.value.code, *capsys.readouterr()

    return call


def shell(script, **environment):
    """Run a line of shell in which $PIPELINE is the command."""
    command = f"{sys.executable} -m pipeline"
    return subprocess.run(
        ["bash", "-c", script], capture_output=True, text=True, cwd=REPOSITORY, check=False,
        env={**os.environ, "PIPELINE": command, **environment},
    )  # fmt: skip


@pytest.mark.parametrize(("kind", "code"), EXIT_CODES.items())
def test_every_error_has_its_exit_code_and_tells_what_to_do(kind, code, capsys):
    assert kind.exit_code == code
    assert Failure("pipeline", json=False, verbose=False).report(kind("What", "Do this")) == code
    assert capsys.readouterr() == ("", "pipeline: What. Do this.\n")
    assert str(kind("What", "Do this")) == "What. Do this"


def test_no_two_errors_share_an_exit_code():
    ours = {error for error in ProjectError.__subclasses__() if "pipeline" in error.__module__}
    assert ours - {TypedNumberError} == set(EXIT_CODES)
    assert TypedNumberError.exit_code == UsageError.exit_code  # the one for an invalid value
    assert len(set(EXIT_CODES.values())) == len(EXIT_CODES)


@pytest.mark.parametrize(
    ("error", "code", "text"),
    [
        (KeyError("x"), 1, "pipeline: internal error: KeyError: 'x'. Run again with"),
        (OSError(28, "No space left", "/a"), 6, "pipeline: /a: No space left."),
        (MemoryError(), 6, "pipeline: not enough memory. Close other programs,"),
        (KeyboardInterrupt(), 130, ""),
        (BrokenPipeError(), 141, ""),
        (SystemExit(143), 143, ""),
    ],
)
def test_whatever_else_fails_has_its_code_and_its_line(error, code, text, capsys):
    assert Failure("pipeline", json=False, verbose=False).report(error) == code
    printed = capsys.readouterr().err
    assert printed.startswith(text)
    assert printed.count("\n") == bool(text)


@EVERYTHING_WRONG
def test_an_error_is_one_line_on_stderr(arguments, code, message, call, tmp_path):
    found, stdout, stderr = call("pipeline", *arguments, cache_dir=tmp_path)
    assert found == code
    assert stdout == "" or arguments == ("verify",)  # which prints its findings
    lines = [line for line in stderr.splitlines() if not line.startswith("  ")]
    assert len(lines) == 1  # without the lines about mirrors
    assert lines[0].startswith("pipeline: ")
    assert message in lines[0]
    assert not re.search(r"\?\.|[^.]\.\.( |$)", lines[0])  # one mark ends a sentence


@EVERYTHING_WRONG
def test_with_json_an_error_is_an_object_on_stdout(arguments, code, message, call, tmp_path):
    found, stdout, stderr = call("pipeline", *arguments, "--json", cache_dir=tmp_path)
    assert found == code
    error = json.loads(stdout)["error"]
    assert set(error) == {"code", "message", "hint"}
    assert error["code"] == code
    assert message in f"{error['message']}. {error['hint']}"
    assert stderr == ""


@pytest.mark.parametrize("name", ["pipeline", "network"])
def test_without_arguments_the_help_is_shown(name, call):
    code, stdout, stderr = call(name)
    assert (code, stderr) == (0, "")
    assert f"Usage: {name} " in stdout
    assert call(name, "--help") == (code, stdout, stderr)


@pytest.mark.parametrize("name", ["pipeline", "network"])
def test_the_version_is_one_line(name, call):
    code, stdout, stderr = call(name, "--version")
    assert (code, stderr) == (0, "")
    assert re.fullmatch(rf"{name} \d+\.\d+\.\d+\n", stdout)


def test_where_an_error_came_from_is_shown_when_asked(call, tmp_path):
    assert "Traceback" not in call("pipeline", "show", cache_dir=tmp_path)[2]
    code, _, stderr = call("pipeline", "show", "--verbose", cache_dir=tmp_path)
    assert code == 3
    assert "Traceback" in stderr


def test_the_repair_is_of_the_dataset_that_was_verified(call, tmp_path):
    for words in ((), ("kmnist",)):
        _, _, error = call("pipeline", "verify", *words, cache_dir=tmp_path)
        assert error.endswith(f"Run `{' '.join(('pipeline', 'verify', *words))} --repair`.\n")


def test_nothing_that_a_terminal_obeys_goes_into_a_pipe(run_command):
    colours = {"TERM": "xterm-256color", "COLORTERM": "truecolor"}
    for arguments, code in (("--help",), 0), (("fetch", "--help"), 0), (("fecth",), 2):
        done = run_command("pipeline", *arguments, code=code, **colours)
        assert "\x1b" not in done.stdout + done.stderr


def test_no_name_of_a_file_or_word_of_a_server_moves_the_cursor(capsys):
    hostile = "\x1b[2Jcleared\x07\r\x9b"
    Console().say(hostile)
    Console().note(hostile)
    Failure("pipeline", json=False, verbose=False).report(CorruptError(hostile, hostile))
    printed = "".join(capsys.readouterr())
    assert printed.count("cleared") == 4
    assert printed.replace("\n", "").isprintable()


@POSIX
def test_a_reader_of_the_log_that_stops_reading_is_no_error(tmp_path):
    log = f"$PIPELINE --log-level debug list --cache-dir {tmp_path}"
    done = shell(f"{log} 2>&1 >/dev/null | true; exit $((PIPESTATUS[0] % 141))")
    assert (done.returncode, done.stderr) == (0, "")


@POSIX
def test_a_reader_that_stops_reading_is_no_error():
    done = shell("$PIPELINE list --json | head -1; exit $((PIPESTATUS[0] % 141))")
    assert (done.returncode, done.stdout, done.stderr) == (0, "{\n", "")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("unbuffered", ["", "1"])
@pytest.mark.parametrize("command", ["list", "--help", "list -x"])
def test_a_pipe_that_nobody_reads_ends_in_silence(command, unbuffered):
    read_end, write_end = os.pipe()
    os.close(read_end)
    done = subprocess.run(
        [sys.executable, "-m", "pipeline", *command.split()],
        stdout=write_end, stderr=subprocess.PIPE, cwd=REPOSITORY, check=False,
        env={**os.environ, "PYTHONUNBUFFERED": unbuffered},
    )  # fmt: skip
    os.close(write_end)
    assert done.returncode == (2 if "-x" in command else 141)
    assert done.stderr.count(b"\n") == ("-x" in command)


@pytest.mark.skipif(not pathlib.Path("/dev/full").exists(), reason="/dev/full is on Linux")
@pytest.mark.parametrize("command", ["list", "--help"])
def test_output_to_a_full_disk_fails_in_one_line(command):
    done = shell(f"$PIPELINE {command} > /dev/full")
    assert (done.returncode, done.stderr) == (6, "pipeline: No space left on device.\n")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("command", ["fecth", "build-pickles"])
@pytest.mark.parametrize("closed", [">&-", "2>&-"])
def test_a_command_works_without_anywhere_to_print(command, closed, raw_cache):
    done = shell(f"$PIPELINE {command} {closed}", MNIST_CACHE_DIR=str(raw_cache.root))
    assert done.returncode == (2 if command == "fecth" else 0)
    assert "Traceback" not in done.stderr
    assert "internal error" not in done.stderr
    assert "fecth" not in done.stdout  # an error is not a result


def test_paths_are_printed_where_the_terminal_knows_only_ascii(run_process, tmp_path):
    folder = str(tmp_path / "Übung")
    done = run_process("pipeline", "where", "--cache-dir", folder, PYTHONIOENCODING="ascii")
    assert "bung  (chosen by --cache-dir)" in done.stdout


def test_json_silences_everything_else(capsys):
    console = Console(json=True)
    console.say("text")
    console.note("note")
    console.result({"a": 1})
    printed = capsys.readouterr()
    assert json.loads(printed.out) == {"a": 1}
    assert printed.err == ""


def test_quiet_leaves_results_and_silences_notes(capsys):
    console = Console(quiet=True)
    console.say("text")
    console.note("note")
    console.result({"a": 1})
    assert capsys.readouterr() == ("text\n", "")


def test_progress_is_drawn_on_a_terminal_alone(capsys):
    with Console().progress("file", 3, "bytes") as advance:
        advance(3)
    assert capsys.readouterr() == ("", "")


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_first_signal_asks_for_a_stop_and_the_handlers_come_back(number):
    before = signal.getsignal(number)
    with stop_requests() as requested:
        assert requested() == 0
        os.kill(os.getpid(), number)
        assert requested() == number
        assert signal.getsignal(number) is before
    assert signal.getsignal(number) is before


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_without_a_signal_the_handlers_come_back_too(number):
    before = signal.getsignal(number)
    with contextlib.suppress(KeyError), stop_requests():
        assert signal.getsignal(number) is not before
        raise KeyError
    assert signal.getsignal(number) is before


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_second_signal_stops_at_once(number):
    command = [sys.executable, "-c", STOP_TWICE, str(int(number))]
    done = subprocess.run(command, capture_output=True, text=True, cwd=REPOSITORY, check=False)
    assert done.returncode == -number
    assert done.stdout == f"0\n{int(number)}\n"
