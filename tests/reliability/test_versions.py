"""R19: old artefacts load, newer ones are refused with a hint, planted links are never followed."""

import dataclasses
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from network.runs import checkpoints
from network.runs.checkpoints import FORMAT, Checkpoint, load_checkpoint, save_checkpoint
from network.runs.folder import Run
from network.runs.names import find_run
from pipeline.build import build_pickles
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.datasets.user_datasets import publish_record
from pipeline.pickles.manifest import MANIFEST_FORMAT, read_manifest
from pipeline.storage.cache import Cache
from pipeline.storage.checksummed_json import checksummed_bytes
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE
from tests.support.tiny_dataset import fill, make_dataset

OLD = "R19: artefacts of {versions} earlier versions load, in {uses} uses"
NEWER = "R19: {newer} artefacts of a newer format are refused with a hint, {accepted} accepted"
LINKS = "R19: {links} planted links, {followed} followed for writing"

VERSIONS = sorted(path.name for path in (REPOSITORY / "tests" / "artefacts").iterdir())
NO_SCREEN = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
POSIX = pytest.mark.skipif(os.name != "posix", reason="not everybody may make links on Windows")

# What is done with the artefacts of every earlier version.
USES = [
    "pipeline build-pickles",
    "pipeline verify",
    "pipeline show --count 1 --split test",
    "network runs",
    "network test old --limit 500",
    "network show old --count 1",
    "network train --from old --epochs 1 --limit 500 --name younger",
]

# Commands that write, each something else.
WRITERS = [
    "pipeline fetch -q",
    "pipeline build-pickles tiny --force -q",
    "pipeline show tiny -q",
    "pipeline import {arrays} --name own -q",
    "pipeline export tiny --to npz --out {cache}/tiny.npz -q",
    "network test first -q",
    "network show first -q",
    "network init --dataset tiny --hidden 2 --name new -q",
]
PRECIOUS = b"precious"

# Runs a command with the names of its temporary files foreseen.
FORESEEN = """
import secrets, sys
from importlib import import_module

secrets.token_hex = lambda count: "f" * 2 * count
name, *sys.argv[1:] = sys.argv[1:]
import_module(f"{name}.cli").main()
"""


@pytest.fixture
def old_cache(request, built_cache: Cache, tmp_path: Path) -> Cache:
    """The artefacts of an earlier version, with raw files and pickles, for they never changed."""
    cache = Cache(tmp_path / "old", "test")
    shutil.copytree(REPOSITORY / "tests" / "artefacts" / request.param, cache.root)
    for folder, name in (("raw/mnist", "*"), ("pickles", "*.pickle")):
        (cache.root / folder).mkdir(parents=True, exist_ok=True)
        for path in (built_cache.root / folder).glob(name):
            link_or_copy(path, cache.root / folder / path.name)
    return cache


def link_or_copy(source: Path, target: Path) -> None:
    """Give a file a second name, where the disk can; nobody writes into an artefact."""
    try:
        target.hardlink_to(source)
    except OSError:
        shutil.copy(source, target)


@pytest.mark.slow
@pytest.mark.parametrize("old_cache", VERSIONS, indirect=True)
def test_artefacts_of_earlier_versions_are_of_use(old_cache, run_command, built_cache, figure):
    before = json.loads(old_cache.manifest("mnist").read_bytes())
    printed = [run_command(*use.split(), cache=old_cache, **NO_SCREEN).stdout for use in USES]
    assert printed[0].count("  intact ") == 2
    assert [line.split()[0] for line in printed[1].splitlines()] == ["intact"] * 7
    assert "old " in printed[3]
    assert "of 10,000" in printed[3]  # what it scored is told, too
    old, younger = (
        load_checkpoint(find_run(old_cache, it).checkpoint) for it in ("old", "younger")
    )
    assert younger.model == old.model
    assert younger.meta["configuration"]["start"] == "old"
    assert json.loads(old_cache.manifest("mnist").read_bytes()) == before
    (old_cache.pickle("mnist", "test")).unlink()
    run_command("pipeline", "build-pickles", cache=old_cache)
    assert json.loads(old_cache.manifest("mnist").read_bytes())["format"] == MANIFEST_FORMAT
    assert read_manifest(old_cache, MNIST)["pickles"] == before["pickles"]
    figure(OLD, versions=1, uses=len(USES))


