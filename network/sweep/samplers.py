"""Samplers of a sweep by name: methods to choose the values of each trial."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from optuna.samplers import BaseSampler

Sampler: TypeAlias = "Callable[[int], BaseSampler]"  # seed -> sampler


def make_tpe(seed: int) -> "BaseSampler":
    """Build the tree-structured Parzen estimator (TPE): values near good trials.

    A running trial counts as a bad one, so that simultaneous trials are far apart.

    Source: Bergstra, Bardenet, Bengio, Kegl, Algorithms for hyper-parameter optimization (2011),
    section 4.
    """
    from optuna.samplers import TPESampler

    return TPESampler(seed=seed, constant_liar=True, multivariate=True, group=True)


def make_random(seed: int) -> "BaseSampler":
    """Build random search.

    Source: Bergstra and Bengio, Random search for hyper-parameter optimization (2012).
    """
    from optuna.samplers import RandomSampler

    return RandomSampler(seed)


SAMPLERS: dict[str, Sampler] = {
    "tpe": make_tpe,
    "random": make_random,
    "grid": make_random,  # not used: every combination is queued when a sweep begins
}
