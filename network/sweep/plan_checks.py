"""Checks of plans: comparable trials, and no settings without effect."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from network.sweep.space import (
    Dimension,
    Space,
    Values,
    configure_trial,
    dimension_ends,
    plan_spelled,
)
from network.training.build import build_model, build_recipe
from network.training.configuration import OPTIONS, Configuration, useless_options
from network.training.enough_examples import require_held_out
from network.training.option import options_spelled
from pipeline.errors import UsageError

N_CLASSES = 10  # of a model that is only built; no rule depends on it
OF_THE_LOSS = ("loss", "label_smoothing")  # each changes the definition of the validation loss


def check_plan(fixed: Mapping[str, Any], space: Space, objectives: Collection[str]) -> None:
    """Require comparable trials, and no setting without effect in all of them.

    Raises: UsageError.
    """
    if "loss" in objectives:
        require_one_loss(fixed, space)
    require_effect(fixed, space)
    require_a_trial(fixed, space)


def require_one_loss(fixed: Mapping[str, Any], space: Space) -> None:
    """Require that all trials of the objective "loss" measure the same loss.

    Squared errors are smaller than cross-entropies, and smoothed labels have a loss that no
    network brings to 0. So the lowest of different losses is not that of the best network.

    Raises: UsageError.
    """
    usual = configure_trial(fixed, {}).to_dict()
    for name in OF_THE_LOSS:
        if name in space and len(possible_values(space[name], usual[name])) > 1:
            raise UsageError(
                f'objective is "loss", and space.{name} gives the trials different losses; '
                'expected objective = "accuracy", or one value of '
                f"{name} in [fixed]"
            )


def possible_values(dimension: Dimension, usual: Any) -> set[Any]:
    """Return the ends of a dimension, and the default if it has a condition."""
    return {*dimension_ends(dimension), *([usual] if dimension.when else [])}


def require_effect(fixed: Mapping[str, Any], space: Space) -> None:
    """Require that each setting has an effect in at least one trial.

    Raises: UsageError.
    """
    useful: set[str] = set()
    for values in extreme_trials(space):
        given = {*fixed, *(name.partition(".")[0] for name in values)}
        useful |= given - {*useless_options(given, configure_trial(fixed, values))}
    for name in (*fixed, *space):
        key = name.partition(".")[0]
        if key in OPTIONS and key not in useful:
            table = "space" if name in space else "fixed"
            raise UsageError(f"{table}.{name} has no effect in any trial; leave it out")


def require_a_trial(fixed: Mapping[str, Any], space: Space) -> None:
    """Require at least one trial whose settings can be combined, such as a momentum with its SGD.

    Raises: UsageError.
    """
    refused: list[UsageError] = []
    for values in extreme_trials(space):
        try:
            configuration = configure_trial(fixed, values)
            with plan_spelled(values):
                build_recipe(configuration, build_model(configuration, N_CLASSES))
        except UsageError as error:
            refused.append(error)
        else:
            return
    if refused:
        raise refused[0]


def extreme_trials(space: Space) -> Iterator[Values]:
    """Yield trials that contain every end of every dimension."""
    ends = {name: dimension_ends(dimension) for name, dimension in space.items()}
    for name, values in ends.items():
        for value in values:
            tried = {other: others[0] for other, others in ends.items()} | {name: value}
            yield open_values(space, tried)


def open_values(space: Space, tried: Values) -> Values:
    """Return the values of the dimensions whose conditions are met."""
    values: Values = {}
    for name, dimension in space.items():
        if dimension.is_open(values):
            values[name] = tried[name]
    return values


def require_validation(fixed: Mapping[str, Any], space: Space, count: int | None) -> None:
    """Require validation images in every trial, of `count` examples; None is unknown.

    Raises: UsageError.
    """
    smallest: Values = {
        name: min(dimension_ends(space[name])) for name in ("limit", "validation") if name in space
    }
    configuration: Configuration = configure_trial(fixed, smallest)
    available = [it for it in (count, configuration.limit) if it is not None]
    if available:
        with options_spelled(lambda key: f"{'space' if key in space else 'fixed'}.{key}"):
            require_held_out("a sweep", configuration, min(available))
