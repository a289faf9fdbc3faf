"""R24: a run and a sweep have one writer; whoever comes second is told, and no state is lost."""

import contextlib
import os
import shutil
import signal
import time

import pytest

from network.runs.checkpoints import load_checkpoint
from network.runs.folder import read_saved_history
from network.runs.names import find_run
from network.sweep.find_study import load_study
from tests.reliability import warm_process
from tests.support.pace import PATIENCE
from tests.support.small_digits import NAME, make_small_digits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(os.name != "posix", reason="processes are stopped by signals"),
]
FIGURE = (
    "R24: {second} second writers of a run or a sweep, {untold} not refused in a line that names "
    "the first, {lost} states lost"
)
TRAIN = f"train --dataset {NAME} --hidden 3 --batch-size 5 --epochs"
PLAN = f"""
[sweep]
trials = 400
pruner = "none"
[fixed]
dataset = "{NAME}"
hidden = [3]
epochs = 1
[space]
learning_rate = {{ low = 0.01, high = 1.0 }}
"""


@pytest.fixture
def cache(tmp_path):
    return make_small_digits(tmp_path)


@pytest.fixture
def running(warm_commands):
    """Start a command of the network, and end it if it has not ended."""
    return lambda cache, line, *more: warm_process.running(
        warm_commands, f"network {line}", cache, *more
    )


def ended(process, code):
    """Wait for the end of a process; return the last line that it wrote."""
    _, told = process.communicate(timeout=PATIENCE)
    assert process.returncode == code, told
    assert "Traceback" not in told
    return told.splitlines()[-1]


def wait_for(process, word):
    while word not in (line := process.stderr.readline()):
        assert line, process.poll()


def is_told(line, what, first):
    return f"{what} is in use by process {first.pid} on " in line and f"kill {first.pid}" in line


@pytest.mark.parametrize("again", ["train --resume one", "calibrate one"])
def test_a_second_writer_of_a_run_is_refused(running, cache, again, figure):
    with running(cache, f"{TRAIN} 100000 --name one") as first:
        wait_for(first, "epoch   2")
        for number in (signal.SIGCONT, signal.SIGSTOP):
            first.send_signal(number)
            with running(cache, again) as second:
                told = ended(second, 6)
            figure(FIGURE, second=1, untold=not is_told(told, "run one", first), lost=0)
            assert is_told(told, "run one", first)
        first.send_signal(signal.SIGCONT)
        first.send_signal(signal.SIGINT)
        assert ended(first, 130).endswith(" train --resume one")


def test_a_run_whose_trainer_was_killed_is_free(running, cache):
    with running(cache, f"{TRAIN} 100000 --name one") as first:
        wait_for(first, "epoch   2")
        first.kill()
    with running(cache, "train --resume one") as second:
        wait_for(second, "epoch")
        second.send_signal(signal.SIGTERM)
        ended(second, 143)


def test_a_stopped_training_never_replaces_the_run_that_was_finished_elsewhere(
    running, cache, figure
):
    with running(cache, f"{TRAIN} 300 --name one") as first:
        wait_for(first, "epoch   3")
        first.send_signal(signal.SIGSTOP)
        run = find_run(cache, "one")
        (run.folder / "owner.lock").unlink()  # as on a disk whose locks do nothing
        with running(cache, "train --resume one -q") as second:
            second.communicate(timeout=PATIENCE)
            assert second.returncode == 0
        finished = {path.name: path.read_bytes() for path in run.folder.glob("[!.]*.[jn]*")}
        first.send_signal(signal.SIGCONT)
        told = ended(first, 6)
    left = {name: (run.folder / name).read_bytes() for name in finished}
    is_silent = "run one was changed by another process" not in told
    figure(FIGURE, second=1, untold=is_silent, lost=int(left != finished))
    assert not is_silent
    assert left == finished
    checkpoint = load_checkpoint(run.checkpoint)
    assert len(read_saved_history(run, checkpoint)) == checkpoint.meta["epoch"] == 300


@pytest.mark.parametrize("stop", [None, signal.SIGINT])
def test_a_run_that_is_removed_while_it_is_trained_is_told_in_one_line(running, cache, stop):
    with running(cache, f"{TRAIN} 100000 --name one --film") as first:
        wait_for(first, "epoch   2")
        first.send_signal(signal.SIGSTOP)
        shutil.rmtree(cache.runs() / "one")
        first.send_signal(signal.SIGCONT)
        if stop:
            first.send_signal(stop)
        assert "run one was removed or moved" in ended(first, 6)
    assert list(cache.runs().iterdir()) == []


@pytest.mark.parametrize("again", ["sweep {plan} --name s", "sweep --resume --name s"])
def test_a_second_sweep_of_one_name_is_refused(running, cache, again, tmp_path, figure):
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN)
    with running(cache, f"sweep {plan} --name s --workers 1") as first:
        wait_for(first, "trial")
        for _ in range(2):
            with running(cache, again.format(plan=plan), "--workers", "1") as second:
                told = ended(second, 6)
            figure(FIGURE, second=1, untold=not is_told(told, "sweep s", first), lost=0)
            assert is_told(told, "sweep s", first)
        first.send_signal(signal.SIGINT)
        ended(first, 130)
    counts = load_study(cache, "s").counts()
    assert counts.failed == 0
    assert counts.complete >= 1


def test_of_sweeps_that_start_at_once_one_goes_on(running, cache, tmp_path):
    plan = tmp_path / "plan.toml"
    plan.write_text(PLAN.replace("400", "3"))
    lines = [f"sweep {plan} --name s --workers 1"] * 3
    with contextlib.ExitStack() as stack:
        processes = [stack.enter_context(running(cache, line)) for line in lines]
        told = [process.communicate(timeout=PATIENCE)[1] for process in processes]
    codes = sorted(process.returncode for process in processes)
    assert codes[0] == 0, told
    assert set(codes[1:]) <= {2, 6}, told  # too late, or in use
    assert load_study(cache, "s").counts().complete == 3


def test_runs_that_workers_train_have_one_writer_too(running, cache):
    with running(cache, f"{TRAIN} 100000 --name one") as first:
        wait_for(first, "epoch   2")
        with running(cache, "train --resume one --workers 1") as second:
            assert is_told(ended(second, 6), "run one", first)
        first.terminate()
        ended(first, 143)
    begun = time.monotonic()
    with running(cache, "train --resume one --workers 1") as again:
        wait_for(again, "run one: epoch")
        with running(cache, "train --resume one") as second:
            assert is_told(ended(second, 6), "run one", again)
    assert time.monotonic() - begun < PATIENCE
