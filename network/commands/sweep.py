"""The command `network sweep`: a search for hyperparameters."""

import math
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import asdict
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Annotated, Any

import typer

from network.commands.options import SchedulerAddress, WorkerCount
from network.commands.test import measure
from network.commands.text.sweep_text import (
    format_importances,
    format_progress,
    format_ranking,
    format_trial,
)
from pipeline.errors import MissingError, UsageError
from pipeline.storage.cache import Cache, find_cache
from pipeline.terminal.completion import complete_names
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose, stop_requests
from pipeline.terminal.counted import counted
from pipeline.terminal.numbers import whole_option

SEEDS = 5  # of the runs of --best
SHOW_EVERY = 0.5  # seconds between two updates of the progress

if TYPE_CHECKING:
    from network.sweep.plan import Plan
    from network.sweep.search import Sweep
    from network.sweep.study import Study
    from network.sweep.workers.workers import Workers


def list_plans(cache: Cache) -> list[str]:
    """List the names of the plans of this package."""
    from network.sweep.plan import sweep_names

    return sweep_names()


def list_sweeps(cache: Cache) -> list[str]:
    """List the names of the saved sweeps."""
    from network.sweep.find_study import study_names

    return study_names(cache)


def sweep(
    plan: Annotated[
        Path | None, typer.Argument(metavar="PLAN", help="TOML file that describes the sweep.")
    ] = None,
    preset: Annotated[
        str | None,
        typer.Option(
            "--preset",
            metavar="NAME",
            help="Plan that comes with this package, such as defaults.",
            autocompletion=complete_names(list_plans),
        ),
    ] = None,
    name: Annotated[
        str | None,
        typer.Option(
            "--name",
            metavar="NAME",
            help="Name of the sweep. [default: that of the plan]",
            autocompletion=complete_names(list_sweeps),
        ),
    ] = None,
    trials: Annotated[
        int | None,
        whole_option(
            "--trials",
            1,
            example=50,
            metavar="N",
            help="Number of trials. [default: that of the plan]",
        ),
    ] = None,
    workers: WorkerCount = None,
    scheduler: SchedulerAddress = None,
    resume: Annotated[
        bool, typer.Option("--resume", help="Continue a sweep that was stopped.")
    ] = False,
    best: Annotated[
        bool, typer.Option("--best", help="Train the best settings again, and test them.")
    ] = False,
    seeds: Annotated[
        int | None,
        whole_option(
            "--seeds",
            1,
            1000,
            example=5,
            metavar="N",
            help="Number of runs of --best, each with another random seed. [default: 5]",
        ),
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Search for the best training settings.

    A sweep trains many runs (trials) with different settings, here or on a cluster.
    """
    from network.errors import NoClusterError
    from network.sweep.find_study import create_study, find_study_folder, load_study
    from network.sweep.plan_checks import require_validation
    from network.sweep.search import Sweep
    from network.sweep.space import configure_trial
    from network.sweep.study import own_study
    from network.sweep.workers.choose import choose_workers
    from network.training.initial_state import find_training_data

    console, cache = Console(json, quiet), find_cache(cache_dir)
    require_search_or_best(best, resume, trials, seeds)
    with ExitStack() as stack:
        if resume:
            stack.enter_context(own_study(find_study_folder(cache, name)))
        goes_on = load_study(cache, name) if resume or best else None
        chosen = choose_plan(goes_on, plan, preset)
        timeout = chosen.options.timeout
        requested = stack.enter_context(stop_requests())
        at_work = stack.enter_context(choose_workers(workers, scheduler, timeout))
        if best and goes_on:
            names = train_best(console, cache, goes_on, at_work, seeds or SEEDS, requested)
        else:
            data = find_training_data(cache, configure_trial(chosen.fixed, {}).dataset)
            if goes_on is None:
                require_validation(chosen.fixed, chosen.space, data.count)
            study = goes_on or create_study(cache, name or default_name(plan, preset), chosen)
            found = Sweep(study, at_work, data)
            try:
                signal_number = follow_sweep(console, found, trials or study.wanted, requested)
            except NoClusterError as error:
                raise NoClusterError(error.message, f"Resume: `{resume_command(study)}`") from error
    if best:
        measure(names, cache_dir=cache_dir, json=json, quiet=quiet, verbose=verbose)
        return
    if signal_number:
        console.stop(signal_number, "stopped", f"Next: {resume_command(study)}")
    print_end(console, study)


def require_search_or_best(best: bool, resume: bool, trials: int | None, seeds: int | None) -> None:
    """Require options of a search without --best, and of --best only with it.

    Raises: UsageError.
    """
    if best and (resume or trials is not None):
        option = "--resume" if resume else "--trials"
        raise UsageError(f"{option} cannot be combined with --best, which searches no further")
    if seeds is not None and not best:
        raise UsageError("--seeds has no effect without --best", "Leave it out")


def choose_plan(goes_on: "Study | None", plan: Path | None, preset: str | None) -> "Plan":
    """Return the plan that is given, or that of the sweep to resume.

    Raises: UsageError, MissingError.
    """
    from network.sweep.plan import load_plan, read_plan, sweep_names

    given = plan or preset
    if goes_on is not None:
        if given is not None:
            raise UsageError(
                f'a sweep keeps its plan, and the plan "{given}" is given', "Leave out the plan"
            )
        return goes_on.plan
    if plan is not None and preset is not None:
        raise UsageError(f'PLAN "{plan}" cannot be combined with --preset {preset}')
    if plan is not None:
        return read_plan(plan)
    if preset is not None:
        return load_plan(preset)
    raise UsageError("no plan is given", f"Name a TOML file, or use --preset {sweep_names()[0]}")


def default_name(plan: Path | None, preset: str | None) -> str:
    """Return the name of a sweep without --name: that of its plan."""
    return preset or (plan.stem if plan else "")


def follow_sweep(
    console: Console, sweep: "Sweep", wanted: int, requested: Callable[[], int]
) -> int:
    """Search to the end or until a signal comes, and print every trial.

    Returns: the number of the signal, or 0.
    """
    study = sweep.study
    begun = study.counts().finished
    console.note(
        f"sweep {study.name}: {counted(wanted, 'trial')}, {begun:,} done, "
        f"{counted(sweep.jobs.workers.count, 'worker')}"
    )
    started = shown = monotonic()
    ended_here = 0
    with console.live_lines() as show:
        for ended in sweep.run(wanted):
            ended_here += ended is not None
            if ended is not None and show is None:
                console.note(format_trial(study, ended))
            if show is not None and (now := monotonic()) - shown > SHOW_EVERY:
                pace = (now - started) / ended_here if ended_here else None
                show(format_progress(study, wanted, len(sweep.jobs), pace))
                shown = now
            if signal_number := requested():
                return signal_number
    return 0


def resume_command(study: "Study") -> str:
    """Return the command that resumes a sweep."""
    return f"network sweep --resume --name {study.name}"


def print_end(console: Console, study: "Study") -> None:
    """Print the results of a sweep, and save a chart of them."""
    from network.sweep.chart import draw_search

    counts, found = study.counts(), study.best()
    console.say(
        f"sweep {study.name}: {counted(counts.complete, 'trial')} complete, "
        f"{counts.pruned:,} pruned, {counts.failed:,} failed"
    )
    console.say(*format_ranking(study))
    if importances := study.importances():
        console.say("", *format_importances(importances))
    best = [{"value": json_value(one.objectives), "params": one.values} for one in found]
    result: dict[str, Any] = {
        "name": study.name,
        "trials": asdict(counts),
        "best": best[0] if best else None,
    }
    if len(study.plan.objectives) > 1:
        result["front"] = best  # Pareto front: no trial is better in all objectives
    console.result(result)
    if best:
        draw_search(study, study.folder / "search.png")
        console.note(f"Chart of the search: {study.folder / 'search.png'}")
        console.note(f"Saved in {study.folder}. Next: network sweep --best --name {study.name}")
    if counts.failed == counts.finished > 0:
        console.note("Every trial failed; change the plan, and give the sweep a new --name")
        raise typer.Exit(UsageError.exit_code)


def json_value(objectives: tuple[float, ...]) -> float | list[float | None] | None:
    """Return objectives for JSON: a number or a list, with infinity as null."""
    values = [value if math.isfinite(value) else None for value in objectives]
    return values if len(values) > 1 else values[0]


def train_best(
    console: Console,
    cache: Cache,
    study: "Study",
    workers: "Workers",
    seeds: int,
    requested: Callable[[], int],
) -> list[str]:
    """Train the best trial with several seeds, and return the names of the runs.

    Raises: MissingError if no trial is complete; SystemExit with 128 and a signal's number.
    """
    from network.commands.train_many import train_seeds_together

    found = study.best()
    if not found:
        raise MissingError(
            f"sweep {study.name} has no complete trial",
            f"Run `{resume_command(study)}`",
        )
    console.note(f"trial {found[0].number} of sweep {study.name}, {counted(seeds, 'seed')}")
    configuration = study.configuration(found[0].values)
    together = train_seeds_together(
        console, cache, workers, configuration, None, study.name, seeds, requested
    )
    return [result["run"] for result in together["runs"]]
