"""A signal at any moment ends a program without a word, and none is lost in an import."""

import os
import re
import signal
import subprocess
import sys
import threading
import time

import pytest

from pipeline.terminal.interrupts import silent_interrupts
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows sends no such signals")

# A program that gets the signal just as it imports a module.
INTERRUPTED = """
import os, signal, sys

class Interrupt:
    def find_spec(self, name, path=None, target=None):
        if name == sys.argv[0]:
            os.kill(os.getpid(), number)

number = int(sys.argv.pop(1))
sys.argv[:2] = sys.argv[1:2]
sys.meta_path.insert(0, Interrupt())
from network.cli import main
main()
"""
WAITING = "import network.cli; print(flush=True); network.cli.main()"
STARTING = """
import network
from pipeline.terminal.interrupts import silent_interrupts
print(flush=True)
from network.cli import main
main()
"""

OUTSIDE = re.compile(r'Traceback .*\n  File "<string>", line \d+, in <module>\nKeyboardInterrupt\n')


def start(code, *arguments, **options):
    return subprocess.Popen(
        [sys.executable, "-c", code, *arguments], text=True, stdout=subprocess.PIPE,
        stderr=subprocess.PIPE, env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, **options,
    )  # fmt: skip


@pytest.mark.parametrize(
    "module",
    [
        "typer",
        "numpy",
        *(
            pytest.param(it, marks=pytest.mark.slow)
            for it in (
                *("network.commands", "pipeline.terminal.command_line", "typer.main"),
                *("network.commands.test", "pipeline.storage.user_config", "numpy.linalg"),
                "network.runs.evaluate",
            )
        ),
    ],
)
def test_an_import_that_is_interrupted_ends_without_a_word(module, tmp_path):
    for number in (signal.SIGINT, signal.SIGTERM):
        process = start(INTERRUPTED, str(int(number)), module, "test", "--cache-dir", str(tmp_path))
        _, error = process.communicate(timeout=PATIENCE)
        if "there is no run" not in error:  # it ended by itself, just after the import
            assert (error, process.returncode in {128 + number, -number}) == ("", True)


def test_what_a_shell_asked_to_ignore_stays_ignored(tmp_path):
    ignored = lambda: signal.signal(signal.SIGINT, signal.SIG_IGN)  # noqa: E731
    options = {"preexec_fn": ignored}
    process = start(
        INTERRUPTED,
        str(int(signal.SIGINT)),
        "typer",
        "where",
        "--cache-dir",
        str(tmp_path),
        **options,
    )
    _, error = process.communicate(timeout=PATIENCE)
    assert process.returncode == 2
    assert "No such command" in error  # of `network`: the program ran to its end


@pytest.mark.slow
@pytest.mark.parametrize("code", [STARTING, WAITING])
def test_a_start_killed_at_any_moment_shows_no_traceback(code, tmp_path):
    for delay in range(2, 400, 29):  # milliseconds
        process = start(code, "test", "--cache-dir", str(tmp_path))
        process.stdout.readline()
        time.sleep(delay / 1000)
        process.send_signal(signal.SIGINT)
        _, error = process.communicate(timeout=PATIENCE)
        is_early = OUTSIDE.fullmatch(error) is not None  # before our code has begun
        if not is_early and "there is no run" not in error:  # it was too late
            assert (error, process.returncode in {130, -signal.SIGINT}) == ("", True), delay


# A module that drops what its import raises, as those in C do.
DROPPING = """
import os
try:
    os.kill(os.getpid(), {number})
    for _ in range(1000):
        pass
except BaseException:
    pass
"""
IMPORTING = """
import time
from pipeline.terminal.interrupts import catch_end_signals
catch_end_signals()
import dropping
time.sleep(30)
"""


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_in_an_import_is_not_lost(number, tmp_path):
    (tmp_path / "dropping.py").write_text(DROPPING.format(number=int(number)))
    process = start(IMPORTING, cwd=tmp_path)
    process.communicate(timeout=PATIENCE)
    assert process.returncode in {128 + number, -number}


@pytest.fixture
def usual_ctrl_c():
    """Ctrl-C as a program begins with it, whatever the tests before ran in this process."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("usual_ctrl_c")
def test_afterwards_and_elsewhere_ctrl_c_is_an_exception_again():
    with silent_interrupts():
        assert signal.getsignal(signal.SIGINT) is not signal.default_int_handler
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    seen = []

    def elsewhere():
        with silent_interrupts():
            seen.append(signal.getsignal(signal.SIGINT))

    thread = threading.Thread(target=elsewhere)
    thread.start()
    thread.join()
    assert seen == [signal.default_int_handler]
