"""Write an untrained network."""

from network.commands.options import (
    Activation,
    DatasetName,
    Gain,
    Hidden,
    Initializer,
    Layers,
    LossName,
    NewName,
    PresetName,
    Seed,
    configure,
)
from pipeline.storage.cache import find_cache
from pipeline.terminal.console import CacheDir, Console, Json, Quiet, Verbose


def init(
    preset: PresetName = None,
    hidden: Hidden = None,
    activation: Activation = None,
    initializer: Initializer = None,
    gain: Gain = None,
    layers: Layers = None,
    loss: LossName = None,
    seed: Seed = None,
    name: NewName = None,
    dataset: DatasetName = None,
    cache_dir: CacheDir = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """Write an untrained network, to look at or to start from."""
    from network.core.params import count_params
    from network.runs.names import create_run
    from network.runs.training_run import load_initial_model

    console, cache = Console(json, quiet), find_cache(cache_dir)
    configuration = configure(
        preset=preset, hidden=hidden, activation=activation, initializer=initializer,
        gain=gain, layers=layers, loss=loss, seed=seed, dataset=dataset, epochs=0,
    )  # fmt: skip
    model, params = load_initial_model(cache, configuration)
    run = create_run(cache, name, model, params, configuration, origin={"seen": []})
    console.say(f"run {run.name}: {count_params(params):,} parameters, untrained")
    console.note(f"Saved in {run.folder}. Next: network train --from {run.name}")
    console.result({"run": run.name, "folder": str(run.folder), "parameters": count_params(params)})
