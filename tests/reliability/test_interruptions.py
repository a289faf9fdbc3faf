"""R5, R7: trainings killed or stopped at any moment end, taken up again, with the same weights."""

import itertools
import os
import random
import re
import select
import signal
import socket
import subprocess
import sys
import time
from functools import partial

import numpy as np
import pytest

from network.runs.checkpoints import load_checkpoint
from network.runs.replay import hash_params
from network.sweep.find_study import load_study
from pipeline.storage.cache import Cache
from tests.reliability.warm_process import running
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE, ends_soon, slowness_here
from tests.support.processes import process_state
from tests.support.small_digits import NAME, make_small_digits

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
]
R5 = "R5: {kills} trainings killed and taken up, {other} runs ended with other weights"
R7 = "R7: {signals} signals in {commands} commands, {wrong} not obeyed within 2 s by their code"
R7_RUNS = "R7: {runs} trainings stopped by a signal and taken up, {other} ended with other weights"
SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]  # the last of a terminal that closes
EPOCHS = 15  # in less than a second, each with a checkpoint
LONG = f"--epochs {EPOCHS} --batch-size 5"
RECIPES = [
    f"{LONG} --optimizer sgd",
    f"{LONG} --optimizer adam --average 0.9 --schedule one-cycle",
    f"{LONG} --optimizer momentum --augment shift=2,elastic=1 --clip 1 --patience 30",
    f"{LONG} --optimizer rmsprop --loss cross-entropy --layers Flatten,Linear(9),Dropout,ReLU",
    f"{LONG} --optimizer lion --shards 2 --layers Conv2D(2,9),BatchNorm,ReLU,MaxPool2D(5),Flatten",
]


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return make_small_digits(tmp_path_factory.mktemp("interrupted"))


def train(recipe, name):
    return f"network train --dataset {NAME} {recipe} --name {name}"


def weights(cache, name):
    return hash_params(load_checkpoint(cache.runs() / name / "checkpoint.npz"))


def is_begun(cache, name):
    return (cache.runs() / name / "checkpoint.npz").exists()


def train_to_the_end(warm, cache, recipe, name, moments=()):
    """Train to the end, killed at these moments (seconds); return how often that was in time."""
    kills, moments = 0, iter(moments)
    while True:
        again = f"network train --resume {name}"
        line = again if is_begun(cache, name) else train(recipe, name)
        ended = warm.run(
            *line.split(), "--cache-dir", str(cache.root), killed_after=next(moments, None)
        )
        assert "Traceback" not in ended.stderr
        kills += ended.code == -signal.SIGKILL
        if ended.code == 0 or "has ended" in ended.stderr:  # killed after its last checkpoint
            return kills
        assert ended.code == -signal.SIGKILL, ended


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_training_killed_at_random_moments_ends_with_the_same_weights(
    recipe, warm_commands, cache, amount, figure
):
    number = RECIPES.index(recipe)
    rng = np.random.default_rng(number)
    train = partial(train_to_the_end, warm_commands, cache, recipe)
    started = time.monotonic()
    assert train(f"whole-{number}") == 0
    whole = time.monotonic() - started  # as long as a training takes as the machine is now
    wanted, kills, results = amount(10, 200), 0, []
    while kills < wanted:
        name = f"killed-{number}-{len(results)}"
        kills += train(name, rng.uniform(0, whole, wanted - kills).tolist())
        results.append(weights(cache, name) == weights(cache, f"whole-{number}"))
    figure(R5, kills=kills, other=results.count(False))
    assert all(results)


def send(process, number):
    """Send a signal; return whether the process ended within 2 idle seconds, as it asks."""
    return is_obeyed(process, number, ends_soon(process, number, slowness_here()))


def is_obeyed(process, number, ended):
    """Return whether a process ended soon, and as a signal asks.

    A Python that is interrupted while C code runs Python code (an import of NumPy does) ends by
    the signal itself, whatever exit code was asked for: a shell sees 130 in both.
    """
    is_soon, out, err = ended
    is_right = process.returncode in {128 + number, -number}
    return is_soon and is_right and not out and "Traceback" not in err


def halts_in_mid_training(process, history):
    """Halt a training; return whether it still has more than its last epoch to train."""
    process.send_signal(signal.SIGSTOP)
    while (state := process_state(process.pid)) not in {"T", "Z", None}:
        time.sleep(0.001)
    return state == "T" and len(history.read_text().splitlines()) < EPOCHS - 1


