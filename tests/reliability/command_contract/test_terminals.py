"""R18: what is drawn keeps to its terminal, and nothing of it goes into a pipe."""

import contextlib
import os
import re
import signal
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.reliability.command_contract.running import ASCII, COLOURFUL, POSIX, Call, variables
from tests.reliability.warm_commands import Ended
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

pytestmark = pytest.mark.slow

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"

READ_BY_PYTHON = {"LC_ALL", "PYTHONIOENCODING"}  # when it starts, so a fork cannot be given them
COLOUR = re.compile(r"\x1b\[[\d;]*m")
CURSOR_UP = "\x1b[1A\x1b[2K"


@pytest.fixture
def on_terminal(places: dict[str, Path], tmp_path: Path, request: pytest.FixtureRequest) -> Call:
    """Run a line on a terminal; what goes apart, to `>` or `2>` a file, is `stderr`."""

    def start(
        line: str, columns: int = 80, apart: str = "", stop: int = 0, **changes: str
    ) -> Ended:
        import fcntl  # these two are on POSIX alone
        import termios

        master, terminal = os.openpty()
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
        beside, screen = tmp_path / "apart", []
        beside.touch()
        streams = {"stdin": "", "stdout": ">", "stderr": "2>"}
        named = {
            stream: str(beside) if apart and apart == sign else os.ttyname(terminal)
            for stream, sign in streams.items()
        }

        def watch(pid: int) -> None:
            os.close(terminal)
            screen.append(read_screen(master, pid, stop))

        environment = variables(places["cache"], {"TERM": "xterm-256color", **changes})
        if READ_BY_PYTHON & changes.keys():
            code = run_cold(line.split(), named, environment, watch)
        else:
            warm = request.getfixturevalue("warm_commands")
            program, *words = line.split()
            path = str(REPOSITORY / program / "__main__.py")
            code = warm.run(path, *words, **named, environment=environment, meanwhile=watch).code
        os.close(master)
        return Ended(code, screen[0].decode(), beside.read_text())

    return start


def read_screen(master: int, pid: int, stop: int) -> bytes:
    """Read what a process shows until it ends; stop it in its second epoch, if it is to be."""
    screen = b""
    with contextlib.suppress(OSError):  # Linux: the other side is closed
        while shown := os.read(master, 1 << 16):
            screen += shown
            if stop and b"epoch   2" in screen:
                os.kill(pid, stop)
                stop = 0
    return screen


def run_cold(
    words: list[str],
    named: dict[str, str],
    environment: dict[str, str],
    watch: Callable[[int], None],
) -> int:
    """Run a line in a Python that starts, which takes longer than a fork, and return its code."""
    with contextlib.ExitStack() as opened:
        streams = {
            stream: opened.enter_context(Path(path).open("rb" if stream == "stdin" else "wb", 0))
            for stream, path in named.items()
        }
        process = subprocess.Popen([sys.executable, "-m", *words], env=environment, **streams)
    watch(process.pid)
    return process.wait(PATIENCE)


DRAWN = "network show first --terminal --count 1"

BAR = "pipeline build-pickles obst --force"

SOME = "network train --dataset obst --hidden 2 --epochs 30"


@POSIX
@pytest.mark.parametrize(("line", "columns"), [(BAR, 10), (BAR, 40), (BAR, 100), (SOME, 40)])
def test_a_bar_keeps_to_the_width_of_its_terminal_and_goes_away(line, columns, on_terminal, case):
    with case():
        ended = on_terminal(line, columns)
        screen = COLOUR.sub("", ended.stdout).replace(CURSOR_UP, "")
        bars = re.findall(r"\r\x1b\[2K([^\r\n]*)", screen)
        assert ended.code == 0
        assert "0 of" in "".join(bars) or columns == 10
        assert max(map(len, bars)) <= columns
        assert ended.stdout.count(HIDE_CURSOR) == ended.stdout.count(SHOW_CURSOR) > 0
        last = ended.stdout.split("\x1b")[-1]  # the last bar is wiped away
        assert re.search(r"Next: \S+ -m network", last)