@pytest.fixture(scope="module")
def state(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A cache with a data set of a few images of one's own and an untrained run."""
    folder = tmp_path_factory.mktemp("versions")
    cache = Cache(folder / "state", "test")
    dataset, files = make_dataset()
    own = dataclasses.replace(dataset, mirrors=())
    fill(cache, own, files)
    publish_record(cache, own)
    build_pickles(cache, own)
    call("network init --dataset tiny --hidden 2 --name first -q", cache.root, folder)
    return cache.root


@pytest.fixture
def cache(state: Path, tmp_path: Path) -> Cache:
    """A copy of that cache."""
    return Cache(Path(shutil.copytree(state, tmp_path / "cache")), "test")


def make_newer_json(path: Path, seal: Callable[[dict[str, Any]], bytes]) -> None:
    """Write a JSON artefact as the next version might."""
    value = json.loads(path.read_bytes())
    value = {**value, "format": value["format"] + 1, "invented": "later"}
    value.pop("sha256")
    path.write_bytes(seal(value))


def make_newer_checkpoint(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Write a checkpoint as the next version might."""
    old = load_checkpoint(path)
    kept = {key: old.meta[key] for key in ("configuration", "epoch", "step", "environment")}
    monkeypatch.setattr(checkpoints, "FORMAT", FORMAT + 1)
    save_checkpoint(path, Checkpoint(old.model, old.params, old.state, kept | {"invented": 1}))


@pytest.mark.slow
@pytest.mark.parametrize("seal", [checksummed_bytes, lambda value: json.dumps(value).encode()])
@pytest.mark.parametrize(
    ("artefact", "line"),
    [
        ("pickles/tiny.json", "pipeline show tiny"),
        ("pickles/tiny.json", "network train --dataset tiny"),
        ("raw/tiny/dataset.json", "pipeline fetch tiny"),
        ("raw/tiny/dataset.json", "network train --dataset tiny"),
    ],
)
def test_a_newer_json_artefact_is_refused(artefact, line, seal, cache, run_command, figure):
    make_newer_json(cache.root / artefact, seal)
    check_refusal(run_command(*line.split(), cache=cache, code=4).stderr, cache.root / artefact)
    figure(NEWER, newer=1, accepted=0)


@pytest.mark.slow
@pytest.mark.parametrize(
    "line", ["network test first", "network train --dataset tiny --from first"]
)
def test_a_newer_checkpoint_is_refused(line, cache, run_command, monkeypatch, figure):
    path = find_run(cache, "first").checkpoint
    make_newer_checkpoint(path, monkeypatch)
    check_refusal(run_command(*line.split(), cache=cache, code=4).stderr, path)
    figure(NEWER, newer=1, accepted=0)


def check_refusal(printed: str, path: Path) -> None:
    """It is one line that names the file and says what to do."""
    assert printed.count("\n") == 1
    assert str(path) in printed
    assert "Update the project" in printed


def written(cache: Path, since: dict[Path, int]) -> list[Path]:
    """List the files that were written since then, by their paths in the cache."""
    now = times(cache)
    return sorted(path for path, time in now.items() if since.get(path) != time)


def times(cache: Path) -> dict[Path, int]:
    """When each file was written, by its path in the cache."""
    files = [path for path in cache.rglob("*") if path.is_file()]
    return {path.relative_to(cache): path.stat().st_mtime_ns for path in files}


def plant(root: Path, paths: list[Path], victims: Path) -> list[Path]:
    """Put a link to a victim of its own into the place of every path."""
    victims.mkdir(exist_ok=True)
    made = []
    for path in paths:
        link = root / path
        link.parent.mkdir(parents=True, exist_ok=True)
        made.append(victims / f"victim of {path.name}")
        made[-1].write_bytes(PRECIOUS)
        (victims / "link").symlink_to(made[-1])
        (victims / "link").replace(link)  # in one step, for a process may be at work here
    return made


def temporary(path: Path) -> Path:
    """The name of the temporary file for a path, where all digits are foreseen."""
    return path.with_name(f".{path.name}.{'f' * 16}.part")


def left_behind(path: Path) -> Path:
    """The name of a temporary file that an earlier process left."""
    return path.with_name(f".{path.name}.0.part")


@pytest.mark.slow
@POSIX
@pytest.mark.parametrize("line", WRITERS)
def test_a_planted_link_is_never_followed(line, state, tmp_path, figure):
    rehearsal = Path(shutil.copytree(state, tmp_path / "rehearsal"))
    before = times(rehearsal)
    assert call(line, rehearsal, tmp_path).returncode == 0
    names = written(rehearsal, before)
    assert names
    attacks = {"names": [*names, *map(left_behind, names)], "temporary": [*map(temporary, names)]}
    for attack, links in attacks.items():
        cache = Path(shutil.copytree(state, tmp_path / attack))
        victims = plant(cache, links, tmp_path / f"victims of {attack}")
        for link in links:
            os.utime(cache / link, (0, 0), follow_symlinks=False)  # old enough to be cleared away
        done = call(line, cache, tmp_path)
        assert done.returncode in {0, 2, 4, 6}, done
        assert done.stderr.count("\n") <= 2, done
        followed = [victim for victim in victims if victim.read_bytes() != PRECIOUS]
        figure(LINKS, links=len(links), followed=len(followed))
        assert not followed


def call(line: str, cache: Path, folder: Path) -> subprocess.CompletedProcess[str]:
    """Run a line whose temporary files have foreseen names, on a cache."""
    words = [word.format(cache=cache, arrays=folder / "arrays.npz") for word in line.split()]
    images = np.arange(6 * 28 * 28, dtype=np.uint8).reshape(6, 28, 28)
    np.savez(folder / "arrays.npz", images=images, labels=np.arange(6) % 2)
    environment = {"PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache), **NO_SCREEN}
    return subprocess.run(
        [sys.executable, "-c", FORESEEN, *words], capture_output=True, text=True, check=False,
        env={**os.environ, **environment},
    )  # fmt: skip


@pytest.mark.slow
@POSIX
def test_a_link_that_is_planted_while_training_goes_on_is_not_followed(cache, tmp_path, figure):
    run = Run(cache.runs() / "long")
    line = "network train --dataset tiny --hidden 2 --epochs 100000 --name long"
    process = subprocess.Popen(
        [sys.executable, "-m", *line.split()], stderr=subprocess.PIPE, text=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache.root)},
        stdout=subprocess.DEVNULL,
    )  # fmt: skip
    with process:
        wait_for_epoch(process, 2)
        victims = plant(run.folder, [Path(run.history.name), Path(run.checkpoint.name)], tmp_path)
        wait_for_epoch(process, 9)
        process.terminate()
        process.communicate(timeout=PATIENCE)
    assert process.returncode == 143
    figure(LINKS, links=2, followed=sum(victim.read_bytes() != PRECIOUS for victim in victims))
    assert [victim.read_bytes() for victim in victims] == [PRECIOUS] * 2
    assert load_checkpoint(run.checkpoint).meta["epoch"] >= 9


def wait_for_epoch(process: subprocess.Popen[str], epoch: int) -> None:
    """Read on until a training tells of an epoch."""
    while not process.stderr.readline().startswith(f"epoch {epoch:>3}"):
        assert process.poll() is None


@pytest.mark.slow
@POSIX
def test_a_link_in_the_place_of_a_run_is_another_run(cache, tmp_path, run_command, figure):
    victim = tmp_path / "victim"
    victim.mkdir()
    (cache.runs() / "784-2-10-1").symlink_to(victim)
    (cache.runs() / "784-2-10-2").symlink_to(tmp_path / "not there")
    line = ("network", "init", "--dataset", "tiny", "--hidden", "2")
    assert "run 784-2-10-3: " in run_command(*line, cache=cache).stdout
    for name in ("784-2-10-1", "784-2-10-2"):
        run_command(*line, "--name", name, cache=cache, code=2)
    assert not [*victim.iterdir()]
    assert not (tmp_path / "not there").exists()
    figure(LINKS, links=2, followed=0)
