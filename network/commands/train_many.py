"""Training of several runs, one after the other or at once."""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from network.commands.train_and_print import (
    continue_run,
    note_no_validation,
    note_stuck,
    print_end,
    result_json,
)
from pipeline.storage.cache import Cache
from pipeline.terminal.as_called import quote
from pipeline.terminal.console import Console
from pipeline.terminal.counted import counted

if TYPE_CHECKING:
    from network.sweep.workers.train_many import RemoteRun
    from network.sweep.workers.workers import Workers
    from network.training.configuration import Configuration


def choose_workers_for(
    workers: int | None, scheduler: str | None
) -> AbstractContextManager["Workers | None"]:
    """Return the workers that are requested, or None for this process.

    Raises: UsageError, MissingError, NoClusterError.
    """
    from network.sweep.workers.choose import choose_workers

    if workers is None and scheduler is None:
        return nullcontext()
    return choose_workers(workers, scheduler, math.inf)


def train_many(
    console: Console,
    cache: Cache,
    remote_runs: Sequence["RemoteRun"],
    workers: "Workers | None",
    requested: Callable[[], int],
) -> list[dict[str, Any]]:
    """Train runs to their ends, by workers or one after the other.

    Raises: DivergedError, NoClusterError; SystemExit with 128 and the signal's number.
    """
    if workers is not None:
        return train_together(console, workers, remote_runs, requested)
    runs = [remote_run.run for remote_run in remote_runs]
    return [
        continue_run(console, cache, run, requested, then=[it.name for it in runs[index + 1 :]])
        for index, run in enumerate(runs)
    ]


def train_together(
    console: Console,
    workers: "Workers",
    remote_runs: Sequence["RemoteRun"],
    requested: Callable[[], int],
) -> list[dict[str, Any]]:
    """Train runs to their ends by workers, several at once."""
    from network.commands.text.run_text import format_epoch
    from network.errors import NoClusterError
    from network.sweep.workers.train_many import require_no_films, train_all

    require_no_films(remote_runs)
    console.note(f"runs to train: {len(remote_runs)}, workers: {workers.count}")
    note_few_images(console, remote_runs)
    epochs, left = sum(remote_run.epochs_left for remote_run in remote_runs), remote_runs
    with console.progress("training", epochs, "epochs") as advance:
        try:
            for further in train_all(workers, remote_runs):
                if further is not None:
                    remote_run, more = further
                    line = format_epoch(
                        remote_run.state.history[-1], remote_run.configuration.epochs
                    )
                    console.note(f"run {remote_run.run.name}: {line}")
                    advance(more)
                left = [remote_run for remote_run in remote_runs if not remote_run.has_ended]
                if left and (signal_number := requested()):
                    console.stop(signal_number, *describe_rest(workers, left))
        except NoClusterError as error:
            raise NoClusterError(error.message, f"Resume here: `{resume_command(left)}`") from error
    return [print_result(console, remote_run) for remote_run in remote_runs]


def note_few_images(console: Console, remote_runs: Sequence["RemoteRun"]) -> None:
    """Print that a run has no validation images because it has too few images."""
    from network.core.data import count_held_out

    for remote_run in remote_runs:
        configuration = remote_run.configuration
        numbers = [it for it in (remote_run.data.count, configuration.limit) if it is not None]
        if numbers and not count_held_out(min(numbers), configuration.validation):
            note_no_validation(console, configuration, min(numbers))
            return


def describe_rest(workers: "Workers", left: Sequence["RemoteRun"]) -> list[str]:
    """Return the epochs of runs that were stopped, and the command that resumes them."""
    lines = []
    for remote_run in left:
        done, epochs = len(remote_run.state.history), remote_run.configuration.epochs
        lines.append(
            f"stopped: run {remote_run.run.name} after {done} of {counted(epochs, 'epoch')}"
        )
    return [*lines, f"Next: {resume_command(left)} {workers.options}"]


def resume_command(left: Sequence["RemoteRun"]) -> str:
    """Return the command that resumes the runs that have not ended."""
    return f"network train --resume {' '.join(remote_run.run.name for remote_run in left)}"


def print_result(console: Console, remote_run: "RemoteRun") -> dict[str, Any]:
    """Print the result of a run that workers have trained, and return it."""
    seconds = sum(epoch.seconds for epoch in remote_run.state.history)
    result = result_json(remote_run.run, remote_run.state, seconds)
    print_end(console, result)
    note_stuck(console, remote_run.configuration, remote_run.recipe, remote_run.state)
    return result


def train_seeds_one_by_one(
    console: Console,
    configuration: "Configuration",
    name: str | None,
    seeds: int,
    train: Callable[["Configuration", str | None], dict[str, Any]],
    typed: Sequence[str],
) -> dict[str, Any]:
    """Train one run per seed; `train` trains a run of this configuration and name.

    `typed` are the other options, for the command that trains the seeds that a signal leaves.

    Raises: SystemExit with 128 and the signal's number.
    """
    results = []
    for one in with_seeds(configuration, seeds):
        try:
            results.append(train(one, name and f"{name}-{one.seed}"))
        except SystemExit:
            if left := configuration.seed + seeds - 1 - one.seed:
                rest = seeds_options(one.seed + 1, left, name)
                console.warn(f"Then: {quote(['network', 'train', *typed, *rest])}")
            raise
    return print_summary(console, results)


def seeds_options(seed: int, seeds: int, name: str | None) -> list[str]:
    """Return the options of the seeds that are left; a single run has its whole name."""
    several = [] if seeds == 1 else ["--seeds", str(seeds)]
    named = f"{name}-{seed}" if seeds == 1 else name
    return ["--seed", str(seed), *several, *(["--name", named] if name and named else [])]


def train_seeds_together(
    console: Console,
    cache: Cache,
    workers: "Workers",
    configuration: "Configuration",
    name: str | None,
    stem: str | None,
    seeds: int,
    requested: Callable[[], int],
) -> dict[str, Any]:
    """Train one configuration with several seeds at once.

    Raises: UsageError, SystemExit with 128 and the signal's number, and as `train_together` does.
    """
    from network.runs.names import check_new_name
    from network.sweep.workers.train_many import create_remote_run

    own = with_seeds(configuration, seeds)
    names = [name and f"{name}-{one.seed}" for one in own]
    for one in names:
        check_new_name(cache, one)
    remote_runs = [create_remote_run(cache, *each, stem) for each in zip(own, names, strict=True)]
    return print_summary(console, train_together(console, workers, remote_runs, requested))


def with_seeds(configuration: "Configuration", seeds: int) -> list["Configuration"]:
    """Return copies of a configuration, each with the next seed."""
    return [replace(configuration, seed=configuration.seed + index) for index in range(seeds)]


def print_summary(console: Console, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Print the mean and the spread of the accuracies over the seeds."""
    names = " ".join(result["run"] for result in results)
    accuracies = [result["validation"]["accuracy"] for result in results]
    spread: dict[str, float | None] = {"mean": None, "sd": None}
    if len(results) > 1 and None not in accuracies:
        from statistics import mean, stdev  # slow to import, and not needed for `--help`

        spread = {"mean": mean(accuracies), "sd": stdev(accuracies)}
        console.say(
            f"{len(results)} seeds: validation accuracy {100 * mean(accuracies):.2f} %, standard "
            f"deviation {100 * stdev(accuracies):.2f}, from {100 * min(accuracies):.2f} "
            f"to {100 * max(accuracies):.2f}"
        )
    console.note(f"Next: network test {names}")
    return {"runs": results, "validation": spread}
