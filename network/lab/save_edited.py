"""Saving of an edited network as a new run."""

from dataclasses import asdict
from typing import Any

from network.core.params import Params, is_finite
from network.interpret.edits import Edits
from network.lab.fold_edits import fold_edits
from network.layers.ensemble import join_params
from network.runs.checkpoints import Checkpoint
from network.runs.folder import LoadedRun, Run
from network.runs.held_out import describe_seen, seen_by
from network.runs.names import check_new_name, create_run
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache


def save_edited(
    cache: Cache,
    loaded: LoadedRun,
    part: Checkpoint,
    edits: Edits,
    member: int | None,
    wanted: str | None,
) -> Run:
    """Save a run with edits as a new run, which does not depend on the original.

    `part` is the whole network, or one member of an ensemble. Without a wanted name, the run is
    named after the original, as in `first-edited-1`.

    Raises: UsageError when there are no edits, when parameters alone cannot express an edit, or
    when the wanted name is taken; StorageError.
    """
    check_new_name(cache, wanted)
    if edits == Edits():
        raise UsageError(f"run {loaded.name} has no edits", "Edit it first")
    try:
        edited = fold_edits(part.model, part.params, edits)
    except ValueError as error:
        raise UsageError(f"run {loaded.name} cannot be edited: {error}") from error
    if not is_finite(edited):
        raise UsageError(f"the edits of run {loaded.name} result in weights that are not finite")
    checkpoint, configuration = loaded.checkpoint, loaded.configuration
    params = edited if member is None else put_back(checkpoint.params, member, edited)
    origin = {
        "edited": {"run": loaded.name, "sha256": checkpoint.meta["sha256"]}
        | describe_edits(edits, member),
        "seen": describe_seen([seen_by(checkpoint, configuration)]),
    }
    if "members" in checkpoint.meta:
        origin["members"] = checkpoint.meta["members"]
    stem = f"{loaded.name}-edited"
    return create_run(cache, wanted, checkpoint.model, params, configuration, stem, origin)


def put_back(params: Params, member: int, edited: Params) -> Params:
    """Return the parameters of an ensemble with those of one member replaced."""
    joined = join_params([edited])
    return [params[0] | {f"{member}.{name[2:]}": array for name, array in joined.items()}]


def describe_edits(edits: Edits, member: int | None) -> dict[str, Any]:
    """Return edits as plain data: [layer, unit] and [layer, unit, number]."""
    units = {
        name: [[*unit, number] for unit, number in getattr(edits, name).items()]
        for name in ("shifts", "scales")
    }
    return {**asdict(edits), **units, "member": member}
