"""The libraries that `speed.py` times, each prepared for the same tasks.

A library is a function that takes a task and returns a function that does it once. It raises
ImportError if it is not installed, and `CannotDoError` if it cannot do the task; the table then
shows the reason. To time another task, add it to `speed.py`. To time another library, add a
function to `LIBRARIES`.
"""

import itertools
import os
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import numpy as np

from network.core.data import Examples
from network.core.optimizers import SGD
from network.core.schedules import constant
from network.environment import suitable_threads
from network.metrics.accuracy import compute_outputs
from network.training.build import fully_connected
from network.training.loop import train
from network.training.losses import LOSSES
from network.training.recipe import Recipe
from network.training.state import TrainingState
from pipeline.datasets.records import IMAGE_SHAPE

LEARNING_RATE = 0.5
CHUNK = (
    1000  # images per forward pass when predicting a test set, as in network/metrics/accuracy.py
)


class CannotDoError(Exception):
    """A task that a library cannot do; the message has the reason."""


@dataclass(frozen=True)
class Task:
    """A task that every library does once."""

    title: str
    hidden: int
    activation: str = "sigmoid"
    loss: str = "squared-error"
    batch_size: int | None = None  # of an epoch of training; None: predict the images instead

    def count_flops(self, n_images: int) -> int:
        """Return the multiplications and additions of the matrix products alone."""
        first, second = 2 * 784 * self.hidden, 2 * self.hidden * 10
        forward_and_weights = 2 * (first + second)
        return n_images * (
            first + second if self.batch_size is None else forward_and_weights + second
        )


Work = Callable[[], object]


def ours(task: Task, examples: Examples) -> Work:
    """Prepare this project: the generator that `network train` iterates."""
    loss = LOSSES[task.loss]
    model = fully_connected((task.hidden,), 10, task.activation, "uniform", loss)
    params = model.init(np.random.default_rng(0), IMAGE_SHAPE)
    nothing = examples.take(slice(0))
    if task.batch_size is None:
        return lambda: compute_outputs(model, params, examples.images).argmax(axis=1)
    recipe = Recipe(
        model, loss(), SGD(), constant, LEARNING_RATE, task.batch_size, epochs=1, seed=0
    )

    def epoch() -> None:
        with suitable_threads(params, recipe.batch_size):
            for _ in train(recipe, TrainingState(params, {}), examples, nothing):
                pass

    return epoch


