"""Write docs/reference/commands.md: exit codes and commands, from the declarations.

make generated
"""

from collections.abc import Iterator

from typer.testing import CliRunner

import network.errors
import pipeline.errors
from pipeline.errors import ProjectError
from tests.support.programs import PROGRAMS

HEAD = """# Commands

This page is generated: it has the `--help` of every command.

Results are printed to stdout, progress and notes to stderr. With `--json`, a command prints one
JSON object instead: the result or the error. `--cache-dir` sets the cache folder, which has all
datasets and runs. `pipeline where` prints this folder.

| exit code | meaning |
|--:|---|
| 0 | success |
| 1 | an internal error; an incorrect gradient (`check`); different weights (`replay`) |
{errors}
| 130, 143 | stopped by Ctrl-C or by SIGTERM; a training is saved first |
| 141 | the program that reads the output has ended, such as `head` |"""


def render_commands() -> str:
    """Return the page as Markdown."""
    return "\n".join(page_parts()) + "\n"


def page_parts() -> Iterator[str]:
    """Yield the head, and the help of every command that is not hidden."""
    yield HEAD.format(errors="\n".join(error_rows()))
    for program in PROGRAMS:
        for command, declared in program.commands.items():
            if not declared.hidden:
                asked, width = [command, "--help"], {"COLUMNS": "100"}
                app = program.app(command)
                shown = CliRunner().invoke(app, asked, prog_name=program.name, env=width)
                text = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
                yield f"\n## {program.name} {command}\n\n```text\n{text}\n```"


def error_rows() -> Iterator[str]:
    """Yield a row for every exit code of an error, with the first sentence of each class.

    A TypeError is for callers in Python alone; no command ends with it.
    """
    modules = (pipeline.errors, network.errors)
    classes = [it for module in modules for it in vars(module).values() if isinstance(it, type)]
    classes = [it for it in classes if not issubclass(it, TypeError)]
    for code in sorted({it.exit_code for it in classes} - {ProjectError.exit_code}):
        alike = [it for it in classes if it.exit_code == code]
        meanings = [str(it.__doc__).split(".\n")[0].rstrip(".") for it in alike]
        words = "; ".join(meaning[0].lower() + meaning[1:] for meaning in meanings)
        yield f"| {code} | {words} |"


if __name__ == "__main__":
    print(render_commands(), end="")
