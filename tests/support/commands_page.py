"""Write docs/reference/commands.md: every command with its help, from the declarations.

python -m tests.support.commands_page > docs/reference/commands.md
"""

from collections.abc import Iterator

from typer.testing import CliRunner

from tests.support.programs import PROGRAMS

HEAD = """# Commands

This page is made from the declarations of the commands: it is their `--help`.

Results go to stdout, progress and notes to stderr. `--json` prints one JSON object instead, also
for an error. `--cache-dir` chooses the folder for all files; `pipeline where` prints which it is.

| exit code | meaning |
|--:|---|
| 0 | success |
| 1 | an internal error, or a gradient that is wrong |
| 2 | a command, an option or a value that is not valid |
| 3 | something is missing: a file, a run, a package |
| 4 | a file is damaged, or is not safe to load |
| 5 | a download failed, or a cluster cannot be reached |
| 6 | the disk is full, or permission is denied |
| 7 | training diverged |
| 130, 143 | stopped by Ctrl-C or by SIGTERM; a training saves first |"""


def render_commands() -> str:
    """Return the page as Markdown."""
    return "\n".join(page_parts()) + "\n"


def page_parts() -> Iterator[str]:
    """Yield the head, and the help of every command that is not hidden."""
    yield HEAD
    for program in PROGRAMS:
        for command, declared in program.commands.items():
            if not declared.hidden:
                asked, width = [command, "--help"], {"COLUMNS": "100"}
                app = program.app(command)
                shown = CliRunner().invoke(app, asked, prog_name=program.name, env=width)
                text = "\n".join(line.rstrip() for line in shown.output.strip().splitlines())
                yield f"\n## {program.name} {command}\n\n```text\n{text}\n```"


if __name__ == "__main__":
    print(render_commands(), end="")
