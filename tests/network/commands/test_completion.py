"""Shell completion of every option whose values are known names."""

import pytest

from network import train
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist_sample import MNIST_SAMPLE
from pipeline.storage.cache import Cache
from tests.support.command_options import command_options

NAMES = {"NAME", "NAME,...", "NAME=N,...", "RUN", "DATASET"}
NEW = {"--name", "--label"}  # a new name, and the name of a class of a dataset
CASES = {
    f"{command} {it.opts[0]}": it
    for command, it in command_options()
    if it.metavar in NAMES and (it.opts[0] not in NEW or command == "network sweep")
}
EXPECTED = {
    "--dataset": "mnist-sample",
    "--from": "first",
    "--run": "first",
    "--preset": "fast-97",
    "--presets": "conv",
    "--kind": "confusion",
    "--optimizer": "adam",
    "--to": "npz",
    "--augment": "shift=",
    "--split": "test",
    "run": "first",
    "dataset": "mnist-sample",
}


class Line:
    """A command line so far: only a cache folder."""

    def __init__(self, cache):
        self.params, self.args, self.obj = {"cache_dir": cache}, [], None


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    cache = Cache(tmp_path_factory.mktemp("completion"), "test")
    build_pickles(cache, MNIST_SAMPLE)
    train("mnist-sample", cache_dir=cache.root, epochs=1, name="first")
    (cache.sweeps() / "search").mkdir(parents=True)
    for name in ("plan.json", "study.db"):
        (cache.sweeps() / "search" / name).touch()
    return cache.root


def complete(case, cache, begun=""):
    return [it.value for it in CASES[case].shell_complete(Line(cache), begun)]


@pytest.mark.parametrize("case", CASES)
def test_every_option_with_known_names_is_completed(cache, case):
    found = complete(case, cache)
    assert found
    expected = {"network sweep --preset": "defaults", "network sweep --name": "search"}
    if wanted := expected.get(case, EXPECTED.get(case.split()[-1])):
        assert wanted in found
        assert wanted in complete(case, cache, wanted[:2])
        assert complete(case, cache, "no-such-beginning") == []


def test_there_are_many_such_options():
    assert len(CASES) > 50


@pytest.mark.parametrize("case", ["network train --from", "network ensemble --dataset"])
def test_of_a_broken_cache_nothing_is_said_on_the_line(tmp_path, case):
    (tmp_path / "cache").write_text("a file")
    assert complete(case, tmp_path / "cache") == []


def test_the_last_of_several_names_is_completed(cache):
    assert complete("network ensemble --presets", cache, "conv,fast-97") == ["conv,fast-97"]
