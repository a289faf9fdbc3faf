"""The network of a run or a member of its ensemble, and the activations of its units."""

from dataclasses import dataclass

from network.core.data import Examples
from network.core.model import Model
from network.core.params import Array
from network.interpret.units import unit_activations
from network.lab.run_cache import RunCache, file_version
from network.runs.checkpoints import Checkpoint
from network.runs.folder import LoadedRun
from pipeline.errors import MissingError

SURVEYED = 5_000  # training images for which activations are computed


@dataclass(frozen=True, eq=False)
class UnitSurvey:
    """The activations of every unit of a network for training images."""

    digits: Examples
    responses: dict[int, Array]  # by the last layer of a block: (N, units)


def select_member(loaded: LoadedRun, member: int | None) -> Checkpoint:
    """Return the network of a run, or one member of its ensemble.

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
    """Return the activations of the units of a network, computed at the first request.

    Raises: MissingError, CorruptError, UsageError.
    """
    run = loaded.run(name)
    part = select_member(run, member)

    def make() -> UnitSurvey:
        trained_on, _ = loaded.split(run)
        digits = trained_on.take(slice(SURVEYED))
        digits = Examples(digits.images.copy(), digits.labels.copy())  # copies, to free the others
        return UnitSurvey(digits, unit_activations(part.model, part.params, digits.images))

    return loaded.surveys.find((name, member, file_version(run.run)), make)
