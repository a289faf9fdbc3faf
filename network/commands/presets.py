"""The command `network presets`: the presets, or one as a file."""

from typing import Annotated

import typer

from network.commands.options import complete_presets
from pipeline.terminal.console import Console, Json, Quiet, Verbose


def show_presets(
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="NAME",
            help="Preset to print. [default: list all]",
            autocompletion=complete_presets,
        ),
    ] = None,
    json: Json = False,
    quiet: Quiet = False,
    verbose: Verbose = False,
) -> None:
    """List the presets, or print one as a TOML file."""
    from network.training.find_preset import load_preset, preset_names

    console = Console(json, quiet)
    presets = [load_preset(known) for known in ([name] if name else preset_names())]
    if name:
        console.say(*presets[0].path.read_text("utf-8").splitlines())
    else:
        width = max(map(len, preset_names()))
        for preset in presets:
            reached = f"{preset.about['reaches']} in {preset.about['time']}"
            console.say(f"{preset.name:{width}}  {reached:28}  {preset.about['what']}")
    console.result(
        {preset.name: {"about": preset.about, "values": preset.values} for preset in presets}
    )
