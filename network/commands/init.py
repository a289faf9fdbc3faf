"""The command `network init`: an untrained network."""

from network.commands.options import (
    NewName,
    PresetName,
    Settings,
    configure,
    training_options,
)
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


@training_options(
    "hidden", "layers", "activation", "initializer", "gain", "loss", "dataset", "seed"
)
def init(
    preset: PresetName = None,
    *,
    settings: Settings,
    name: NewName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Save a network with its initial weights as a run.

    You can examine this untrained network, or train it with `network train --from RUN`.
    """
    from network.core.params import count_params
    from network.runs.names import create_run
    from network.runs.start_command import start_command
    from network.runs.training_run import load_initial_model

    console, cache = Console(json, quiet), find_cache(cache_dir)
    configuration = configure({**settings, "epochs": "0"}, preset)
    model, params = load_initial_model(cache, configuration)
    run = create_run(cache, name, model, params, configuration, origin={"seen": []})
    console.say(f"run {run.name}: {count_params(params):,} parameters, untrained")
    console.note(f"Saved in {run.folder}. Next: {start_command(run.name, configuration.to_dict())}")
    console.result({"run": run.name, "folder": str(run.folder), "parameters": count_params(params)})
