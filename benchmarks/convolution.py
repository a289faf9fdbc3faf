"""Time the layers of convolutional networks, and whole steps against PyTorch.

    python benchmarks/convolution.py                  # about a minute
    python benchmarks/convolution.py --batch-size 256 --threads 4

First, each layer is timed alone: forward and backward, on one core, with one thread's share of a
batch. For layers that multiply matrices, the table also has the share of the GFLOP/s that this core
reaches with two large matrices. Then whole steps are timed without the update: forward,
cross-entropy, backward. Our code splits the batch into one shard per thread, with BLAS on one core
each. PyTorch, if installed, has as many threads, and is timed with both of its memory formats. They
take turns, each in a separate process. CPU ms is the time of all threads. It is more reliable than
the clock on a busy machine, but includes the time that PyTorch's threads spend waiting (they spin).
"""

import argparse
import multiprocessing
import statistics
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from contextlib import ExitStack
from functools import cache, partial
from typing import Any

import numpy as np
from threadpoolctl import threadpool_limits

from network.core.activations import ReLU
from network.core.layers import Flatten, Layer, Linear
from network.core.losses import CrossEntropy
from network.core.model import Model
from network.core.params import Array, Params
from network.environment import keep_freed_memory
from network.layers.convolution import Conv2D
from network.layers.normalization import BatchNorm
from network.layers.pooling import MaxPool2D

STEPS_A_TURN = 5


def block(n_out: int, size: int = 3) -> tuple[Layer, ...]:
    """Return a convolution with the two layers that follow it."""
    return Conv2D(n_out, size), BatchNorm(), ReLU()


NETWORKS: dict[str, tuple[Layer, ...]] = {
    "small": (
        *block(16, 5), *block(32), MaxPool2D(), *block(64), MaxPool2D(), Flatten(), Linear(10),
    ),
    "large": (
        *block(32), *block(32), MaxPool2D(), *block(64), *block(64), MaxPool2D(), Flatten(),
        Linear(128), BatchNorm(), ReLU(), Linear(10),
    ),
}  # fmt: skip


def draw_batch(count: int) -> tuple[Array, Array]:
    """Draw random images and labels: their content does not affect the time.

    Shapes: -> images (N, 28, 28), labels (N,).
    """
    rng = np.random.default_rng(0)
    return rng.random((count, 28, 28), np.float32), rng.integers(0, 10, count)


def prepare_ours(name: str, batch_size: int, threads: int) -> Callable[[], object]:
    """Prepare one step of this project without the update."""
    keep_freed_memory()
    threadpool_limits(1, user_api="blas")  # permanently: this process does nothing else
    model, loss = Model(NETWORKS[name]), CrossEntropy()
    params = model.init(np.random.default_rng(0), (28, 28))
    images, labels = draw_batch(batch_size)
    pool = ThreadPoolExecutor(threads)
    shards = [
        (images[part], labels[part]) for part in np.array_split(np.arange(batch_size), threads)
    ]

    def compute(shard: tuple[Array, Array]) -> Params:
        outputs, backward = model.forward(params, shard[0], np.random.default_rng(0))
        return backward(loss(outputs, shard[1])[1])

    return lambda: list(pool.map(compute, shards))


def torch_layers(layers: tuple[Layer, ...], shape: tuple[int, ...]) -> list[Any]:
    """Return the same layers in PyTorch."""
    from torch import nn

    said: list[Any] = []
    for layer in layers:
        channels = shape[-1]
        match layer:
            case Conv2D():
                said.append(nn.Conv2d(channels, layer.n_out, layer.size, padding=layer.padding))
            case BatchNorm():
                said.append((nn.BatchNorm2d if len(shape) == 3 else nn.BatchNorm1d)(channels))
            case MaxPool2D():
                said.append(nn.MaxPool2d(layer.size))
            case Linear():
                said.append(nn.Linear(channels, layer.n_out))
            case ReLU():
                said.append(nn.ReLU())
            case _:
                said.append(nn.Flatten())
        _, shape = layer.shapes(shape)
    return said


