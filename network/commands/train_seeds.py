"""Train one configuration with several seeds, one after the other or at once."""

from collections.abc import Callable
from dataclasses import replace
from statistics import mean, stdev
from typing import TYPE_CHECKING, Any

from network.commands.following import result_of, tell_end
from pipeline.cache import Cache
from pipeline.console import Console

if TYPE_CHECKING:
    from network.configuration import Configuration
    from network.workers import Workers


def train_one_by_one(
    console: Console,
    configuration: "Configuration",
    name: str | None,
    seeds: int,
    train: Callable[["Configuration", str | None], dict[str, Any]],
) -> dict[str, Any]:
    """Train with one seed after the other; `train` trains a run of this configuration and name."""
    own = [replace(configuration, seed=configuration.seed + index) for index in range(seeds)]
    return sum_up(console, [train(one, name and f"{name}-{one.seed}") for one in own])


def train_together(
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

    Raises: SystemExit with 128 and the signal's number.
    """
    from network.parallel_training import train_all
    from network.remote_training import find_data
    from network.run_names import check_new_name

    own = [replace(configuration, seed=configuration.seed + index) for index in range(seeds)]
    names = [name and f"{name}-{one.seed}" for one in own]
    for one in names:
        check_new_name(cache, one)
    data = find_data(cache, configuration.dataset)
    console.note(f"{seeds} seeds, {workers.count} workers")
    results: list[dict[str, Any]] = [{}] * seeds
    with console.progress("training", seeds, "runs") as advance:
        for trained in train_all(cache, workers, data, own, names, stem):
            if trained is not None:
                seconds = sum(epoch.seconds for epoch in trained.state.history)
                results[trained.place] = result_of(trained.run, trained.state, seconds)
                tell_end(console, results[trained.place])
                advance(1)
            if signal_number := requested():
                raise SystemExit(128 + signal_number)
    return sum_up(console, results)


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
