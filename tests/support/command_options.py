"""Every option and argument of every command, as the command line declares them."""

import typer

import network.cli
import pipeline.cli

APPS = {"pipeline": pipeline.cli.app, "network": network.cli.app}


def command_options():
    """List (command, parameter), such as ("network predict", the parameter of --out)."""
    return [
        (f"{program} {name}", parameter)
        for program, app in APPS.items()
        for name, command in typer.main.get_command(app).commands.items()
        for parameter in command.params
    ]
