"""Commands in printed texts can be typed in the same shell."""

import os
import shlex
import subprocess
import sys
import venv

import pytest

from pipeline.terminal.as_called import WITHOUT_CACHE, as_called, name_output
from tests.support.checkout import REPOSITORY
from tests.support.command_options import command_options
from tests.support.pace import PATIENCE

# pip's script for an entry point, so that `sys.argv[0]` is the path of the script.
SCRIPT = """#!/bin/sh
'''exec' "{python}" "$0" "$@"
'''
from {name}.cli import main
main()
"""


@pytest.fixture(scope="module")
def environment(tmp_path_factory):
    """An inactive virtual environment with this project, in a path with a space."""
    folder = tmp_path_factory.mktemp("a project") / ".venv"
    venv.create(folder, symlinks=True)
    (site,) = folder.glob("lib/*/site-packages")
    paths = [REPOSITORY, *(path for path in sys.path if path.endswith("site-packages"))]
    (site / "project.pth").write_text("\n".join(map(str, paths)))
    for name in ("pipeline", "network"):
        script = folder / "bin" / name
        script.write_text(SCRIPT.format(python=folder / "bin" / "python", name=name))
        script.chmod(0o755)
    return folder


CALLS = {
    "by the path of the script": (".venv/bin/pipeline", ""),
    "as a module": (".venv/bin/python -m pipeline", ""),
    "from PATH": ("pipeline", ".venv/bin"),
    "as a module, from PATH": ("python -m pipeline", ".venv/bin"),
}


@pytest.mark.slow
@pytest.mark.parametrize("how", CALLS)
def test_the_next_command_can_be_typed_where_it_is_read(how, environment, tmp_path):
    called, on_path = CALLS[how]
    home = environment.parent
    path = os.pathsep.join(filter(None, [on_path and str(home / on_path), "/usr/bin", "/bin"]))
    variables = {"PATH": path, "MNIST_CACHE_DIR": str(tmp_path)}

    def type_in(line, code=0):
        done = subprocess.run(
            line, shell=True, cwd=home, env=variables, capture_output=True, text=True,
            timeout=PATIENCE, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr
        return done.stderr

    told = type_in(f"{called} build-pickles mnist-sample")
    assert told.startswith(f"Next: {called.replace('pipeline', 'network')} train")
    told = type_in(f"{told.removeprefix('Next: ').strip()} --epochs 1 --quiet")
    told = type_in(f"{called} build-pickles fashion-mnist", code=3)
    hint = told.split("`")[1]
    assert shlex.split(hint)[-2:] == ["fetch", "fashion-mnist"]
    assert "Usage: " not in type_in(f"{hint} --offline", code=3)


@pytest.mark.parametrize(
    ("typed", "option"),
    [
        ([], ""),
        (["train"], ""),
        (["train", "--cache-dir", "my files"], " --cache-dir 'my files'"),
        (["train", "--cache-dir=/there", "--quiet"], " --cache-dir /there"),
    ],
)
def test_the_next_command_names_the_cache_folder_that_was_typed(monkeypatch, typed, option):
    monkeypatch.setattr(sys, "argv", ["network", *typed])
    assert as_called("Next: network test a\n") == f"Next: network test a{option}\n"
    told = as_called("Saved. Next: network show --wrong, or network predict IMAGE")
    assert told == f"Saved. Next: network show --wrong{option}, or network predict IMAGE{option}"
    assert as_called("Run `pipeline fetch`.") == f"Run `pipeline fetch{option}`."
    assert as_called("See `network --help` and `network presets`.").count("--cache-dir") == 0


def test_the_commands_without_a_cache_folder_are_known():
    takes = {command for command, it in command_options() if "--cache-dir" in it.opts}
    names = {command for command, _ in command_options()}
    assert {command.split()[1] for command in names - takes} == WITHOUT_CACHE


@pytest.mark.parametrize("typed", ["x.html", "./x.html", "{here}/x.html"])
@pytest.mark.parametrize("joined", [True, False])
def test_a_file_that_cannot_be_written_names_the_option_that_chose_it(
    typed, joined, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    typed = typed.format(here=tmp_path)
    words = [f"--html={typed}"] if joined else ["--html", typed]
    monkeypatch.setattr(sys, "argv", ["network", "export", *words])
    hint = "Free some space, or choose another folder with --cache-dir"
    message = f"cannot write {tmp_path / 'x.html'}: No space left on device"
    assert name_output(message, hint) == "Free some space, or choose another --html"
    assert name_output("cannot write /else/where: No space left on device", hint) == hint
