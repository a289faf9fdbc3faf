"""Train several runs to their ends, one after the other or at once."""

import math
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import replace
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from network.commands.train_and_print import continue_run, result_of, tell_end
from pipeline.storage.cache import Cache
from pipeline.terminal.console import Console

if TYPE_CHECKING:
    from network.sweep.workers.train_many import Trainee
    from network.sweep.workers.workers import Workers
    from network.training.configuration import Configuration


def find_staff(
    workers: int | None, scheduler: str | None
) -> AbstractContextManager["Workers | None"]:
    """Choose who trains: workers, where they are asked for, and otherwise this process.

    Raises: UsageError, MissingError, NoClusterError.
    """
    from network.sweep.workers.choose import find_workers

    if workers is None and scheduler is None:
        return nullcontext()
    return find_workers(workers, scheduler, math.inf)


def train_many(
    console: Console,
    cache: Cache,
    trainees: Sequence["Trainee"],
    workers: "Workers | None",
    requested: Callable[[], int],
) -> list[dict[str, Any]]:
    """Train runs that have been begun to their ends, by workers or one after the other.

    Raises: DivergedError, NoClusterError; SystemExit with 128 and the signal's number.
    """
    if workers is not None:
        return train_together(console, workers, trainees, requested)
    runs = [trainee.run for trainee in trainees]
    return [
        continue_run(console, cache, run, requested, then=[it.name for it in runs[index + 1 :]])
        for index, run in enumerate(runs)
    ]


def train_together(
    console: Console,
    workers: "Workers",
    trainees: Sequence["Trainee"],
    requested: Callable[[], int],
) -> list[dict[str, Any]]:
    """Have workers train runs to their ends, several at once."""
    from network.commands.text.run_text import epoch_line
    from network.sweep.workers.train_many import refuse_films, train_all
    from network.sweep.workers.workers import NoClusterError

    refuse_films(trainees)
    console.note(f"runs to train: {len(trainees)}, workers: {workers.count}")
    epochs, left = sum(trainee.epochs_left for trainee in trainees), trainees
    with console.progress("training", epochs, "epochs") as advance:
        try:
            for further in train_all(workers, trainees):
                if further is not None:
                    trainee, more = further
                    line = epoch_line(trainee.state.history[-1], trainee.configuration.epochs)
                    console.note(f"run {trainee.run.name}: {line}")
                    advance(more)
                left = [trainee for trainee in trainees if not trainee.has_ended]
                if left and (signal_number := requested()):
                    tell_rest(console, workers, left)
                    raise SystemExit(128 + signal_number)
        except NoClusterError as error:
            raise NoClusterError(error.message, f"`{going_on(left)}` goes on here") from error
    return [tell_result(console, trainee) for trainee in trainees]


def tell_rest(console: Console, workers: "Workers", left: Sequence["Trainee"]) -> None:
    """Say how far runs have come that were stopped, and how they go on."""
    for trainee in left:
        done, epochs = len(trainee.state.history), trainee.configuration.epochs
        console.note(f"stopped: run {trainee.run.name} after {done} of {epochs} epochs")
    console.note(f"Next: {going_on(left)} {workers.options}")


def going_on(left: Sequence["Trainee"]) -> str:
    """Write the command that trains to their ends those that are not there yet."""
    return f"network train --resume {' '.join(trainee.run.name for trainee in left)}"


def tell_result(console: Console, trainee: "Trainee") -> dict[str, Any]:
    """Say what has come of a run that workers have trained."""
    seconds = sum(epoch.seconds for epoch in trainee.state.history)
    result = result_of(trainee.run, trainee.state, seconds)
    tell_end(console, result)
    return result


def train_seeds_in_turn(
    console: Console,
    configuration: "Configuration",
    name: str | None,
    seeds: int,
    train: Callable[["Configuration", str | None], dict[str, Any]],
) -> dict[str, Any]:
    """Train with one seed after the other; `train` trains a run of this configuration and name.

    Raises: SystemExit with 128 and the signal's number.
    """
    results = []
    for one in with_seeds(configuration, seeds):
        try:
            results.append(train(one, name and f"{name}-{one.seed}"))
        except SystemExit:
            if left := configuration.seed + seeds - 1 - one.seed:
                console.note(f"Then: the same with --seed {one.seed + 1} --seeds {left}")
            raise
    return sum_up(console, results)


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
    from network.sweep.workers.train_many import begin_trainee

    own = with_seeds(configuration, seeds)
    names = [name and f"{name}-{one.seed}" for one in own]
    for one in names:
        check_new_name(cache, one)
    trainees = [begin_trainee(cache, *each, stem) for each in zip(own, names, strict=True)]
    return sum_up(console, train_together(console, workers, trainees, requested))


def with_seeds(configuration: "Configuration", seeds: int) -> list["Configuration"]:
    """Vary a configuration by its seed alone."""
    return [replace(configuration, seed=configuration.seed + index) for index in range(seeds)]


def sum_up(console: Console, results: list[dict[str, Any]]) -> dict[str, Any]:
    """Say how much runs depend on their seeds."""
    names = " ".join(result["run"] for result in results)
    accuracies = [result["validation"]["accuracy"] for result in results]
    spread: dict[str, float | None] = {"mean": None, "sd": None}
    if len(results) > 1 and None not in accuracies:
        spread = {"mean": mean(accuracies), "sd": stdev(accuracies)}
        console.say(
            f"{len(results)} seeds: validation accuracy {100 * mean(accuracies):.2f} %, standard "
            f"deviation {100 * stdev(accuracies):.2f}, from {100 * min(accuracies):.2f} "
            f"to {100 * max(accuracies):.2f}"
        )
    console.note(f"Next: network test {names}")
    return {"runs": results, "validation": spread}
