"""Changes of settings while a run is trained, logged with their step.

Between two steps, a training depends only on its state and its recipe. So a change is another
recipe for the same state. The changes are saved in the checkpoint, with the configuration that the
run began with, so that the whole training can be repeated.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from network.core.layers import Layer
from network.core.model import Model
from network.layers.text import parse_layers
from network.runs.checkpoint_meta import is_change
from network.runs.checkpoints import RESTORE, Checkpoint
from network.runs.training_run import TrainingRun
from network.training.build import build_recipe, effective_momentum
from network.training.configuration import OPTIONS, Configuration, configuration_from_dict
from network.training.option import Group, Option, OptionError, Slider
from network.training.option_values import Number
from pipeline.errors import CorruptError, UsageError
from pipeline.storage.arguments import show_value

DROPOUT = Option(  # not in the configuration: the layers have it
    Number(0, 0.95, 0.2),
    None,
    "Dropout rate of every layer that has one",
    Group.REGULARIZATION,
    key="dropout",
    label="Dropout",
    is_live=True,
    slider=Slider(0, 0.95, lacks="this model has no Dropout layer"),
)
LIVE_OPTIONS = {
    **{key: one for key, one in OPTIONS.items() if one.is_live},
    DROPOUT.key: DROPOUT,
}


@dataclass(frozen=True)
class ConfigChange:
    """New settings from one step of a training on."""

    epoch: int  # completed epochs
    step: int  # completed steps
    values: Mapping[str, Any]  # of the fields, and `dropout`: the rate of all such layers

    @property
    def place(self) -> tuple[int, int]:
        return self.epoch, self.step


def change_training(training_run: TrainingRun, values: Mapping[str, Any]) -> TrainingRun:
    """Continue a training with other settings from its current step, and save that.

    Raises: UsageError for a setting that cannot be changed, or an invalid value.
    """
    configuration, state = training_run.configuration, training_run.state
    changed, model = apply_changes(values, configuration, training_run.recipe.model)
    if changed.epochs < len(state.history):
        words = "{epochs} is {wanted}, but {done} are done"
        shown = {"wanted": str(changed.epochs), "done": str(len(state.history))}
        raise OptionError("epochs", words, **shown)
    recipe = build_recipe(changed, model)
    place = len(state.history), state.step
    changes = state.origin.setdefault("changes", [])
    state.origin.setdefault("first", configuration.to_dict())
    changes.append({"epoch": place[0], "step": place[1], "values": dict(values)})
    after = replace(training_run, configuration=changed, recipe=recipe)
    after.save()
    return after


def apply_changes(
    values: Mapping[str, Any], configuration: Configuration, model: Model
) -> tuple[Configuration, Model]:
    """Return the configuration and the model with other values.

    Raises: UsageError.
    """
    fields = {name: value for name, value in values.items() if name != DROPOUT.key}
    if unknown := values.keys() - LIVE_OPTIONS.keys():
        raise UsageError(
            f"{', '.join(sorted(unknown))} cannot be changed while a run is trained",
            f"These can: {', '.join(LIVE_OPTIONS)}",
        )
    if DROPOUT.key in values:
        rate = DROPOUT.check(values[DROPOUT.key])
        if dropout_rate(model) is None:
            raise UsageError("dropout needs a Dropout layer, but the model has none")
        if configuration.layers:
            text = with_dropout(parse_layers(configuration.layers), rate)
            fields["layers"] = ", ".join(map(repr, text))
        model = Model(with_dropout(model.layers, rate))
    return replace(configuration, **fields), model


def live_settings(training_run: TrainingRun) -> dict[str, Any]:
    """Return the current value of every setting that the lab shows; None if a run has none."""
    configuration, model = training_run.configuration, training_run.recipe.model
    values = configuration.to_dict() | {
        "momentum": effective_momentum(configuration),
        DROPOUT.key: dropout_rate(model),
    }
    return {key: values[key] for key, one in LIVE_OPTIONS.items() if one.has_control}


def with_dropout(layers: tuple[Layer, ...], rate: float) -> tuple[Layer, ...]:
    """Return the layers with this rate in each dropout layer."""
    return tuple(layer.with_dropout_rate(rate) for layer in layers)


def dropout_rate(model: Model) -> float | None:
    """Return the rate of a model's first dropout layer; None without one."""
    rates = (layer.dropout_rate for layer in model.layers)
    return next((rate for rate in rates if rate is not None), None)


def first_configuration(checkpoint: Checkpoint, where: str) -> Configuration:
    """Return the configuration that a run began with; `where` names its file in errors.

    Raises: CorruptError.
    """
    values = checkpoint.meta.get("first", checkpoint.meta.get("configuration"))
    if not isinstance(values, dict):
        raise CorruptError(f"{where} is damaged: it has no configuration", RESTORE)
    return configuration_from_dict(values, where)


def extract_changes(checkpoint: Checkpoint, where: str) -> list[ConfigChange]:
    """Return the changes of settings while a run was trained, in order.

    Raises: CorruptError.
    """
    changes = checkpoint.meta.get("changes", [])
    for change in changes:
        if not is_change(change):
            what = f"{where} is damaged: a change of settings is {show_value(change)}"
            raise CorruptError(what, RESTORE)
    return [ConfigChange(**change) for change in changes]
