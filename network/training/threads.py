"""Threads: each computes a part of the batch, forward and backward.

NumPy releases Python's lock while it computes. So two threads use two cores for all operations,
not only for those that BLAS runs in parallel. The sums of the shards are added in their order:
results depend on the number of shards, which is in a run's configuration, and not on the number of
cores.

A layer that depends on the whole batch uses its shard instead (for BatchNorm: Hoffer, Hubara,
Soudry, Train longer, generalize better, 2017, section 4, where it is found to help).
"""

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from network.core.params import Array, Params, zip_arrays
from network.core.plumbing.trainable import Trainable

Result = TypeVar("Result")


@dataclass(frozen=True)
class ThreadedModel:
    """A model whose batches are split into shards, one thread per shard.

    Shapes: x (N, H, W) -> outputs (N, K), as without.
    """

    model: Trainable
    pool: ThreadPoolExecutor
    shards: int

    def forward(
        self, params: Params, x: Array, rng: np.random.Generator | None = None
    ) -> tuple[Array, Callable[[Array], Params]]:
        parts = [part for part in np.array_split(x, self.shards) if len(part)]
        rngs = rng.spawn(len(parts)) if rng else [None] * len(parts)
        outputs, backwards = zip(
            *self.map(lambda part, own: self.model.forward(params, part, own), parts, rngs),
            strict=True,
        )

        def backward(d_outputs: Array) -> Params:
            d_parts = np.split(d_outputs, np.cumsum([len(part) for part in parts])[:-1])
            total, *others = self.map(run_backward, backwards, d_parts)
            for grads in others:
                for _, (sum_so_far, grad) in zip_arrays(total, grads):
                    sum_so_far += grad
            return total

        return np.concatenate(outputs), backward

    def map(self, function: Callable[..., Result], *arguments: Iterable[Any]) -> list[Result]:
        """Apply a function to all shards in parallel, with the settings of the caller."""
        futures = [
            self.pool.submit(copy_context().run, function, *each)  # NumPy's errstate is a context
            for each in zip(*arguments, strict=True)
        ]
        return [future.result() for future in futures]


def run_backward(backward: Callable[[Array], Params], d_outputs: Array) -> Params:
    """Return the gradients of a shard."""
    return backward(d_outputs)


@contextmanager
def share_among_threads(model: Trainable, shards: int) -> Iterator[Trainable]:
    """Yield the model in a number of shards; with 1 the model itself, without threads."""
    if shards == 1:
        yield model
        return
    with ThreadPoolExecutor(shards, thread_name_prefix="shard") as pool:
        yield ThreadedModel(model, pool, shards)
