"""Time this project beside what a user would install instead, in one run, on the same data.

    pip install -c constraints.txt -e . torch scikit-learn
    python benchmarks/speed.py                # about two minutes
    python benchmarks/speed.py --repeats 3    # quicker, wider spread

Training is an epoch of 784-30-10 with sigmoids, plain SGD and squared error (scikit-learn has no
squared error for classes: its log-loss stands in, with the same matrix products), float32, at
batch sizes 10 and 128, on all 60,000 training images. Each library runs its own usual loop: ours
the generator that `network train` iterates, PyTorch's eager tensors with torch.optim.SGD,
scikit-learn's MLPClassifier.partial_fit. They take turns, so a busy machine slows them alike;
the ratio is the median of the ratios within a turn, with the smallest and the largest beside it.
"""

import argparse
import os
import pickle
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from network.data import Examples, load_examples
from network.losses import SquaredError
from network.model import fully_connected
from network.optimizers import SGD
from network.schedules import constant
from network.training import train
from pipeline.build import build_pickles
from pipeline.cache import Cache, find_cache, write_chunks
from pipeline.datasets import IMAGE_SHAPE, MNIST
from pipeline.manifest import read_split
from pipeline.pickles import pickle_chunks, read_pickle

LEARNING_RATE = 0.5


def ours(examples: Examples, batch_size: int) -> Callable[[], None]:
    """Prepare one epoch of this project."""
    model, loss, optimizer = (
        fully_connected((30,), 10, "sigmoid", "uniform", SquaredError),
        SquaredError(),
        SGD(),
    )
    params = model.init(np.random.default_rng(0), IMAGE_SHAPE)
    nothing = examples.take(slice(0))

    def epoch() -> None:
        for _ in train(
            model, loss, optimizer, constant, params, {}, examples, nothing,
            learning_rate=LEARNING_RATE, batch_size=batch_size, epochs=1, seed=0,
        ):  # fmt: skip
            pass

    return epoch


def pytorch(examples: Examples, batch_size: int) -> Callable[[], None]:
    """Prepare one epoch of PyTorch on the CPU, eager."""
    import torch
    from torch import nn

    torch.manual_seed(0)
    images = torch.from_numpy(examples.images.reshape(-1, 784))
    one_hot = nn.functional.one_hot(torch.from_numpy(examples.labels), 10).float()
    model = nn.Sequential(nn.Linear(784, 30), nn.Sigmoid(), nn.Linear(30, 10), nn.Sigmoid())
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def epoch() -> None:
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


def take_turns(tasks: dict[str, Callable[[], object]], repeats: int) -> dict[str, list[float]]:
    """Time every task once a turn; the first turn, which warms up, does not count."""
    seconds: dict[str, list[float]] = {name: [] for name in tasks}
    for turn in range(repeats + 1):
        for name, task in tasks.items():
            started = time.perf_counter()
            task()
            if turn:
                seconds[name].append(time.perf_counter() - started)
    return seconds


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


def time_training(examples: Examples, repeats: int) -> None:
    """Print an epoch of each library that is installed, at each batch size."""
    for batch_size in (10, 128):
        tasks = {"ours": ours(examples, batch_size)}
        for name, prepare in (("PyTorch, eager", pytorch), ("scikit-learn", scikit_learn)):
            try:
                tasks[name] = prepare(examples, batch_size)
            except ImportError:
                print(f"{name} is not installed and is left out")
        title = f"An epoch of 784-30-10 on {len(examples):,} images, batch size {batch_size}"
        print_table(title, take_turns(tasks, repeats))


def time_pickles(cache: Cache, repeats: int) -> None:
    """Print writing and reading the training pickle beside the standard way."""
    pixels, labels = read_split(cache, MNIST, "train")
    train_pickle = cache.pickle("mnist", "train")
    with tempfile.TemporaryDirectory() as folder:
        target = Path(folder) / "target.pickle"

        def write_ours() -> None:
            with target.open("wb") as file:
                write_chunks(file.write, pickle_chunks([pixels], labels))

        def write_standard() -> None:
            with target.open("wb") as file:
                pickle.dump([pixels.tolist(), labels.tolist()], file)

        tasks = {"ours, with its hash": write_ours, "tolist, pickle.dump": write_standard}
        print_table("Writing the training pickle", take_turns(tasks, repeats))

    def read_standard() -> None:
        with train_pickle.open("rb") as file:
            images, digits = pickle.load(file)
        np.array(images, np.uint8), np.array(digits)

    tasks = {
        "ours, with its hash": lambda: read_pickle(train_pickle),
        "pickle.load, np.array": read_standard,
    }
    print_table("Reading the training pickle", take_turns(tasks, repeats))


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--repeats", type=int, default=7, help="turns that count (default 7)")
    repeats = parser.parse_args().repeats
    cache = find_cache()
    build_pickles(cache, MNIST)
    print(f"NumPy {np.__version__}, {os.cpu_count()} cores")
    time_training(load_examples(cache, MNIST, "train"), repeats)
    time_pickles(cache, min(repeats, 5))


if __name__ == "__main__":
    main()