@POSIX
@pytest.mark.parametrize(("columns", "apart"), [(10, ""), (30, ""), (40, ">"), (100, "")])
def test_curves_of_a_training_keep_to_the_width_and_stay(columns, apart, on_terminal, case):
    with case():
        screen = on_terminal(SOME, columns, apart).stdout
        curve = r"^(loss|validation)(  +\S+ [^\r\n]*)"
        drawn = [a + b for a, b in re.findall(curve, screen, re.MULTILINE)]
        assert max(map(len, drawn), default=0) <= columns
        stay = re.findall(curve, screen.split("\x1b[2K")[-1], re.MULTILINE)
        if columns < 30:
            assert drawn == stay == []
        else:
            assert [name for name, _ in stay] == ["loss", "validation"]
            assert all(re.search("[▁▂▃▄▅▆▇]", line) for line in drawn)


@POSIX
def test_a_terminal_of_ascii_alone_gets_curves_of_signs(on_terminal, case):
    with case():
        last = on_terminal(SOME, LC_ALL="C").stdout.split("\x1b")[-1]
        assert re.search(r"loss +0\.\d{4}  [_.=+*#-]{50,}\r", last)
        assert last.isascii()


@POSIX
@pytest.mark.parametrize(
    ("changes", "colour", "mark"),
    [
        ({"COLORTERM": "truecolor"}, "\x1b[38;2;", "▀"),
        ({}, "\x1b[38;5;", "▀"),
        ({"TERM": "xterm"}, "", "▀"),
        ({"TERM": "dumb"}, "", "▀"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "", "▀"),
        ({"LC_ALL": "C", "COLORTERM": "truecolor"}, "", "@"),
        ({"LC_ALL": "POSIX"}, "", "@"),
        ({"PYTHONIOENCODING": "latin-1"}, "", "@"),
    ],
)
def test_digits_are_drawn_as_a_terminal_can(changes, colour, mark, on_terminal, case):
    with case():
        screen = on_terminal(DRAWN, **changes).stdout
        assert mark in screen
        assert colour in screen
        assert ("\x1b" in screen) == bool(colour)
        assert COLOUR.sub("", screen).replace("\r\n", "").isprintable()


@POSIX
def test_digits_are_drawn_without_colours_into_a_pipe(call, case):
    with case():
        ended = call(DRAWN, **COLOURFUL)
        assert ended.stdout.replace("\n", "").isprintable()
        assert "█" in ended.stdout
        assert call(DRAWN, **COLOURFUL, **ASCII).stdout.isascii()


@POSIX
def test_a_terminal_too_narrow_for_a_digit_is_told_so(on_terminal, case):
    with case():
        ended = on_terminal(DRAWN, 27, apart="2>")
        assert (ended.code, ended.stdout) == (2, "")
        assert "27 columns, and a digit needs 28" in ended.stderr


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_bar_that_is_stopped_leaves_the_terminal_as_it_was(number, code, on_terminal, case):
    with case():
        ended = on_terminal(f"{SOME}000", stop=number)
        assert ended.code == code
        assert ended.stdout.count(HIDE_CURSOR) == ended.stdout.count(SHOW_CURSOR) > 0
        assert "stopped at step" in ended.stdout


@POSIX
def test_a_bar_without_colours_has_none(on_terminal, case):
    with case():
        screen = on_terminal(BAR, NO_COLOR="1").stdout
        assert "0 of 24 images" in screen
        assert not COLOUR.search(screen.replace("\x1b[0m", ""))


@POSIX
@pytest.mark.parametrize("line", [BAR, "network train --dataset obst --hidden 2 --epochs 2 -q"])
def test_a_terminal_that_obeys_no_codes_gets_the_lines_of_a_pipe(line, on_terminal, case):
    with case():
        screen = on_terminal(line, TERM="dumb").stdout.replace("\r\n", "\n")
        assert "\x1b" not in screen
        assert "\n\n" not in f"\n{screen}"


@POSIX
@pytest.mark.parametrize(
    ("options", "apart", "has_bar"),
    [("", ">", True), ("", "2>", False), ("--json", "", False), ("--quiet", "", False)],
)
def test_a_bar_is_drawn_on_stderr_and_only_where_somebody_looks(
    options, apart, has_bar, on_terminal, case
):
    with case():
        ended = on_terminal(f"{BAR} {options}", apart=apart)
        assert ("\x1b" in ended.stdout) == has_bar
        assert "\x1b" not in ended.stderr
        results = {">": ended.stderr, "2>": ended.stdout}.get(apart, ended.stdout)
        assert results.count("built") == 2
        beside = {
            "": "",
            ">": re.escape(results),
            "2>": r"Next: \S+ -m network train --dataset obst\n",
        }
        assert re.fullmatch(beside[apart], ended.stderr)
