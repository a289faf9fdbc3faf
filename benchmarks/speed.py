"""Time this project beside what a user would install instead, in one run, on the same data.

    pip install -c constraints.txt -e . torch scikit-learn
    python benchmarks/speed.py                # about five minutes
    python benchmarks/speed.py --repeats 3    # quicker, wider spread

Training is an epoch of 784-30-10 with sigmoids, plain SGD and squared error (scikit-learn has no
squared error for classes: its log-loss stands in, with the same matrix products), float32, at
batch sizes 10 and 128, on all 60,000 training images. Each library runs its own usual loop: ours
the generator that `network train` iterates, on as many cores as it chooses; PyTorch's eager
tensors with torch.optim.SGD, with one thread and with as many as there are cores;
scikit-learn's MLPClassifier.partial_fit. They take turns, so a busy machine slows them alike;
the ratio is the median of the ratios within a turn, with the smallest and the largest beside it.
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

from network.data import Examples, load_examples
from network.environment import suitable_threads
from network.losses import SquaredError
from network.model import fully_connected
from network.optimizers import SGD
from network.recipe import Recipe
from network.schedules import constant
from network.training import train
from network.training_state import TrainingState
from pipeline.build import build_pickles
from pipeline.cache import Cache, find_cache, write_chunks
from pipeline.catalogue.mnist import MNIST
from pipeline.manifest import read_split
from pipeline.pickles import pickle_chunks, read_pickle
from pipeline.records import IMAGE_SHAPE

LEARNING_RATE = 0.5
EPOCHS_A_TURN = 3  # after a wait the first one finds cold caches


def ours(examples: Examples, batch_size: int) -> Callable[[], None]:
    """Prepare one epoch of this project."""
    model = fully_connected((30,), 10, "sigmoid", "uniform", SquaredError)
    recipe = Recipe(
        model, SquaredError(), SGD(), constant, LEARNING_RATE, batch_size, epochs=1, seed=0
    )
    params = model.init(np.random.default_rng(0), IMAGE_SHAPE)
    nothing = examples.take(slice(0))

    def epoch() -> None:
        with suitable_threads(params, batch_size):
            for _ in train(recipe, TrainingState(params, {}), examples, nothing):
                pass

    return epoch


def pytorch(examples: Examples, batch_size: int, threads: int) -> Callable[[], None]:
    """Prepare one epoch of PyTorch on the CPU, eager, with so many threads."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    images = torch.from_numpy(examples.images.reshape(-1, 784))
    one_hot = nn.functional.one_hot(torch.from_numpy(examples.labels), 10).float()
    model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def epoch() -> None:
        torch.set_num_threads(threads)
        order = torch.randperm(len(images))
        for start in range(0, len(images), batch_size):
            batch = order[start : start + batch_size]
            optimizer.zero_grad()
            loss = 0.5 * ((model(images[batch]) - one_hot[batch]) ** 2).sum(dim=1).mean()
            loss.backward()
            optimizer.step()

    return epoch


def scikit_learn(examples: Examples, batch_size: int) -> Callable[[], None]:
    """Prepare one epoch of scikit-learn's MLPClassifier."""
    from sklearn.neural_network import MLPClassifier

    images = examples.images.reshape(-1, 784)
    model = MLPClassifier(
        (30,), activation="logistic", solver="sgd", batch_size=batch_size, momentum=0,
        learning_rate_init=LEARNING_RATE, alpha=0, random_state=0,
    )  # fmt: skip
    model.partial_fit(images[:batch_size], examples.labels[:batch_size], classes=np.arange(10))
    return lambda: model.partial_fit(images, examples.labels)


LIBRARIES: dict[str, Callable[[Examples, int], Callable[[], object]]] = {
    "ours": ours,
    "PyTorch, one thread": partial(pytorch, threads=1),
    "PyTorch, all threads": partial(pytorch, threads=os.cpu_count() or 1),
    "scikit-learn": scikit_learn,
}


