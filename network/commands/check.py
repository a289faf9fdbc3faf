"""The command `network check`: gradients against finite differences."""

from typing import TYPE_CHECKING, Annotated

import typer

from network.commands.options import (
    PresetName,
    Settings,
    complete_runs,
    configure,
    spell_flag,
    training_options,
)
from pipeline.errors import UsageError
from pipeline.storage.cache import Cache, find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose
from pipeline.terminal.counted import counted
from pipeline.terminal.numbers import whole_option

SECONDS = 20.0  # for parameters one by one, of the minute that a check may take

if TYPE_CHECKING:
    from network.core.model import Model
    from network.core.params import Params
    from network.training.configuration import Configuration


@training_options("hidden", "layers", "activation", "loss")
def check(
    run: Annotated[
        str | None,
        typer.Argument(
            metavar="RUN",
            autocompletion=complete_runs,
            help="Name of a run. [default: an untrained network]",
        ),
    ] = None,
    preset: PresetName = None,
    *,
    settings: Settings,
    examples: Annotated[
        int,
        whole_option(
            "--examples", 1, example=100, metavar="N", help="Number of images to check on."
        ),
    ] = 8,
    sample: Annotated[
        int | None,
        whole_option(
            "--sample",
            1,
            example=100,
            metavar="N",
            help="Parameters of each array to check one by one. [default: as many as 20 s allow]",
        ),
    ] = None,
    every: Annotated[
        bool, typer.Option("--all", help="Check every parameter one by one, without a time limit.")
    ] = False,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check the gradients; exit with 1 if one is incorrect.

    Backpropagation is compared with finite differences: of all parameters together, along random
    directions, and of a sample of them one by one.
    """
    from network.commands.text.check_text import describe_checks, format_checks, show_time_left
    from network.core.data import load_examples
    from network.core.gradient_check import check_gradients
    from network.metrics.direction_check import check_directions
    from network.metrics.gradient_sample import affordable_sample
    from network.training.losses import LOSSES
    from pipeline.datasets.registry import find_dataset

    console, cache = Console(json, quiet), find_cache(cache_dir)
    require_one_model(run, settings, preset)
    if every and sample is not None:
        raise UsageError("--sample cannot be combined with --all, which checks every parameter")
    model, params, configuration = load_model(cache, run, settings, preset)
    few = load_examples(cache, find_dataset(cache, configuration.dataset), "train", examples)
    digits, loss_function = (few.images, few.labels), LOSSES[configuration.loss]()
    console.note(
        f"{counted(len(few), 'image')}, loss {configuration.loss}, central differences in float64"
    )
    directions = check_directions(model, loss_function, params, *digits)
    if sample is None and not every:
        sample = affordable_sample(model, params, few.images, SECONDS)
    with show_time_left(console, count_checked(params, sample)) as advance:
        checks = list(check_gradients(model, loss_function, params, *digits, sample, advance))
    for line in format_checks(checks, directions):
        console.say(line)
    result = describe_checks(checks, directions)
    console.result(result)
    if not result["right"]:
        raise SystemExit(1)


def require_one_model(run: str | None, settings: Settings, preset: str | None) -> None:
    """Require a run or the options of a network, not both.

    Raises: UsageError.
    """
    given = [*map(spell_flag, settings), *(["--preset"] if preset else [])]
    if run is not None and given:
        raise UsageError(
            f'{given[0]} cannot be combined with RUN "{run}", which has its own layers'
        )


def load_model(
    cache: Cache, run: str | None, settings: Settings, preset: str | None
) -> tuple["Model", "Params", "Configuration"]:
    """Return the model to check with its parameters and its configuration.

    Raises: UsageError, MissingError, CorruptError.
    """
    from network.runs.folder import load_run
    from network.runs.names import find_run
    from network.runs.training_run import load_initial_model

    if run is None:
        configuration = configure(settings, preset)
        return *load_initial_model(cache, configuration), configuration
    checkpoint, configuration = load_run(find_run(cache, run))
    return checkpoint.model, checkpoint.params, configuration


def count_checked(params: "Params", sample: int | None) -> int:
    """Count the parameters that are checked one by one; None means all of each array."""
    from network.core.params import named_arrays

    sizes = [array.size for _, array in named_arrays(params)]
    return sum(size if sample is None else min(size, sample) for size in sizes)
