"""R9: whatever is in a file, its parser accepts it or raises our error, soon, and runs nothing."""

import json
import os
import subprocess
import sys

import pytest

from tests.reliability.giants import GIANTS
from tests.reliability.targets import TARGETS
from tests.support.checkout import REPOSITORY

FIGURE = (
    "R9: {inputs} inputs to {parsers} parsers, {accepted} accepted, {escaped} other errors than "
    "ours, {executed} executed, slowest {most_ms:.0f} ms, at most {most_mib:.0f} MiB"
)
GIANTS_FIGURE = (
    "R9: {inputs} files that ask for all they are granted, {escaped} other errors than ours, "
    "slowest {most_ms:.0f} ms, at most {most_mib:.0f} MiB"
)
MEBIBYTES = 300
CPU_MS = 2500  # a second where nothing else runs; others take their share of the caches
HERE = REPOSITORY / "tests" / "reliability"

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="memory is limited and measured as Linux does"
    ),
]


class EndedError(AssertionError):
    """The process of a parser was ended: by a crash, or as an input took too long."""


def watch(folder, target, *arguments):
    """Run a parser on changed files in a process of its own; return what was found."""
    command = [sys.executable, str(HERE / "watched_parser.py"), target, str(folder)]
    done = subprocess.run(
        [*command, *map(str, arguments)], capture_output=True, text=True, check=False,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip
    if done.returncode:
        path = folder / TARGETS[target].place
        data = path.read_bytes().hex() if path.exists() else ""
        raise EndedError(f"code {done.returncode}, at {path}: {data[:2000]}\n{done.stderr}")
    return json.loads(done.stdout)


def show(folder, faults):
    """Say which inputs did what, each kept as a file with which it can be repeated."""
    lines = []
    for number, (name, outcome, events, data) in enumerate(faults):
        path = folder / f"fault {number}"
        path.write_bytes(bytes.fromhex(data))
        lines.append(f"{name} -> {outcome} {events}\n  {path}: {data[:2000]}")
    return "\n".join(lines)


def judge(folder, found):
    assert not found["faults"], show(folder, found["faults"])
    assert found["most_ms"] <= CPU_MS
    assert found["most_mib"] <= MEBIBYTES


@pytest.mark.timeout(3600)
@pytest.mark.parametrize("target", TARGETS)
def test_no_input_makes_a_parser_misbehave(target, tmp_path, amount, figure):
    found = watch(tmp_path, target, amount(3600, 1800), amount(2_000, 10**9))
    counts = ("inputs", "accepted", "escaped", "executed", "most_ms", "most_mib")
    figure(FIGURE, parsers=1, **{name: found[name] for name in counts})
    judge(tmp_path, found)


@pytest.mark.parametrize("giant", GIANTS)
def test_the_most_that_a_parser_grants_is_not_too_much(giant, tmp_path, figure):
    target, make = GIANTS[giant]
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / giant).write_bytes(make())
    found = watch(tmp_path, target, 60)
    figure(
        GIANTS_FIGURE,
        **{name: found[name] for name in ("inputs", "escaped", "most_ms", "most_mib")},
    )
    judge(tmp_path, found)