@cache
def prepare(library: str, batch_size: int) -> Callable[[], object]:
    """Prepare an epoch in the process that this runs in."""
    return LIBRARIES[library](load_examples(find_cache(), MNIST, "train"), batch_size)


def time_epoch(library: str, batch_size: int) -> float | None:
    """Return the mean seconds of a few epochs; None when the library is not installed."""
    try:
        epoch = prepare(library, batch_size)
    except ImportError:
        return None
    return statistics.mean(seconds_of(epoch) for _ in range(EPOCHS_A_TURN))


def seconds_of(task: Callable[[], object]) -> float:
    """Time a task once."""
    started = time.perf_counter()
    task()
    return time.perf_counter() - started


def time_epoch_in(process: ProcessPoolExecutor, library: str, batch_size: int) -> float | None:
    """Time one epoch in the process of a library."""
    return process.submit(time_epoch, library, batch_size).result()


def take_turns(
    timers: Mapping[str, Callable[[], float | None]], repeats: int
) -> dict[str, list[float]]:
    """Let every timer time once a turn; the first turn, which warms up, does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in timers}
    for turn in range(repeats + 1):
        for name, timer in timers.items():
            if (time_taken := timer()) is not None and turn:
                seconds[name].append(time_taken)
    return {name: times for name, times in seconds.items() if times}


def print_table(title: str, seconds: dict[str, list[float]]) -> None:
    """Print the median time of each task, and how many times the first one's it takes."""
    print(f"\n{title}\n{'':26}{'median s':>10}{'min':>9}{'max':>9}   times ours (min-max)")
    first = next(iter(seconds.values()))
    for name, times in seconds.items():
        ratios = [time / own for time, own in zip(times, first, strict=True)]
        print(
            f"{name:26}{statistics.median(times):10.3f}{min(times):9.3f}{max(times):9.3f}"
            f"   {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
        )


def time_training(repeats: int) -> None:
    """Print an epoch of each library that is installed, at each batch size.

    Each has a process of its own, which waits while the others have their turn: the threads of
    one would otherwise be in the way of the next.
    """
    spawn = multiprocessing.get_context("spawn")
    with ExitStack() as stack:
        processes = {
            library: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn))
            for library in LIBRARIES
        }
        for batch_size in (10, 128):
            timers = {
                library: partial(time_epoch_in, process, library, batch_size)
                for library, process in processes.items()
            }
            title = f"An epoch of 784-30-10 on 60,000 images, batch size {batch_size}"
            print_table(title, take_turns(timers, repeats))


def time_pickles(folder: Cache, repeats: int) -> None:
    """Print writing and reading the training pickle beside the standard way."""
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
            "ours": partial(seconds_of, write_ours),
            "ours, with its hash": partial(seconds_of, write_and_hash),
            "tolist, pickle.dump": partial(seconds_of, write_standard),
        }
        print_table("Writing the training pickle", take_turns(timers, repeats))

    def read_standard() -> None:
        with train_pickle.open("rb") as file:
            images, digits = pickle.load(file)
        np.array(images, np.uint8), np.array(digits)

    timers = {
        "ours, with its hash": partial(seconds_of, partial(read_pickle, train_pickle)),
        "pickle.load, np.array": partial(seconds_of, read_standard),
    }
    print_table("Reading the training pickle", take_turns(timers, repeats))


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="turns that count (default 7)")
    parser.add_argument("--only", choices=("training", "pickles"), help="a part of it")
    options = parser.parse_args()
    repeats = options.repeats
    folder = find_cache()
    build_pickles(folder, MNIST)
    print(f"NumPy {np.__version__}, {os.cpu_count()} cores")
    if options.only != "pickles":
        time_training(repeats)
    if options.only != "training":
        time_pickles(folder, repeats)


if __name__ == "__main__":
    main()
