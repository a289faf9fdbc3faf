"""Ensembles: one run made of several, whose scores are averaged."""

from collections.abc import Sequence
from dataclasses import replace

from network.core.model import Model
from network.core.params import count_params
from network.layers.ensemble import Ensemble, join_params
from network.runs.evaluate import common_dataset, load_runs
from network.runs.folder import LoadedRun, Run
from network.runs.held_out import describe_seen, require_steps, seen_by
from network.runs.names import check_new_name, create_run
from network.training.configuration import Configuration
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache


def make_ensemble(cache: Cache, names: Sequence[str], wanted: str | None) -> tuple[Run, int]:
    """Build a run that returns the mean of the scores of several; it contains their parameters.

    Returns: the run, and how many parameters it has.

    Raises: UsageError if their scores cannot be averaged or the wanted name is taken;
    MissingError, CorruptError, StorageError.
    """
    check_new_name(cache, wanted)
    loaded = load_members(cache, names)
    members = tuple(", ".join(map(repr, run.model.layers)) for run in loaded)
    params = [join_params([run.params for run in loaded])]
    # No loss can contain the output activation of an ensemble; the gradient check uses another one.
    configuration = replace(loaded[0].configuration, loss="squared-error")
    seen = describe_seen([seen_by(run.checkpoint, run.configuration) for run in loaded])
    model, origin = Model((Ensemble(members),)), {"members": list(names), "seen": seen}
    return create_run(cache, wanted, model, params, configuration, origin=origin), count_params(
        params
    )


def load_members(
    cache: Cache, names: Sequence[str], others: Sequence[Configuration] = ()
) -> list[LoadedRun]:
    """Load runs whose scores can be averaged, also with those of `others`, not trained yet.

    Raises: UsageError if they cannot; MissingError, CorruptError.
    """
    if len(names) + len(others) < 2:
        raise UsageError(
            f"an ensemble needs two runs or more; found {len(names) + len(others)}",
            "Name runs, or presets with --presets",
        )
    loaded = load_runs(cache, names)
    dataset = common_dataset(cache, loaded).name if loaded else None
    for run in loaded:
        check_scores(run)
        for other in others:
            if other.dataset != dataset:
                raise UsageError(
                    f"run {run.name} uses {dataset} and a preset uses {other.dataset}; "
                    "expected the same dataset",
                    "Choose another --dataset",
                )
    for run in loaded:
        require_steps(run.name, run.checkpoint, run.configuration)
    return loaded


def check_scores(run: LoadedRun) -> None:
    """Require outputs that are scores from 0 to 1; other outputs cannot be averaged.

    Raises: UsageError.
    """
    last = run.model.layers[-1]
    if not last.gives_scores:
        found = type(last).__name__
        raise UsageError(f"run {run.name} ends with {found}; expected outputs from 0 to 1")
