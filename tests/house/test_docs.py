"""The documents say what the code does: commands, code blocks, names, links, files."""

import importlib.metadata
import inspect
import json
import re
import shlex
import subprocess
import sys
import textwrap
import tomllib

import pytest
from typer.testing import CliRunner

import network
from network.core.train_step import train_step
from network.errors import DivergedError, NoClusterError
from tests.support.checkout import REPOSITORY
from tests.support.commands_page import render_commands
from tests.support.import_graph import MODULES
from tests.support.programs import COMMANDS, PROGRAMS

# Runs blocks as programs of their own, one after the other, with what they import imported once.
RUN_BLOCKS = """
import json, sys
for block in json.load(sys.stdin):
    exec(compile(block, block, "exec"), {"__name__": "__main__"})
"""
AS_A_USER = {"PYTHONPATH": str(REPOSITORY), "PATH": ""}
README = (REPOSITORY / "README.md").read_text("utf-8")
DOCUMENTS = sorted([*REPOSITORY.glob("*.md"), *(REPOSITORY / "docs").rglob("*.md")])


@pytest.mark.parametrize(
    ("program", "command"),
    [(program, command) for program in PROGRAMS for command in program.commands],
    ids=COMMANDS,
)
def test_every_command_is_in_the_readme_and_every_option_is_explained(program, command):
    assert program.commands[command].hidden or f"`{program.name} {command}" in README
    shown = CliRunner().invoke(program.app(command), [command, "--help"], env={"COLUMNS": "200"})
    assert shown.exit_code == 0
    for line in re.findall(r"^  (?:-\w, )?--.*$", shown.output, re.MULTILINE):
        assert re.search(r"  +\S", line.strip()), (
            f"{program.name} {command}: {line.strip()} is not explained"
        )


def test_the_page_of_commands_is_their_help():
    page = (REPOSITORY / "docs" / "reference" / "commands.md").read_text("utf-8")
    assert page == render_commands(), "Write it again: make generated"


def test_the_table_of_exit_codes_has_every_error():
    page = (REPOSITORY / "docs" / "reference" / "commands.md").read_text("utf-8")
    rows = dict(re.findall(r"^\| (\d) \| (.*) \|$", page, re.MULTILINE))
    sources = "".join(path.read_text("utf-8") for path in MODULES.values())
    codes = re.findall(r"^    exit_code = (\d+)$", sources, re.MULTILINE)
    assert codes.count(str(DivergedError.exit_code)) == 1  # it means nothing else
    assert rows.keys() == {*codes, "0", "1"}, "Errors with codes belong in errors.py of a package."
    assert "cluster" in rows[str(NoClusterError.exit_code)]
    assert "diverged" in rows[str(DivergedError.exit_code)]


def test_train_step_is_quoted_as_it_is():
    source = textwrap.dedent(inspect.getsource(train_step))
    (quoted,) = [
        block
        for block in re.findall(r"```python\n(.*?)```", README, re.DOTALL)
        if "backward(" in block
    ]
    assert textwrap.indent(quoted, "    ") in source


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_code_blocks_run(path, tmp_path):
    blocks = re.findall(r"```python run\n(.*?)```", path.read_text("utf-8"), re.DOTALL)
    if blocks:
        done = subprocess.run(
            [sys.executable, "-W", "error", "-c", RUN_BLOCKS], cwd=tmp_path, capture_output=True,
            text=True, env={**AS_A_USER, "MNIST_CACHE_DIR": str(tmp_path)}, check=False,
            input=json.dumps(blocks),
        )  # fmt: skip
        assert done.returncode == 0, done.stderr
    assert blocks or path != REPOSITORY / "README.md"


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(path):
    for target in re.findall(r"\]\(([^)#]+)\)", path.read_text("utf-8")):
        assert target.startswith("http") or (path.parent / target).exists(), target


def test_the_reading_order_names_every_module_of_the_textbook():
    order = network.__doc__.partition("in this order:")[2].partition(" which serve")[0]
    modules = {path.stem for path in (REPOSITORY / "network" / "core").glob("[!_]*.py")}
    assert set(re.findall(r"\w+", order)) & modules == modules, "Correct network/__init__.py."


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_files_in_the_documents_exist(path):
    named = re.findall(
        r"`((?:network|pipeline|tests|benchmarks|docs)/[\w/.-]+)`", path.read_text("utf-8")
    )
    missing = [it for it in named if not (REPOSITORY / it).exists()]
    assert not missing, f"{path.name} names {missing}, which do not exist. Correct the paths."


@pytest.mark.parametrize("path", DOCUMENTS, ids=lambda path: path.name)
def test_commands_in_the_documents_exist(path):
    text = path.read_text("utf-8")
    assert set(re.findall(r"`((?:pipeline|network) [a-z][a-z-]+)", text)) <= set(COMMANDS)
    for line in re.findall(r"^\.venv/bin/(?:pipeline|network) .*$", text, re.MULTILINE):
        program, command, *_ = shlex.split(line.removeprefix(".venv/bin/"))
        assert f"{program} {command}" in COMMANDS


def test_the_version_is_the_same_everywhere():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    changelog = (REPOSITORY / "CHANGELOG.md").read_text("utf-8")
    versions = re.findall(r"^## (?!Unreleased)(\S+)", changelog, re.MULTILINE)
    assert versions[0] == project["version"]
    assert importlib.metadata.version("mnist-neural-net") == project["version"]


def test_every_dependency_is_pinned_by_name():
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    extras = project["optional-dependencies"]
    wanted = [*project["dependencies"], *extras["dev"], *extras["lab"], *extras["sweep"]]
    pinned = re.findall(
        r"^([\w.-]+)==", (REPOSITORY / "constraints.txt").read_text("utf-8"), re.MULTILINE
    )
    names = {re.match(r"[\w-]+", requirement)[0].lower() for requirement in wanted}
    names.discard(project["name"])  # with one of its own extras
    assert names <= {name.lower().replace("_", "-") for name in pinned}
    assert "://" not in (REPOSITORY / "constraints.txt").read_text("utf-8")
