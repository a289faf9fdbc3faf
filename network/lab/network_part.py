"""A network to look into: a run's, or one member of an ensemble; and what its units like."""

from dataclasses import dataclass

from network.core.data import Examples
from network.core.model import Model
from network.core.params import Array
from network.interpret.units import responses
from network.lab.run_cache import Loaded, version_of
from network.layers.ensemble import Ensemble, take_member
from network.runs.checkpoints import Checkpoint
from network.runs.evaluate import LoadedRun
from pipeline.errors import MissingError

SURVEYED = 5_000  # training digits that every unit is shown


@dataclass(frozen=True)
class Survey:
    """What every unit of a network says to many of the digits that it was trained on."""

    digits: Examples
    responses: dict[int, Array]  # by the last layer of a stage: (N, units)


def take_part(loaded: LoadedRun, member: int | None) -> Checkpoint:
    """Take the whole network of a run, or one member of its ensemble.

    Raises: MissingError.
    """
    checkpoint = loaded.checkpoint
    if member is None:
        return checkpoint
    first = checkpoint.model.layers[0]
    if not isinstance(first, Ensemble) or not 0 <= member < len(first.members):
        raise MissingError(f"run {loaded.run.name} has no member {member}")
    layers, params = take_member(first, checkpoint.params[0], member)
    return Checkpoint(Model(layers), params, meta=checkpoint.meta)


def find_survey(loaded: Loaded, name: str, member: int | None) -> Survey:
    """Return what the units of a network like, found out when it is asked for first.

    Raises: MissingError, CorruptError, UsageError.
    """
    run = loaded.run(name)
    part = take_part(run, member)

    def make() -> Survey:
        trained_on, _ = loaded.split(run.configuration)
        digits = trained_on.take(slice(SURVEYED))
        digits = Examples(digits.images.copy(), digits.labels.copy())  # and let go of the others
        return Survey(digits, responses(part.model, part.params, digits.images))

    return loaded.surveys.find((name, member, version_of(run.run)), make)
