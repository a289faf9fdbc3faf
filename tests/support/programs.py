"""Both command lines, and each of their commands as it is typed."""

import network.cli
import pipeline.cli

PROGRAMS = (pipeline.cli.program, network.cli.program)
COMMANDS = [f"{program.name} {command}" for program in PROGRAMS for command in program.commands]