def numpy_products(task: Task, examples: Examples) -> Work:
    """Prepare only the matrix products, which no NumPy code can avoid."""
    n = task.batch_size or CHUNK
    x = np.ascontiguousarray(examples.images[:n].reshape(n, 784))
    rng = np.random.default_rng(0)
    first, second = (
        rng.random(shape, np.float32) for shape in ((784, task.hidden), (task.hidden, 10))
    )
    params = [{"weight": first}, {"weight": second}]
    hidden, d_y = x @ first, x @ first @ second
    d_hidden = d_y @ second.T
    results = hidden.copy(), d_y.copy(), d_hidden.copy(), first.copy(), second.copy()

    def forward() -> None:
        np.matmul(x, first, out=results[0])
        np.matmul(hidden, second, out=results[1])

    def backward() -> None:
        np.matmul(hidden.T, d_y, out=results[4])
        np.matmul(d_y, second.T, out=results[2])
        np.matmul(x.T, d_hidden, out=results[3])

    def products() -> None:
        with suitable_threads(params, n):
            for _ in range(len(examples) // n):
                forward()
                if task.batch_size is not None:
                    backward()

    return products


def pytorch(task: Task, examples: Examples, threads: int, compiled: bool = False) -> Work:
    """Prepare PyTorch on the CPU: eager mode, or torch.compile."""
    import torch
    from torch import nn

    torch.set_num_threads(threads)
    torch.manual_seed(0)
    images, labels = torch.from_numpy(examples.images.reshape(-1, 784)), examples.labels
    activation = {"sigmoid": nn.Sigmoid, "relu": nn.ReLU}[task.activation]()
    layers = [nn.Linear(784, task.hidden), activation, nn.Linear(task.hidden, 10)]
    if task.loss == "squared-error":
        layers.append(nn.Sigmoid())
        targets = nn.functional.one_hot(torch.from_numpy(labels), 10).float()
    else:
        targets = torch.from_numpy(labels)
    model = nn.Sequential(*layers)
    optimizer = torch.optim.SGD(model.parameters(), lr=LEARNING_RATE)

    def lose(x: Any, t: Any) -> Any:
        if task.loss == "squared-error":
            return 0.5 * ((model(x) - t) ** 2).sum(dim=1).mean()
        return nn.functional.cross_entropy(model(x), t)

    def answer(x: Any) -> Any:
        with torch.inference_mode():
            return model(x).argmax(dim=1)

    if compiled:
        lose, answer = torch.compile(lose), torch.compile(answer)
    if task.batch_size is None:
        return lambda: [answer(chunk) for chunk in images.split(CHUNK)]
    batch_size = task.batch_size

    def epoch() -> None:
        for batch in torch.randperm(len(images)).split(batch_size):
            optimizer.zero_grad()
            lose(images[batch], targets[batch]).backward()
            optimizer.step()

    return epoch


def torch_compile(task: Task, examples: Examples) -> Work:
    """Prepare torch.compile, which compiles C++ in its first run."""
    threads = 1 if task.hidden < 100 else os.cpu_count() or 1  # the faster choice here
    work = pytorch(task, examples, threads, compiled=True)

    def run() -> None:
        try:
            work()
        except Exception as error:  # a missing compiler raises many kinds of errors
            raise CannotDoError(f"no working compiler ({type(error).__name__})") from error

    return run


def jax_scan(task: Task, examples: Examples) -> Work:
    """Prepare JAX: an epoch is one jitted program, a scan over its batches."""
    import jax
    import jax.numpy as jnp

    images, labels = jnp.asarray(examples.images.reshape(-1, 784)), jnp.asarray(examples.labels)
    model = fully_connected((task.hidden,), 10, task.activation, "uniform", LOSSES[task.loss])
    params = jax.tree.map(jnp.asarray, model.init(np.random.default_rng(0), IMAGE_SHAPE))
    activate = {"sigmoid": jax.nn.sigmoid, "relu": jax.nn.relu}[task.activation]

    def logits_of(params: Any, x: Any) -> Any:
        hidden = activate(x @ params[1]["weight"] + params[1]["bias"])
        return hidden @ params[3]["weight"] + params[3]["bias"]

    def lose(params: Any, x: Any, labels: Any) -> Any:
        logits, t = logits_of(params, x), jax.nn.one_hot(labels, 10)
        if task.loss == "squared-error":
            return 0.5 * ((jax.nn.sigmoid(logits) - t) ** 2).sum(axis=1).mean()
        return -(t * jax.nn.log_softmax(logits)).sum(axis=1).mean()

    if task.batch_size is None:
        answer = jax.jit(lambda x: logits_of(params, x).argmax(axis=1))
        return lambda: jax.block_until_ready(answer(images))
    n, batch_size = len(images), task.batch_size
    whole = n // batch_size * batch_size

    @partial(jax.jit, donate_argnums=0)
    def epoch(params: Any, images: Any, labels: Any, key: Any) -> Any:
        def step(params: Any, batch: Any) -> Any:
            grads = jax.grad(lose)(params, images[batch], labels[batch])
            return jax.tree.map(lambda p, g: p - LEARNING_RATE * g, params, grads), None

        order = jax.random.permutation(key, n)
        params, _ = jax.lax.scan(step, params, order[:whole].reshape(-1, batch_size))
        return step(params, order[whole:])[0] if whole < n else params

    seeds = itertools.count()

    def run() -> None:
        nonlocal params
        key = jax.random.key(next(seeds))
        params = jax.block_until_ready(epoch(params, images, labels, key))

    return run


def scikit_learn(task: Task, examples: Examples) -> Work:
    """Prepare scikit-learn's MLPClassifier, which always has the log-loss."""
    from sklearn.neural_network import MLPClassifier

    images = examples.images.reshape(-1, 784)
    batch_size = task.batch_size or 100
    model = MLPClassifier(
        (task.hidden,), activation={"sigmoid": "logistic"}.get(task.activation, task.activation),
        solver="sgd", batch_size=batch_size, momentum=0, learning_rate_init=LEARNING_RATE,
        alpha=0, random_state=0,
    )  # fmt: skip
    model.partial_fit(images[:batch_size], examples.labels[:batch_size], classes=np.arange(10))
    if task.batch_size is None:
        return lambda: model.predict(images)
    return lambda: model.partial_fit(images, examples.labels)


LIBRARIES: dict[str, Callable[[Task, Examples], Work]] = {
    "ours": ours,
    "numpy.matmul alone": numpy_products,
    "PyTorch, one thread": partial(pytorch, threads=1),
    "PyTorch, all threads": partial(pytorch, threads=os.cpu_count() or 1),
    "torch.compile": torch_compile,
    "JAX, jitted scan": jax_scan,
    "scikit-learn": scikit_learn,
}
