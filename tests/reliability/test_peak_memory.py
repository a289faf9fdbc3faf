"""R20: the pipeline is small in memory, training does not grow, and help answers at once."""

import dataclasses
import json
import math
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline.build import build_pickles
from pipeline.datasets.user_datasets import publish_record
from pipeline.storage.cache import Cache
from tests.support.checkout import RAW, REPOSITORY
from tests.support.pace import PATIENCE
from tests.support.programs import COMMANDS, PROGRAMS
from tests.support.tiny_dataset import fill, make_dataset

PEAK = "R20: {most_megabytes:.0f} MB is the peak of fetch and build-pickles, 150 allowed"
GROWTH = "R20: {most_megabytes:.1f} MB grown in {most_epochs:,} tiny epochs, 5 allowed"
HELP = "R20: {most_milliseconds:.0f} ms for the slowest of {helps} helps, 300 allowed"

MEGABYTE = 1_000_000
UNITS = 1 if sys.platform == "darwin" else 1024  # bytes in one of ru_maxrss
HELPS = [*(it.name for it in PROGRAMS), *COMMANDS]
WARM_UP, EPOCHS = 100, 1000
CPU_SECONDS, TRIES = 0.3, 15
YARDSTICKS = 3  # imports of typer, which take 0.1 s here: a machine half as fast gets 0.6 s
POSIX = pytest.mark.skipif(os.name != "posix", reason="only POSIX tells what a process has used")

# A small process in between, for a process begins its life with the peak of the one before it.
USAGE = """
import json, resource, subprocess, sys

done = subprocess.run([sys.executable, *sys.argv[1:]], stdout=subprocess.DEVNULL, check=True)
used = resource.getrusage(resource.RUSAGE_CHILDREN)
print(json.dumps({"peak": used.ru_maxrss, "seconds": used.ru_utime + used.ru_stime}))
"""


# Runs a command for each argument, and names what it has imported.
IN_A_ROW = """
import contextlib, io, sys
from importlib import import_module

for line in sys.argv[1:]:
    sys.argv = line.split()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit):
        import_module(f"{sys.argv[0]}.cli").main()
print(*sys.modules)
"""


def usage(*arguments: str, **environment: str) -> dict[str, float]:
    """Run Python with these arguments and say what it used of memory and CPU."""
    done = subprocess.run(
        [sys.executable, "-c", USAGE, *arguments], capture_output=True, check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
    )  # fmt: skip
    return dict(json.loads(done.stdout))


def cpu_seconds(*arguments: str, **environment: str) -> float:
    """Run Python with these arguments and say how long a CPU was at work."""
    process = subprocess.Popen(
        [sys.executable, *arguments], stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), **environment},
    )  # fmt: skip
    _, status, used = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    assert process.returncode == 0
    return used.ru_utime + used.ru_stime


@pytest.mark.slow
@POSIX
def test_the_pipeline_holds_no_data_set_in_memory(tmp_path, figure):
    for line in (f"fetch --mirror {RAW.as_uri()}", "build-pickles"):
        used = usage("-m", "pipeline", *line.split(), MNIST_CACHE_DIR=str(tmp_path))
        figure(PEAK, most_megabytes=used["peak"] * UNITS / MEGABYTE)
        assert used["peak"] * UNITS <= 150 * MEGABYTE


@pytest.fixture
def tiny(tmp_path: Path) -> Cache:
    """A cache with the pickles of a few images."""
    cache = Cache(tmp_path / "cache", "test")
    dataset, files = make_dataset()
    dataset = dataclasses.replace(dataset, mirrors=())
    fill(cache, dataset, files)
    publish_record(cache, dataset)
    build_pickles(cache, dataset)
    return cache


def resident(process: subprocess.Popen[str]) -> int:
    """Bytes of a process in memory."""
    status = Path(f"/proc/{process.pid}/status").read_text()
    return 1024 * int(re.search(r"VmRSS:\s+(\d+) kB", status)[1])


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux alone has /proc")
@pytest.mark.timeout(300)  # what takes time is the disk, to which every epoch is forced
def test_training_for_long_needs_no_more_memory(tiny, figure):
    line = "network train --dataset tiny --hidden 2 --epochs 100000"
    process = subprocess.Popen(
        [sys.executable, "-m", *line.split()], stderr=subprocess.PIPE, text=True,
        stdout=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(tiny.root)},
    )  # fmt: skip
    with process:
        sizes = {}
        while WARM_UP + EPOCHS not in sizes:
            told = re.match(r"epoch +(\d+) of", process.stderr.readline())
            assert process.poll() is None
            if told and int(told[1]) in {WARM_UP, WARM_UP + EPOCHS}:
                sizes[int(told[1])] = resident(process)
        process.terminate()
        process.communicate(timeout=PATIENCE)
    grown = (sizes[WARM_UP + EPOCHS] - sizes[WARM_UP]) / MEGABYTE
    figure(GROWTH, most_megabytes=max(0.0, grown), most_epochs=EPOCHS)
    assert grown <= 5


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("command", HELPS)
def test_help_answers_at_once(command, figure, tmp_path_factory):
    compiled = {
        "PYTHONPYCACHEPREFIX": str(tmp_path_factory.getbasetemp() / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",  # as on a user's machine, from the second time on
    }
    seconds, yardsticks = [], []  # of CPUs, which a machine's other work slows, too
    while is_late(seconds, yardsticks) and len(seconds) < TRIES:
        seconds.append(cpu_seconds("-m", *command.split(), "--help", **compiled))
        if is_late(seconds, yardsticks):
            yardsticks.append(cpu_seconds("-c", "import typer", **compiled))
    figure(HELP, most_milliseconds=1000 * min(seconds), helps=1)
    assert not is_late(seconds, yardsticks)


def is_late(seconds, yardsticks):
    allowed = max(CPU_SECONDS, YARDSTICKS * min(yardsticks, default=0))
    return min(seconds, default=math.inf) > allowed


def test_no_help_needs_numpy():
    lines = [f"{command} --help" for command in HELPS]
    done = subprocess.run(
        [sys.executable, "-c", IN_A_ROW, *lines], capture_output=True, text=True, check=True,
        cwd=REPOSITORY,
    )  # fmt: skip
    imported = set(done.stdout.split())
    assert {"pipeline.cli", "network.cli"} <= imported
    assert not {"numpy", "PIL", "requests"} & imported