def prepare_pytorch(
    name: str, batch_size: int, threads: int, memory_format: str
) -> Callable[[], object]:
    """Prepare the same step in PyTorch on the CPU, in eager mode."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    order = getattr(torch, memory_format)
    model = nn.Sequential(*torch_layers(NETWORKS[name], (28, 28, 1))).to(memory_format=order)
    drawn_images, drawn_labels = draw_batch(batch_size)
    images = torch.from_numpy(drawn_images[:, None]).to(memory_format=order)
    labels = torch.from_numpy(drawn_labels)

    def step() -> None:
        model.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()

    return step


LIBRARIES: dict[str, Callable[[str, int, int], Callable[[], object]]] = {
    "ours": prepare_ours,
    "PyTorch": partial(prepare_pytorch, memory_format="contiguous_format"),
    "PyTorch, channels last": partial(prepare_pytorch, memory_format="channels_last"),
}


@cache
def prepare(library: str, name: str, batch_size: int, threads: int) -> Callable[[], object]:
    """Prepare a step in the current process."""
    return LIBRARIES[library](name, batch_size, threads)


def time_steps(library: str, *what: Any) -> tuple[float, float] | None:
    """Return ms and CPU ms of a step, or None if the library is not installed."""
    try:
        step = prepare(library, *what)
    except ImportError:
        return None
    before, used_before = time.perf_counter(), time.process_time()
    for _ in range(STEPS_A_TURN):
        step()
    seconds, used = time.perf_counter() - before, time.process_time() - used_before
    return 1000 * seconds / STEPS_A_TURN, 1000 * used / STEPS_A_TURN


def compare(name: str, batch_size: int, threads: int, repeats: int) -> None:
    """Print the times of a step of one network, for each installed library."""
    spawn = multiprocessing.get_context("spawn")
    times: dict[str, list[tuple[float, float]]] = {library: [] for library in LIBRARIES}
    with ExitStack() as stack:
        processes = {
            library: stack.enter_context(ProcessPoolExecutor(1, mp_context=spawn))
            for library in LIBRARIES
        }
        for turn in range(repeats + 1):  # the first one warms up
            for library, process in processes.items():
                what = (library, name, batch_size, threads)
                if (time_taken := process.submit(time_steps, *what).result()) and turn:
                    times[library].append(time_taken)
    print(f"\n{name}: a step of {batch_size} images on {threads} threads")
    print(f"{'':24}{'median ms':>10}{'min':>8}{'CPU ms':>8}   times ours (min-max)")
    for library, taken in times.items():
        if taken:
            print_row(library, taken, times["ours"])


def print_row(
    library: str, taken: list[tuple[float, float]], ours: list[tuple[float, float]]
) -> None:
    """Print the times of one library, and their ratio to ours."""
    clock, used = zip(*taken, strict=True)
    ratios = [time / own for time, (own, _) in zip(clock, ours, strict=True)]
    print(
        f"{library:24}{statistics.median(clock):10.1f}{min(clock):8.1f}"
        f"{statistics.median(used):8.1f}"
        f"   {statistics.median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})"
    )


def median_seconds(task: Callable[[], object], repeats: int) -> float:
    """Return the median CPU seconds of this thread."""
    times = []
    for _ in range(repeats):
        before = time.thread_time()
        task()
        times.append(time.thread_time() - before)
    return statistics.median(times)


def best_flops(repeats: int) -> float:
    """Return the FLOP/s of one core with two large matrices."""
    matrix = np.ones((1024, 1024), np.float32)
    return float(2 * 1024**3 / median_seconds(lambda: matrix @ matrix, repeats))


def print_layers(name: str, count: int, repeats: int) -> None:
    """Print the forward and backward time of each layer of a network, on one core."""
    rng, best = np.random.default_rng(0), best_flops(repeats)
    print(f"\n{name}: layers, {count} images on one core of {best / 1e9:.0f} GFLOP/s")
    print(f"{'':12}{'shape out':>16}{'forward ms':>12}{'backward ms':>12}{'share of GFLOP/s':>20}")
    x = draw_batch(count)[0]
    learnt_before = False
    for layer in NETWORKS[name]:
        params, _ = layer.init(rng, x.shape[1:], np.float32)
        y, backward = layer.forward(params, x, rng)
        d_y = rng.random(y.shape, np.float32)
        forward_time = median_seconds(partial(layer.forward, params, x, rng), repeats)
        backward_time = median_seconds(partial(backward, d_y, learnt_before), repeats)
        row = f"{type(layer).__name__:12}{y.shape[1:]!s:>16}"
        row += f"{1000 * forward_time:12.2f}{1000 * backward_time:12.2f}"
        if isinstance(layer, Conv2D | Linear):
            flops = 2 * y.size * params["weight"].size / layer.n_out
            shares = flops / forward_time, flops * (1 + learnt_before) / backward_time
            row += "".join(f"{100 * share / best:8.0f} %" for share in shares)
        print(row)
        x, learnt_before = y, learnt_before or bool(params)


def main() -> None:
    """Print every table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch-size", type=int, default=128)
    parser.add_argument("--threads", type=int, default=2, help="of both libraries (default 2)")
    parser.add_argument("--repeats", type=int, default=15, help="turns that count (default 15)")
    options = parser.parse_args()
    keep_freed_memory()
    for name in NETWORKS:
        with threadpool_limits(1, user_api="blas"):
            print_layers(name, options.batch_size // options.threads, options.repeats)
        compare(name, options.batch_size, options.threads, options.repeats)


if __name__ == "__main__":
    main()
