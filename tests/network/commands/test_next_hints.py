"""Hints for the next command contain the name of the run."""

import re

import pytest
from typer.testing import CliRunner

from network import train
from tests.support.command_options import APPS

PROGRAM = r"network (?:show|predict|test|report|train)[^,\n]*"


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hints")
    for name in ("first", "latest"):
        train("mnist-sample", cache_dir=folder, epochs=1, name=name)
    return folder


@pytest.mark.parametrize(
    "line",
    [
        "train --dataset mnist-sample --epochs 1 --name first-2",
        "test first",
        "test first latest",
        "calibrate first",
        "plot first --kind weights",
        "init --dataset mnist-sample --name first-3",
        "ensemble first latest --name first-4",
    ],
)
def test_every_hint_names_the_run(cache, line):
    answer = CliRunner().invoke(APPS["network"], [*line.split(), "--cache-dir", str(cache)])
    assert answer.exit_code == 0, answer.output
    (hints,) = re.findall(r"Next: (.*)", answer.stderr)
    for hint in re.findall(PROGRAM, hints):
        assert "first" in hint.split("network ")[1], hints


@pytest.mark.parametrize("options", ["--preset small", "--hidden 5 --loss cross-entropy", ""])
def test_the_hint_of_an_initial_network_trains_it(cache, options):
    app, name = APPS["network"], f"fresh-{len(options)}"
    line = f"init --dataset mnist-sample {options} --name {name} --cache-dir {cache}"
    hint = re.findall("Next: .*network (train .*)", CliRunner().invoke(app, line.split()).stderr)[0]
    line = f"{hint} --epochs 1 --limit 50 --cache-dir {cache}"
    assert CliRunner().invoke(app, line.split()).exit_code == 0


@pytest.mark.parametrize(
    "line",
    [
        "train --resume ended-{0}",
        "train --resume ended-{0} --epochs 3",
        "calibrate init-{0}",
        "plot init-{0}",
        "ensemble init-{0} ended-{0}",
    ],
)
@pytest.mark.parametrize("options", ["--preset small", "--hidden 5 --loss cross-entropy", ""])
def test_the_advice_to_train_from_a_run_can_be_typed(cache, options, line):
    app, kind, end = APPS["network"], len(options), f" --cache-dir {cache}"
    for name, start in (("ended", "train --epochs 1 --limit 50"), ("init", "init")):
        if not (cache / "runs" / f"{name}-{kind}").exists():
            made = f"{start} --dataset mnist-sample {options} --name {name}-{kind}{end}"
            assert CliRunner().invoke(app, made.split()).exit_code == 0
    refused = CliRunner().invoke(app, (line.format(kind) + end).split())
    (advice,) = re.findall("`network (train --from [^`]*)`", refused.exception.hint)
    assert re.search(f" --from (ended|init)-{kind}( |$)", advice)
    done = CliRunner().invoke(app, f"{advice} --epochs 1 --limit 50{end}".split())
    assert done.exit_code == 0, done.output
