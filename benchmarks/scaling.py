"""Measure the trials per second of a sweep, with local and simulated workers.

    python benchmarks/scaling.py                      # some ten minutes
    python benchmarks/scaling.py --patience 10        # quicker

A simulated worker receives a job, waits for a known time and returns a result as large as a real
one. The parent process is real: Optuna suggests values, SQLite stores them, and checkpoints go to
the disk. So this measures the limit of the parent, independent of the workers' machines.
"""

import argparse
import heapq
import itertools
import math
import os
import tempfile
import threading
import time
from concurrent.futures import Future
from pathlib import Path
from typing import Any

from network.sweep.find_study import create_study
from network.sweep.plan import build_plan
from network.sweep.search import Sweep
from network.sweep.study import Study
from network.sweep.workers.job import JobResult, TrainingJob
from network.sweep.workers.local import local_workers
from network.sweep.workers.workers import Workers
from network.training.initial_state import TrainingData, find_training_data
from network.training.state import EpochDone
from pipeline.storage.cache import Cache, find_cache

SPACE = {
    "learning_rate": {"low": 0.5, "high": 20, "log": True},
    "weight_decay": {"low": 1e-6, "high": 1e-3, "log": True},
    "gain": {"low": 0.01, "high": 100, "log": True},
    "batch_size": {"choices": [8, 16, 32, 64]},
}
CHECKPOINT = os.urandom(190_000)  # bytes, those of 784-30-10 with its optimizer
NOWHERE = TrainingData("", "", 10)


class SimulatedWorkers:
    """Workers that take a known time and compute nothing."""

    options = ""

    def __init__(self, count: int, seconds: float) -> None:
        self.count, self.seconds = count, seconds
        self.due: list[tuple[float, int, Future[JobResult], TrainingJob]] = []
        self.numbers, self.changed = itertools.count(), threading.Condition()
        threading.Thread(target=self.deliver, daemon=True).start()

    def submit(self, order: TrainingJob) -> Future[JobResult]:
        future: Future[JobResult] = Future()
        share = order.until / order.configuration["epochs"]
        with self.changed:
            due = time.monotonic() + self.seconds * share
            heapq.heappush(self.due, (due, next(self.numbers), future, order))
            self.changed.notify()
        return future

    def check(self) -> None:
        pass

    def deliver(self) -> None:
        """Set each result when its time is up."""
        while True:
            with self.changed:
                while not self.due or self.due[0][0] > time.monotonic():
                    left = self.due[0][0] - time.monotonic() if self.due else None
                    self.changed.wait(left)
                _, number, future, order = heapq.heappop(self.due)
            accuracy = 0.9 + (number * 7919 % 1000) / 20_000
            epoch = EpochDone(1, 1, 1.0, 1.0, accuracy, 1.0, 1.0)
            history = tuple(epoch._replace(epoch=n + 1) for n in range(order.until))
            future.set_result(JobResult(history, CHECKPOINT))


def search(
    study: Study, workers: Workers, data: TrainingData, trials: int, patience: float = math.inf
) -> tuple[int, float]:
    """Search for at most `patience` seconds; return ended trials and seconds."""
    started, ended = time.perf_counter(), 0
    for trial in Sweep(study, workers, data).run(trials):
        ended += trial is not None
        if time.perf_counter() - started > patience:
            break
    return ended, time.perf_counter() - started


def make_study(cache: Cache, name: str, sampler: str, pruner: str, **fixed: Any) -> Study:
    """Create the study of a plan with four hyperparameters."""
    options = {"sampler": sampler, "pruner": pruner}
    return create_study(cache, name, build_plan({"sweep": options, "fixed": fixed, "space": SPACE}))


def measure_here(cache: Cache) -> None:
    """Time real trials in one and two processes, and the overhead of a trial."""
    data = find_training_data(find_cache(), "mnist")
    print("trials of 784-30-10, 10 epochs of 54,000 images, in local processes")
    for count in (1, 2):
        with local_workers(count, 600) as workers:
            search(make_study(cache, f"warm-{count}", "random", "none", epochs=1), workers, data, 2)
            study = make_study(cache, f"here-{count}", "tpe", "none", epochs=10)
            ended, seconds = search(study, workers, data, 20)
        print(f"  {count} workers: {ended / seconds * 60:6.1f} trials per minute")
    with local_workers(1, 600) as workers:
        few: dict[str, Any] = {"epochs": 1, "limit": 100}
        search(make_study(cache, "warm", "random", "none", **few), workers, data, 2)
        _, seconds = search(make_study(cache, "empty", "tpe", "none", **few), workers, data, 100)
    print(f"  {seconds / 100 * 1000:6.1f} ms per trial with almost no training")


def simulate(cache: Cache, trials: int, count: int, seconds: float, patience: float) -> None:
    """Search with simulated workers, for several samplers and pruners."""
    print(f"{trials:,} trials of {seconds:g} s on {count:,} simulated workers")
    print("  sampler  pruner    ended  trials/s  share of the workers' capacity")
    for sampler, pruner in (("random", "none"), ("random", "halving"), ("tpe", "none")):
        study = make_study(cache, f"{sampler}-{pruner}-{count}", sampler, pruner, epochs=27)
        workers = SimulatedWorkers(count, seconds)
        ended, took = search(study, workers, NOWHERE, trials, patience)
        pace = ended / max(took - seconds, seconds)  # nothing can end in the first seconds
        share = pace * seconds / count
        print(
            f"  {sampler:<8} {pruner:<8} {ended:6,} {pace:9.1f}  {100 * share:7.0f} %", flush=True
        )


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0] if __doc__ else "")
    parser.add_argument("--seconds", type=float, default=10.0, help="duration of a simulated trial")
    parser.add_argument("--patience", type=float, default=60.0, help="seconds per line")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        cache = Cache(Path(folder), "benchmark")
        measure_here(cache)
        for count in (10, 100, 1000):
            simulate(cache, 10 * count, count, chosen.seconds, chosen.patience)


if __name__ == "__main__":
    main()
