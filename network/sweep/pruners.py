"""Pruners of a sweep by name: rules that stop trials before their last epoch."""

from collections.abc import Callable
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from optuna.pruners import BasePruner

Pruner: TypeAlias = "Callable[[int, int], BasePruner]"  # first rung, factor -> pruner


def make_halving(first_rung: int, factor: int) -> "BasePruner":
    """Build successive halving: after each rung, one trial in `factor` continues.

    Source: Li and others, A system for massively parallel hyperparameter tuning (2020), algorithm
    2.
    """
    from optuna.pruners import SuccessiveHalvingPruner

    return SuccessiveHalvingPruner(first_rung, factor)


def make_median(first_rung: int, factor: int) -> "BasePruner":
    """Build the median rule: it prunes trials worse than the median of earlier ones.

    Source: Golovin and others, Google Vizier (2017), section 3.2.
    """
    from optuna.pruners import MedianPruner

    return MedianPruner()


def make_none(first_rung: int, factor: int) -> "BasePruner":
    """Build the rule that prunes no trial."""
    from optuna.pruners import NopPruner

    return NopPruner()


PRUNERS: dict[str, Pruner] = {"halving": make_halving, "median": make_median, "none": make_none}
