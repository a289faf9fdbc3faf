"""A result that cannot be saved is printed all the same."""

import errno
import json

import pytest
from typer.testing import CliRunner

from network import train
from tests.support.command_options import APPS


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    folder = tmp_path_factory.mktemp("unsaved")
    for name in ("one", "two"):
        train("mnist-sample", cache_dir=folder, epochs=1, name=name, validation=0.1)
    return folder


@pytest.fixture
def read_only(monkeypatch):
    def refuse(made, path):
        raise OSError(errno.EROFS, "Read-only file system")

    monkeypatch.setattr("pipeline.storage.cache.replace_file", refuse)


@pytest.mark.parametrize(
    ("line", "printed", "key"),
    [
        ("test one", "accuracy ", "accuracy"),
        ("test one two", "2 runs on ", "mean"),
        ("compare one two", "one and two on ", "difference"),
        ("calibrate one", "validation images", "temperature"),
    ],
)
@pytest.mark.usefixtures("read_only")
def test_a_result_that_cannot_be_saved_is_printed(cache, line, printed, key):
    words = [*line.split(), "--cache-dir", str(cache)]
    done = CliRunner().invoke(APPS["network"], words)
    assert done.exit_code == 6
    assert printed in done.stdout
    assert done.stderr.count("could not be saved: cannot write") == 1
    assert "Next:" not in done.stderr
    assert "Saved" not in done.stderr
    data = json.loads(CliRunner().invoke(APPS["network"], [*words, "--json"]).stdout)
    assert data[key] is not None
    assert data["errors"][0]["code"] == 6
    assert "Read-only file system" in data["errors"][0]["error"]
