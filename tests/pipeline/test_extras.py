"""A missing package is named in one line, with its install command."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from pipeline import extras
from pipeline.errors import MissingError
from pipeline.extras import extra_command, needs_extra, pip_command
from tests.support.checkout import REPOSITORY

COMMANDS = {  # module that is not installed -> extra, command
    "optuna": ("sweep", ["sweep", "--preset", "defaults"]),
    "pebble": ("sweep", ["train", "--workers", "2", "--seeds", "2", "--epochs", "1"]),
    "fastapi": ("lab", ["lab", "--no-browser"]),
    "uvicorn": ("lab", ["lab", "--no-browser"]),
}


def test_a_command_in_a_checkout_installs_what_the_tests_pass_with(monkeypatch):
    monkeypatch.chdir(REPOSITORY)
    constrained = ["-m", "pip", "install", "-c", "constraints.txt", "-e"]
    assert shlex.split(extra_command("lab")) == [sys.executable, *constrained, ".[lab]"]


def test_a_command_from_elsewhere_names_the_checkout(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    words = shlex.split(extra_command("lab"))
    assert words[-4:] == ["-c", str(REPOSITORY / "constraints.txt"), "-e", f"{REPOSITORY}[lab]"]
    assert Path(words[-3]).is_file()


def test_a_command_without_a_checkout_names_the_project(monkeypatch):
    monkeypatch.setattr(extras, "find_checkout", lambda: None)
    assert shlex.split(extra_command("lab"))[1:] == [
        "-m",
        "pip",
        "install",
        "mnist-neural-net[lab]",
    ]


@pytest.mark.parametrize("python", ["/opt/my python/bin/python3", "/usr/bin/python3"])
def test_a_command_can_be_pasted_whatever_python_is_called(monkeypatch, python):
    monkeypatch.setattr(sys, "executable", python)
    assert shlex.split(pip_command("a[b]")) == [python, "-m", "pip", "install", "a[b]"]
    monkeypatch.setattr(os, "name", "nt")
    assert pip_command("it").startswith(f'"{python}"' if " " in python else python)


def test_what_is_missing_is_one_line():
    missing = pytest.raises(MissingError, match=r"^a plot needs the package no_such, which is not")
    with missing, needs_extra("plots", "a plot"):
        import no_such.part  # noqa: F401


@pytest.mark.slow
@pytest.mark.parametrize("module", COMMANDS)
def test_a_command_without_its_extra_is_one_line(module, tmp_path):
    extra, words = COMMANDS[module]
    code = f"import sys; sys.modules[{module!r}] = None; from network.cli import main; main()"
    done = subprocess.run(
        [sys.executable, "-c", code, *words, "--cache-dir", str(tmp_path)],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.count("\n")) == (3, 1), done.stderr
    assert f"needs the package {module}, which is not installed" in done.stderr
    assert f"[{extra}]" in done.stderr
