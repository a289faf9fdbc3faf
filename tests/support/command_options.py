"""Every option and argument of every command, as the command line declares them."""

import typer

from tests.support.programs import PROGRAMS

APPS = {program.name: program.app() for program in PROGRAMS}


def command_options():
    """List (command, parameter), such as ("network predict", the parameter of --out)."""
    return [
        (f"{program} {name}", parameter)
        for program, app in APPS.items()
        for name, command in typer.main.get_command(app).commands.items()
        for parameter in command.params
    ]
