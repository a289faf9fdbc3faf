"""Time this project and other libraries in one run, on the same data.

    pip install -c constraints.txt -e . torch scikit-learn jax
    python benchmarks/speed.py                # about ten minutes
    python benchmarks/speed.py --repeats 3    # quicker, wider spread
    python benchmarks/speed.py --only 512     # tables with this word in the title

Every library does the same arithmetic in float32 in its usual way (speed_libraries.py), on as many
cores as it chooses. They take turns, so a busy machine slows them equally. "Times ours" is the
median of the ratios within a turn, with the smallest and the largest. "First" is the first run,
including compilation. "numpy.matmul alone" computes only the same matrix products: no NumPy code
can be faster. The last column divides the operations of these products by the whole time.
"""

import argparse
import multiprocessing
import os
import pickle
import statistics
import tempfile
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from functools import cache, partial
from pathlib import Path

import numpy as np
from speed_libraries import LIBRARIES, CannotDoError, Task, Work

from network.core.data import Examples, load_examples
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.pickles.manifest import read_split
from pipeline.pickles.our_format import pickle_chunks, read_pickle
from pipeline.storage.cache import Cache, find_cache, write_chunks

RUNS_A_TURN = 3  # after a wait the first one finds cold caches

TASKS = [
    *(
        Task(f"An epoch of 784-30-10, batch size {size}", 30, batch_size=size)
        for size in (10, 32, 128)
    ),
    Task("An epoch of 784-512-10, batch size 128", 512, "relu", "cross-entropy", batch_size=128),
    Task("10,000 test images through 784-30-10", 30),
    Task("10,000 test images through 784-512-10", 512, "relu", "cross-entropy"),
]

Timer = Callable[[], list[float] | str]  # the seconds of a few runs, or the reason for having none


@cache
def load(task: Task) -> Examples:
    """Load the images of a task: all training images, or all test images."""
    return load_examples(find_cache(), MNIST, "test" if task.batch_size is None else "train")


@cache
def prepare(library: str, task: Task) -> Work:
    """Prepare a task in the current process."""
    return LIBRARIES[library](task, load(task))


def time_task(library: str, task: Task) -> list[float] | str:
    """Time a task a few times."""
    try:
        work = prepare(library, task)
        return [seconds_of(work) for _ in range(RUNS_A_TURN)]
    except ImportError:
        return "not installed"
    except CannotDoError as error:
        return str(error)


def seconds_of(work: Work) -> float:
    """Time a task once."""
    started = time.perf_counter()
    work()
    return time.perf_counter() - started


def time_in(process: ProcessPoolExecutor, library: str, task: Task) -> list[float] | str:
    """Time a task in the process of a library."""
    return process.submit(time_task, library, task).result()


def take_turns(
    timers: Mapping[str, Timer], repeats: int
) -> tuple[dict[str, list[list[float]]], dict[str, str]]:
    """Run every timer once per turn.

    Returns: for each name its turns, the first of which is the warm-up; and reasons for the others.
    """
    turns: dict[str, list[list[float]]] = {name: [] for name in timers}
    reasons = {}
    for _ in range(repeats + 1):
        for name, timer in timers.items():
            if isinstance(found := timer(), str):
                reasons[name] = found
            else:
                turns[name].append(found)
    return {name: own for name, own in turns.items() if own}, reasons


def print_table(title: str, timers: Mapping[str, Timer], repeats: int, flops: int = 0) -> None:
    """Take turns, and print the median times and their ratios to the first timer."""
    turns, reasons = take_turns(timers, repeats)
    print(
        f"\n{title}\n{'':22}{'median s':>9}{'min':>9}{'max':>9}{'first':>9}   times ours (min-max)"
    )
    seconds = {name: [statistics.mean(turn) for turn in own[1:]] for name, own in turns.items()}
    ours = next(iter(seconds.values()))
    for name, times in seconds.items():
        ratios = [time / own for time, own in zip(times, ours, strict=True)]
        median = statistics.median(times)
        print(
            f"{name:22}{median:9.4f}{min(times):9.4f}{max(times):9.4f}{turns[name][0][0]:9.3f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
            + (f"   {flops / median / 1e9:.0f} GFLOP/s" if flops else "")
        )
    for name, reason in reasons.items():
        print(f"{name:22} {reason}", flush=True)


def time_libraries(tasks: list[Task], repeats: int) -> None:
    """Print a table for every task, with each library that is installed.

    Each has a separate process that waits while the others have their turn, so that its threads
    do not slow the next one.
    """
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        processes = {
            library: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn))
            for library in LIBRARIES
        }
        for task in tasks:
            timers = {
                library: partial(time_in, process, library, task)
                for library, process in processes.items()
            }
            print_table(task.title, timers, repeats, task.count_flops(len(load(task))))


def once(work: Work) -> list[float]:
    """Time one run: for work that takes long enough."""
    return [seconds_of(work)]


def time_pickles(folder: Cache, repeats: int) -> None:
    """Print the times of writing and reading the training pickle."""
    pixels, labels = read_split(folder, MNIST, "train")
    train_pickle = folder.pickle("mnist", "train")
    with tempfile.TemporaryDirectory() as temporary:
        target = Path(temporary) / "target.pickle"

        def write_ours() -> None:
            with target.open("wb") as file:
                file.writelines(pickle_chunks([pixels], [labels]))

        def write_and_hash() -> None:
            with target.open("wb") as file:
                write_chunks(file.write, pickle_chunks([pixels], [labels]))

        def write_standard() -> None:
            with target.open("wb") as file:
                pickle.dump([pixels.tolist(), labels.tolist()], file)

        timers = {
            "ours": partial(once, write_ours),
            "ours, with its hash": partial(once, write_and_hash),
            "tolist, pickle.dump": partial(once, write_standard),
        }
        print_table("Writing the training pickle", timers, repeats)

    def read_standard() -> None:
        with train_pickle.open("rb") as file:
            images, digits = pickle.load(file)
        np.array(images, np.uint8), np.array(digits)

    timers = {
        "ours, with its hash": partial(once, partial(read_pickle, train_pickle)),
        "pickle.load, np.array": partial(once, read_standard),
    }
    print_table("Reading the training pickle", timers, repeats)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="turns that count (default 7)")
    parser.add_argument("--only", default="", help='tables with this in their title, or "pickle"')
    options = parser.parse_args()
    folder = find_cache()
    build_pickles(folder, MNIST)
    print(f"NumPy {np.__version__}, {os.cpu_count()} cores")
    time_libraries([task for task in TASKS if options.only in task.title], options.repeats)
    if options.only in "pickle":
        time_pickles(folder, options.repeats)


if __name__ == "__main__":
    main()
