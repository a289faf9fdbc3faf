"""Samplers: how a sweep chooses the values of each trial, by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

Sampler: TypeAlias = "Callable[[int], BaseSampler]"  # seed -> what Optuna asks for values


def make_tpe(seed: int) -> "BaseSampler":
    """Make the tree-structured Parzen estimator: near good trials, away from bad ones.

    A running trial counts as a bad one, so that trials at the same time go elsewhere.

    Source: Bergstra, Bardenet, Bengio, Kegl, Algorithms for hyper-parameter optimization (2011),
    section 4.
    """
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, constant_liar=True, multivariate=True, group=True)


def make_random(seed: int) -> "BaseSampler":
    """Make random search.

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization (2012).
    """
    from optuna.samplers import RandomSampler

    return RandomSampler(seed)


SAMPLERS: dict[str, Sampler] = {
    "tpe": make_tpe,
    "random": make_random,
    "grid": make_random,  # never asked: every combination is queued when a sweep begins
}
