"""A network to look into: a run's, or one member of an ensemble; and what its units like."""

from dataclasses import dataclass

from network.core.data import Examples
from network.core.model import Model
from network.core.params import Array
from network.interpret.units import unit_activations
from network.lab.run_cache import RunCache, file_version
from network.runs.checkpoints import Checkpoint
from network.runs.evaluate import LoadedRun
from pipeline.errors import MissingError

SURVEYED = 5_000  # training digits that every unit is shown


@dataclass(frozen=True)
class UnitSurvey:
    """What every unit of a network says to many of the digits that it was trained on."""

    digits: Examples
    responses: dict[int, Array]  # by the last layer of a stage: (N, units)


def select_member(loaded: LoadedRun, member: int | None) -> Checkpoint:
    """Take the whole network of a run, or one member of its ensemble.

    Raises: MissingError.
    """
    checkpoint = loaded.checkpoint
    if member is None:
        return checkpoint
    members = checkpoint.model.layers[0].inner_networks(checkpoint.params[0])
    if not 0 <= member < len(members):
        raise MissingError(f"run {loaded.run.name} has no member {member}")
    layers, params = members[member]
    return Checkpoint(Model(layers), params, meta=checkpoint.meta)


def find_unit_survey(loaded: RunCache, name: str, member: int | None) -> UnitSurvey:
    """Return what the units of a network like, found out when it is asked for first.

    Raises: MissingError, CorruptError, UsageError.
    """
    run = loaded.run(name)
    part = select_member(run, member)

    def make() -> UnitSurvey:
        trained_on, _ = loaded.split(run.configuration)
        digits = trained_on.take(slice(SURVEYED))
        digits = Examples(digits.images.copy(), digits.labels.copy())  # and let go of the others
        return UnitSurvey(digits, unit_activations(part.model, part.params, digits.images))

    return loaded.surveys.find((name, member, file_version(run.run)), make)
