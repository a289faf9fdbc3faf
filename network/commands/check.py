"""Check every gradient against finite differences."""

import math
from typing import Annotated

import typer

from network.commands.options import PresetName, Settings, configure, training_options
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


@training_options("hidden", "layers", "activation", "loss")
def check(
    run: Annotated[
        str | None,
        typer.Argument(metavar="RUN", help="A run's name. [default: an untrained network]"),
    ] = None,
    preset: PresetName = None,
    *,
    settings: Settings,
    examples: Annotated[
        int, typer.Option("--examples", min=1, metavar="N", help="Number of images to check on.")
    ] = 8,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", min=1, metavar="N", help="Parameters per array to check. [default: all]"
        ),
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Check every gradient; exit 1 if a layer's is wrong."""
    from network.commands.text.run_text import format_advice, format_check
    from network.core.data import load_examples
    from network.core.gradient_check import check_gradients
    from network.core.losses import LOSSES
    from network.core.params import count_params
    from network.runs.folder import load_run
    from network.runs.names import find_run
    from network.runs.training_run import load_initial_model
    from pipeline.datasets.registry import find_dataset

    console, cache = Console(json, quiet), find_cache(cache_dir)
    if run is None:
        configuration = configure(settings, preset)
        model, params = load_initial_model(cache, configuration)
    else:
        checkpoint, configuration = load_run(find_run(cache, run))
        model, params = checkpoint.model, checkpoint.params
    few = load_examples(cache, find_dataset(cache, configuration.dataset), "train", examples)
    loss_function = LOSSES[configuration.loss]()
    console.note(f"{len(few)} images, loss {configuration.loss}, central differences in float64")
    with console.progress("checking", count_params(params), "parameters") as advance:
        checks = list(
            check_gradients(model, loss_function, params, few.images, few.labels, sample, advance)
        )
    for array_check in checks:
        console.say(format_check(array_check))
    is_right = all(array_check.is_right for array_check in checks)
    console.say("every gradient is right" if is_right else format_advice(checks))
    console.result(
        {
            "right": is_right,
            "arrays": [
                {
                    "layer": item.layer,
                    "layer_name": item.layer_name,
                    "array_name": item.array_name,
                    "checked": item.checked,
                    "relative_error": finite_or_none(item.relative_error),
                    "right": item.is_right,
                }
                for item in checks
            ],
        }
    )
    if not is_right:
        raise SystemExit(1)


def finite_or_none(number: float) -> float | None:
    """JSON has no infinity and no NaN."""
    return number if math.isfinite(number) else None