@pytest.mark.parametrize("number", SIGNALS)
def test_a_training_stopped_by_a_signal_saves_and_goes_on_to_the_same_weights(
    number, warm_commands, cache, amount, figure
):
    """Trainings that a fast machine has ended before the signal do not count."""
    rng, recipe, results = random.Random(int(number)), RECIPES[2], []
    go_on = partial(train_to_the_end, warm_commands, cache, recipe)
    go_on(f"whole-{number.name}")
    for turn in itertools.count():
        name = f"stopped-{number.name}-{turn}"
        with running(warm_commands, train(recipe, name), cache) as process:
            for _ in range(rng.randint(1, EPOCHS // 2)):
                assert "run" in (line := process.stderr.readline()) or "epoch" in line
            if not halts_in_mid_training(process, cache.runs() / name / "history.jsonl"):
                continue
            process.send_signal(number)
            ended = ends_soon(process, signal.SIGCONT, slowness_here())
        go_on(name)
        is_same = weights(cache, name) == weights(cache, f"whole-{number.name}")
        obeyed = is_obeyed(process, number, ended) and process.returncode == 128 + number
        results.append((obeyed, is_same))
        if len(results) == amount(4, 100):
            break
    wrong, other = (column.count(False) for column in zip(*results, strict=True))
    figure(R7, signals=len(results), commands=1, wrong=wrong)
    figure(R7_RUNS, runs=len(results), other=other)
    assert (wrong, other) == (0, 0)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_test_stopped_by_a_signal_leaves_the_run_as_it_was(
    number, warm_commands, built_cache, amount, figure
):
    layers = "Conv2D(32,9),ReLU,Conv2D(16,9),ReLU,Flatten"  # some seconds for 10,000 images
    name, rng, wrong = f"slow-{number.name}", random.Random(int(number)), 0
    line = f"network init --layers {layers} --name {name}"
    with running(warm_commands, line, built_cache) as process:
        assert process.wait(PATIENCE) == 0
    for _ in range(amount(4, 50)):
        with running(warm_commands, f"network test {name}", built_cache) as process:
            time.sleep(rng.uniform(0, 0.5))
            wrong += not send(process, number)
    figure(R7, signals=amount(4, 50), commands=1, wrong=wrong)
    files = sorted(path.name for path in (built_cache.runs() / name).iterdir())
    assert files == ["checkpoint.npz", "config.json", "history.jsonl"]
    assert wrong == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_download_stopped_by_a_signal_leaves_nothing_behind(
    number, warm_commands, tmp_path, amount, figure
):
    cache, rng, wrong = Cache(tmp_path, "test"), random.Random(int(number)), 0
    os.environ["NO_PROXY"] = "127.0.0.1"
    for _ in range(amount(4, 50)):
        with socket.create_server(("127.0.0.1", 0)) as silent:  # and answers nothing
            address = f"http://127.0.0.1:{silent.getsockname()[1]}/"
            with running(warm_commands, f"pipeline fetch --mirror {address}", cache) as process:
                assert select.select([silent], [], [], PATIENCE)[0]  # somebody calls
                time.sleep(rng.uniform(0, 0.2))
                wrong += not send(process, number)
    figure(R7, signals=amount(4, 50), commands=1, wrong=wrong)
    assert not [path for path in tmp_path.rglob("*") if re.search(r"ubyte|part", path.name)]
    assert wrong == 0


@pytest.mark.parametrize("number", SIGNALS)
def test_a_sweep_stopped_by_a_signal_loses_no_trial(
    number, warm_commands, cache, tmp_path, amount, figure
):
    name, rng, wrong = f"stopped-{number.name}", random.Random(int(number)), 0
    plan = tmp_path / f"{name}.toml"
    plan.write_text(
        f"sweep = {{ trials = 100000 }}\nfixed = {{ dataset = '{NAME}', hidden = [3] }}\n"
        "space = { learning_rate = { low = 0.1, high = 10 } }\n"
    )
    finished = 0
    for turn in range(amount(2, 50)):
        what = f"--resume --name {name}" if turn else str(plan)
        with running(warm_commands, f"network sweep {what} --workers 2", cache) as process:
            assert "trials" in process.stderr.readline()
            time.sleep(rng.uniform(0, 1))
            wrong += not send(process, number)
        counts = load_study(cache, name).counts()
        assert counts.finished >= finished
        assert counts.failed == 0
        finished = counts.finished
    figure(R7, signals=turn + 1, commands=1, wrong=wrong)
    assert wrong == 0


@pytest.mark.parametrize("delay", [0, 0.2, 0.4])
def test_ctrl_c_meets_workers_that_are_starting_without_a_traceback(delay, cache):
    """A terminal sends Ctrl-C to every process of a program."""
    line = train("--epochs 100000 --seeds 3 --workers 2", f"many-{delay}")
    process = subprocess.Popen(
        [sys.executable, "-m", *line.split()],
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root)},
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True,
    )  # fmt: skip
    with process:
        assert "runs to train" in process.stderr.readline()
        time.sleep(delay)
        os.killpg(process.pid, signal.SIGINT)
        assert "Traceback" not in process.communicate(timeout=PATIENCE)[1]
    assert process.returncode == 130


def test_a_training_under_nohup_goes_on_when_its_terminal_closes(cache):
    words = train("--hidden 3 --epochs 100000", "nohup").split()[1:]
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root)}
    process = subprocess.Popen(
        ["nohup", sys.executable, "-m", "network", *words],
        env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    with process:
        while "epoch   2" not in process.stderr.readline():
            assert process.poll() is None
        process.send_signal(signal.SIGHUP)
        while "epoch   9" not in process.stderr.readline():
            assert process.poll() is None
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
