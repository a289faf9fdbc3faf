"""R2: kill -9 at every system call on the cache: nothing wrong is accepted, the next run heals."""

import random
import shutil
import subprocess
import sys
from time import perf_counter

import pytest

from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist_sample import MNIST_SAMPLE
from pipeline.download.fetch import fetch_dataset
from pipeline.storage.cache import Cache
from tests.reliability.judgement import Known, artefacts, is_healed, right_content, wrong_files
from tests.reliability.scenarios import COMMANDS, POSIX, every_kind
from tests.reliability.strace import (
    NEEDS_STRACE,
    WRITING,
    calls_on,
    choose,
    inject,
    spread,
    was_hit,
    watch,
)
from tests.support.checkout import REPOSITORY

pytestmark = pytest.mark.slow

FIGURE = (
    "R2: {points} kill points, {wrong} wrong files accepted, {unhealed} not healed by the next run"
)
KILLED = -9

# With real images, each as a process that starts from nothing; what they start from.
REAL_COMMANDS = {
    "pipeline fetch mnist-sample --quiet": (),
    "pipeline build-pickles mnist-sample --quiet": ("raw",),
    "network train --dataset mnist-sample --hidden 2 --epochs 1 --quiet": ("pickles",),
}


class Judge:
    """Looks at a cache after each kill, and again after the next run of the same command."""

    def __init__(self, figure):
        self.figure = figure
        self.points, self.wrong, self.unhealed = 0, [], []

    def look(self, cache, known, where, next_run):
        self.points += 1
        self.wrong += [(where, item) for item in wrong_files(cache, known)]
        healing = next_run()
        if not is_healed(cache, known, healing.code):
            self.unhealed.append((where, healing))

    def decide(self):
        wrong, unhealed = len(self.wrong), len(self.unhealed)
        self.figure(FIGURE, points=self.points, wrong=wrong, unhealed=unhealed)
        assert not self.wrong
        assert not self.unhealed


@pytest.fixture
def judge(figure):
    return Judge(figure)


@NEEDS_STRACE
@pytest.mark.timeout(7200)
@every_kind(COMMANDS)
def test_a_command_killed_at_any_call_leaves_nothing_wrong_and_the_next_heals(
    name, workshop, amount, judge
):
    calls, known = workshop.watch(name)
    chosen = calls if name == "publish" else choose(calls, amount(15, len(calls)))
    others = [call for call in calls if call not in chosen]
    # With threads some calls hide behind others, more of them on a busy machine: then others do.
    for number, call in enumerate([*chosen, *random.Random(name).sample(others, len(others))]):
        if number >= len(chosen) and judge.points > 0.5 * len(chosen):
            break
        ended = workshop.disturb(name, call, "signal=KILL")
        if ended is not None:
            assert ended.code == KILLED
            judge.look(workshop.cache, known, call.line, lambda: workshop.run(name))
    judge.decide()
    assert judge.points > 0.5 * len(chosen)


@POSIX
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("name", ["fetch", "fetch by http", "build-pickles again", "train"])
def test_a_command_killed_at_any_moment_leaves_nothing_wrong_and_the_next_heals(
    name, workshop, amount, judge
):
    known, started = workshop.rehearse(name), perf_counter()
    workshop.reset(name)
    workshop.run(name)
    seconds, moments = perf_counter() - started, random.Random(name)
    for _ in range(amount(5, 200)):
        workshop.reset(name)
        workshop.run(name, killed_after=moments.uniform(0, seconds))
        judge.look(workshop.cache, known, "a random moment", lambda: workshop.run(name))
    judge.decide()


@pytest.fixture(scope="module")
def sample_cache(tmp_path_factory):
    """A cache with real images: raw files and pickles."""
    cache = Cache(tmp_path_factory.mktemp("sample"), "test")
    fetch_dataset(cache, MNIST_SAMPLE)
    build_pickles(cache, MNIST_SAMPLE)
    return cache


@NEEDS_STRACE
@pytest.mark.timeout(7200)
@pytest.mark.parametrize("line", REAL_COMMANDS)
def test_a_real_command_killed_at_any_call_leaves_nothing_wrong_and_the_next_heals(
    line, workshop, sample_cache, tmp_path, amount, judge
):
    cache, logs = Cache(tmp_path / "cache", "test"), tmp_path / "logs"
    arguments = [*line.split(), "--cache-dir", str(cache.root)]

    def run(strace):
        shutil.rmtree(cache.root, ignore_errors=True)
        for part in REAL_COMMANDS[line]:
            shutil.copytree(sample_cache.root / part, cache.root / part)
        before = artefacts(cache)
        command = [*strace, sys.executable, "-m", *arguments]
        subprocess.run(command, cwd=REPOSITORY, capture_output=True, check=False)
        return before

    before = run(watch(logs))
    known = Known(MNIST_SAMPLE, before, artefacts(cache), right_content(sample_cache, MNIST_SAMPLE))
    calls = [call for call in calls_on(cache.root, logs) if call.name in WRITING]
    chosen = spread(calls, amount(1, len(calls)))
    for call in chosen:
        run(inject(logs, call, "signal=KILL"))
        if was_hit(cache.root, logs, call):
            judge.look(cache, known, call.line, lambda: workshop.warm.run(*arguments))
    judge.decide()
    assert judge.points
