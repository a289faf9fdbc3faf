"""Turn the seed project's parameter files into a run."""

from pathlib import Path
from typing import Annotated

import typer

from network.commands.options import NewName, configure
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


def import_original(
    weights: Annotated[Path, typer.Argument(metavar="WEIGHTS.pickle")],
    biases: Annotated[Path, typer.Argument(metavar="BIASES.pickle")],
    name: NewName = "seed",
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Turn the seed project's parameter files into a run."""
    from network.core.params import count_params
    from network.runs.import_original import load_original
    from network.runs.names import create_run

    console, cache = Console(json, quiet), find_cache(cache_dir)
    model, params = load_original(weights, biases)
    hidden = tuple(len(layer["bias"]) for layer in params if layer)[:-1]
    configuration = configure(",".join(map(str, hidden)) or "none", epochs=0)
    run = create_run(cache, name, model, params, configuration, origin={"seen": None})
    console.say(f"run {run.name}: {count_params(params):,} parameters of the seed")
    console.note(f"Saved in {run.folder}. Next: network test {run.name} --limit 1000")
    console.result({"run": run.name, "folder": str(run.folder), "parameters": count_params(params)})
