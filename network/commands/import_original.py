"""The command `network import-original`: a run from the original parameter files."""

from pathlib import Path
from typing import Annotated

import typer

from network.training.configuration import Configuration
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


def import_original(
    context: typer.Context,
    weights: Annotated[Path, typer.Argument(metavar="FILE", help="Pickle file of the weights.")],
    biases: Annotated[Path, typer.Argument(metavar="FILE", help="Pickle file of the biases.")],
    name: Annotated[
        str | None,
        typer.Option("--name", metavar="NAME", help="Name of the new run. [default: original]"),
    ] = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Import the network of the original project as a run.

    The original project published its weights and biases in two pickle files:
    trainedWeights.pickle and trainedBiases.pickle in github.com/jsteng19/MNIST_Neural_Net.
    """
    from network.core.params import count_params
    from network.runs.import_original import load_original
    from network.runs.names import create_run

    console, cache = Console(json, quiet), find_cache(cache_dir)
    model, params = load_original(weights, biases)
    hidden = tuple(len(layer["bias"]) for layer in params if layer)[:-1]
    configuration = Configuration(hidden=hidden, epochs=0)
    run = create_run(
        cache, name or default_name(context), model, params, configuration, origin={"seen": None}
    )
    console.say(f"run {run.name}: {count_params(params):,} parameters of the original")
    console.note(f"Saved in {run.folder}. Next: network test {run.name} --limit 1000")
    console.result({"run": run.name, "folder": str(run.folder), "parameters": count_params(params)})


def default_name(context: typer.Context) -> str:
    """Return the name of a run without --name: `seed` for the alias `import-seed`."""
    return "seed" if context.info_name == "import-seed" else "original"
