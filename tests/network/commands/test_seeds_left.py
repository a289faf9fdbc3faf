"""After Ctrl-C, the command for the seeds that are left can be typed as printed."""

import re
import shlex
from contextlib import nullcontext
from importlib import import_module

import pytest
from typer.testing import CliRunner

from network import load_dataset
from network.runs.folder import load_run
from network.runs.names import find_run
from pipeline.storage.cache import find_cache
from tests.support.command_options import APPS

OPTIONS = ["--dataset", "mnist-sample", "--epochs", "1", "--limit", "60", "--film"]
LAYERS = ["--layers", "Flatten, Linear(10), Sigmoid"]


@pytest.mark.parametrize("name", [[], ["--name", "my"]], ids=str)
@pytest.mark.parametrize("seeds", [2, 3])
def test_the_command_for_the_seeds_left_can_be_typed(tmp_path, monkeypatch, seeds, name):
    load_dataset("mnist-sample", cache_dir=tmp_path)
    file = tmp_path / "my settings.toml"
    file.write_text("batch_size = 20\n")
    given = [*OPTIONS, *LAYERS, "--config", str(file)]
    cache = ["--cache-dir", str(tmp_path)]
    line = ["train", *given, "--seed", "4", "--seeds", str(seeds), *name, *cache]
    with monkeypatch.context() as patch:
        module = import_module("network.commands.train")
        patch.setattr(module, "stop_requests", lambda: nullcontext(lambda: 2))
        stopped = CliRunner().invoke(APPS["network"], line)
    assert stopped.exit_code == 130, stopped.output
    (typed,) = re.findall("Then: .*?network (train .*)", stopped.stderr)
    done = CliRunner().invoke(APPS["network"], [*shlex.split(typed), *cache])
    assert done.exit_code == 0, done.output
    runs = sorted((tmp_path / "runs").glob("[!.]*/checkpoint.npz"))
    configurations = [load_run(find_run(find_cache(tmp_path), run.parent.name))[1] for run in runs]
    assert sorted(one.seed for one in configurations) == [*range(4, 4 + seeds)]
    alike = {(one.limit, one.batch_size, one.epochs, one.layers) for one in configurations}
    assert len(alike) == 1
    if name:
        assert [run.parent.name for run in runs] == [f"my-{seed}" for seed in range(4, 4 + seeds)]
