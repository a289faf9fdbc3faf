"""Pruners: which trials of a sweep are given up before their last epoch, by name."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

Pruner: TypeAlias = "Callable[[int, int], BasePruner]"  # first rung, factor -> what Optuna asks


def make_halving(first_rung: int, factor: int) -> "BasePruner":
    """Make successive halving: after each rung, one trial in `factor` goes on.

    Source: Li and others, A system for massively parallel hyperparameter tuning (2020), algorithm
    2.
    """
    from optuna.pruners import SuccessiveHalvingPruner

    return SuccessiveHalvingPruner(first_rung, factor)


def make_median(first_rung: int, factor: int) -> "BasePruner":
    """Make the rule that gives up what is worse than the median of the trials before it.

    Source: Golovin and others, Google Vizier (2017), section 3.2.
    """
    from optuna.pruners import MedianPruner

    return MedianPruner()


def make_none(first_rung: int, factor: int) -> "BasePruner":
    """Make the rule that gives nothing up."""
    from optuna.pruners import NopPruner

    return NopPruner()


PRUNERS: dict[str, Pruner] = {"halving": make_halving, "median": make_median, "none": make_none}
