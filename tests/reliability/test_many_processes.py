"""R8: many processes that begin with the same empty cache all end with the right files."""

import multiprocessing
import os
import shutil
import threading

import numpy as np
import pytest

from pipeline.build import build_pickles
from pipeline.download.fetch import fetch_dataset
from pipeline.pickles.manifest import read_split
from pipeline.progress import SilentReporter
from pipeline.storage import locks
from pipeline.storage.cache import Cache
from pipeline.verify import verify_dataset
from tests.support.mirror_server import Server
from tests.support.pace import PATIENCE
from tests.support.tiny_dataset import make_dataset

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="processes are forked")
FORK = multiprocessing.get_context("fork") if hasattr(os, "fork") else None

WITH_LOCK = (
    "R8: {rounds} rounds of {most_processes} processes on an empty cache, {wrong} processes went "
    "wrong, {downloads} downloads of {needed} files"
)
WITHOUT_LOCK = (
    "R8: {rounds} rounds of {most_processes} processes without the lock, {wrong} processes went "
    "wrong"
)


@pytest.fixture(scope="module")
def mirror():
    dataset, files = make_dataset(labels=tuple(range(10)) * 30)
    os.environ["NO_PROXY"] = "127.0.0.1"
    with Server(files) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield server, dataset
        server.shutdown()


def fetch_build_and_read(cache, dataset, address, barrier):
    """Do what a user does, all at the same moment, and look at what was made."""
    barrier.wait(PATIENCE)
    fetch_dataset(cache, dataset, (address,))
    build_pickles(cache, dataset)
    for split in dataset.splits:
        pixels, labels = read_split(cache, dataset, split)
        assert pixels.shape == (300, 28, 28)
        assert np.array_equal(labels, np.arange(300) % 10)


def run_together(count, work, *arguments):
    """Run the same work in many processes at once; return how many of them failed."""
    barrier = FORK.Barrier(count)
    processes = [FORK.Process(target=work, args=(*arguments, barrier)) for _ in range(count)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(PATIENCE)
    return sum(process.exitcode != 0 for process in processes)


def check_cache(cache, dataset):
    """All is there, intact, and nothing else is."""
    assert {finding.status for finding in verify_dataset(cache, dataset)} == {"intact"}
    assert not [*cache.root.rglob("*.part")]


@pytest.mark.slow
@pytest.mark.parametrize("lock", ["lock", "no lock"])
def test_all_end_with_the_right_files(lock, mirror, tmp_path, monkeypatch, amount, figure):
    server, dataset = mirror
    if lock == "no lock":
        monkeypatch.setattr(locks, "acquire", lambda *_: None)
    processes, rounds, wrong = amount(16, 32), amount(10, 200), 0
    server.asked.clear()
    for number in range(rounds):
        cache = Cache(tmp_path / str(number), "test")
        wrong += run_together(
            processes, fetch_build_and_read, cache, dataset, server.mirror("good")
        )
        check_cache(cache, dataset)
        shutil.rmtree(cache.root)
    counts = {"rounds": rounds, "most_processes": processes, "wrong": wrong}
    assert wrong == 0
    if lock == "lock":
        needed = rounds * len(dataset.files)
        assert server.count("good") == needed
        figure(WITH_LOCK, **counts, downloads=server.count("good"), needed=needed)
    else:
        figure(WITHOUT_LOCK, **counts)


class Listener(SilentReporter):
    def __init__(self):
        self.notes = []

    def note(self, text):
        self.notes.append(text)


def hold(cache, path):
    with locks.work_lock(cache, "build-tiny"):
        path.touch()
        threading.Event().wait(PATIENCE)


@pytest.fixture
def holder(tmp_path):
    """A process that holds the lock of a build and never lets go of it."""
    cache, sign = Cache(tmp_path / "cache", "test"), tmp_path / "held"
    process = FORK.Process(target=hold, args=(cache, sign))
    process.start()
    while not sign.exists():
        assert process.is_alive()
    yield cache, process
    process.kill()
    process.join()


def test_who_waits_for_another_process_says_so_and_goes_on_when_it_dies(holder):
    cache, process = holder
    listener = Listener()
    threading.Timer(0.3, process.kill).start()
    with locks.work_lock(cache, "build-tiny", listener):
        assert not process.is_alive()
    assert listener.notes == ["another process is working on build-tiny; waiting for it"]


def test_nobody_waits_for_ever(holder, monkeypatch):
    monkeypatch.setattr(locks, "PATIENCE", 0.2)
    cache, process = holder
    with locks.work_lock(cache, "build-tiny"):
        assert process.is_alive()  # the work is done all the same


def test_a_planted_link_in_the_place_of_a_lock_harms_nobody(tmp_path):
    victim, cache = tmp_path / "victim", Cache(tmp_path / "cache", "test")
    victim.write_bytes(b"precious")
    cache.lock("build-tiny").parent.mkdir(parents=True)
    cache.lock("build-tiny").symlink_to(victim)
    with locks.work_lock(cache, "build-tiny"):
        pass
    assert victim.read_bytes() == b"precious"


def test_work_is_done_where_no_lock_can_be(tmp_path):
    (tmp_path / "locks").write_bytes(b"no folder")
    with locks.work_lock(Cache(tmp_path, "test"), "build-tiny"):
        assert locks.acquire(Cache(tmp_path, "test"), "build-tiny", SilentReporter()) is None
