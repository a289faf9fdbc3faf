"""R9: whatever is in a file, its parser accepts it or raises our error, soon, and runs nothing."""

import json
import os
import subprocess
import sys

import pytest

from tests.reliability.giants import GIANTS
from tests.reliability.targets import INPUTS, TARGETS
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
CPU_MS = 2000  # a second where nothing else runs; others take their share of the caches

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not sys.platform.startswith("linux"), reason="memory is limited and measured as Linux does"
    ),
]


class EndedError(AssertionError):
    """The process of a parser was ended: by a crash, or as an input took too long."""


@pytest.fixture(scope="module")
def watch():
    """Run a parser on changed files in a process of its own; return what was found.

    Call: watch(folder, "IDX", seconds=60, inputs=2000). The process is a fork of one that has
    imported all parsers.
    """
    process = subprocess.Popen(
        [sys.executable, str(REPOSITORY / "tests" / "reliability" / "watched_parser.py")],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "OPENBLAS_NUM_THREADS": "1"},
    )  # fmt: skip

    def run(folder, target, seconds, inputs=0):
        process.stdin.write(json.dumps([target, str(folder), seconds, inputs, 0]) + "\n")
        process.stdin.flush()
        if code := int(process.stdout.readline()):
            path = folder / TARGETS[target].place
            data = path.read_bytes().hex() if path.exists() else ""
            said = (folder / "stderr").read_text(errors="replace")
            raise EndedError(f"code {code}, at {path}: {data[:2000]}\n{said}")
        assert not (folder / "stdout").read_bytes()
        return json.loads((folder / "found.json").read_text())

    yield run
    process.communicate()


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
def test_no_input_makes_a_parser_misbehave(target, watch, tmp_path, amount, figure):
    found = watch(tmp_path, target, amount(3600, 1800), amount(INPUTS[target], 10**9))
    counts = ("inputs", "accepted", "escaped", "executed", "most_ms", "most_mib")
    figure(FIGURE, parsers=1, **{name: found[name] for name in counts})
    judge(tmp_path, found)


@pytest.mark.parametrize("giant", GIANTS)
def test_the_most_that_a_parser_grants_is_not_too_much(giant, watch, tmp_path, figure):
    target, make = GIANTS[giant]
    (tmp_path / "given").mkdir()
    (tmp_path / "given" / giant).write_bytes(make())
    found = watch(tmp_path, target, 60)
    figure(
        GIANTS_FIGURE,
        **{name: found[name] for name in ("inputs", "escaped", "most_ms", "most_mib")},
    )
    judge(tmp_path, found)
