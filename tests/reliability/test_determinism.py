"""R13: the same seed gives the same bytes, wherever and whenever it is run."""

import json
import os
import pickle
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tests.support.checkout import RAW, REPOSITORY
from tests.support.mnist_pickles import MNIST_PICKLES

pytestmark = pytest.mark.slow

SAME = "R13: {artefacts} artefacts of {most_runs} runs compared, {different} differ"
PYTHONS = "R13: the pickles have their hashes on {pythons} Pythons, {different} differ"

SUPPORTED = ("python3.11", "python3.12", "python3.13")

# All that can be made, each a command; {new} is a folder that is not the cache.
COMMANDS = [
    "pipeline fetch",
    "pipeline build-pickles",
    "pipeline show --count 20",
    "pipeline show --split test --count 20 --out {new}/sheet.png",
    "pipeline import {arrays} --name own",
    "pipeline export own --to npz --out {new}/own.npz",
    "network init --hidden 2 --seed 7 --name untrained",
    "network train --hidden 2 --epochs 2 --limit 500",
    "network train --epochs 1 --limit 500 --optimizer adam --from untrained --name on",
    "network test on",
    "network compare on untrained",
    "network train --epochs 1 --limit 500 --seed 1 --name more",
    "network ensemble on more --name both",
    "network show on --count 20",
    "network show on --count 20 --wrong --out {new}/wrong.png",
    "network import-original {weights} {biases}",
]

# Runs commands one after another in one process.
IN_A_ROW = """
import json, sys
from importlib import import_module

for words in json.loads(sys.argv[1]):
    sys.argv = words
    try:
        import_module(f"{words[0]}.cli").main()
    except SystemExit as ended:
        assert ended.code == 0, words
"""

# Builds the pickles with what needs nothing but NumPy, and prints their hashes.
BUILD = """
import sys
from pathlib import Path
from pipeline.build import build_split
from pipeline.storage.cache import Cache
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.progress import SILENT

cache = Cache(Path(sys.argv[1]), "test")
for split in MNIST.splits:
    print(split, build_split(cache, MNIST, split, True, SILENT).digest.sha256)
"""

# What differs between two runs, and must not matter.
CIRCUMSTANCES = [
    {"PYTHONHASHSEED": "0", "TZ": "UTC", "LC_ALL": "C", "PYTHONUTF8": "0", "COLUMNS": "40"},
    {"PYTHONHASHSEED": "4242", "TZ": "Asia/Kathmandu", "LC_ALL": "C.UTF-8", "LANG": "de_DE.UTF-8"},
]


def make_given(folder: Path) -> dict[str, Path]:
    """Write the files that commands are given."""
    rng = np.random.default_rng(0)
    images, labels = rng.integers(0, 256, (30, 28, 28), np.uint8), np.arange(30) % 3
    np.savez(folder / "arrays.npz", images=images, labels=labels)
    weights = [rng.normal(size=shape) for shape in [(2, 784), (10, 2)]]
    for name, arrays in (("weights", weights), ("biases", [it[:, 0] for it in weights])):
        (folder / name).write_bytes(pickle.dumps(arrays))
    names = {"arrays": "arrays.npz", "weights": "weights", "biases": "biases"}
    return {key: folder / name for key, name in names.items()}


def run_all(
    folder: Path, given: dict[str, Path], circumstances: dict[str, str]
) -> dict[str, bytes]:
    """Run every command in a new folder; return the bytes of every file that they made."""
    (folder / "new").mkdir(parents=True)
    words = [[it.format(new=folder / "new", **given) for it in line.split()] for line in COMMANDS]
    cache = {"MNIST_CACHE_DIR": str(folder / "cache"), "PYTHONPATH": str(REPOSITORY)}
    screen = {"DISPLAY": "", "WAYLAND_DISPLAY": ""}
    done = subprocess.run(
        [sys.executable, "-c", IN_A_ROW, json.dumps(words)], cwd=folder, check=False,
        stderr=subprocess.PIPE, env={**os.environ, **cache, **screen, **circumstances},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr.decode()
    return {
        path.relative_to(folder).as_posix(): without_seconds(path)
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def without_seconds(path: Path) -> bytes:
    """Read a file; of a history all but how long epochs took, of looks all but when they were.

    The hash of a line is over the seconds, too.
    """
    if path.name == "test.json":
        looks = json.loads(path.read_text())["looks"]
        return repr([look | {"time": None} for look in looks]).encode()
    if path.name != "history.jsonl":
        return path.read_bytes()
    epochs = map(json.loads, path.read_text().splitlines())
    return repr([epoch | {"seconds": None, "sha256": None} for epoch in epochs]).encode()


def test_the_same_seed_gives_the_same_bytes_in_every_circumstance(tmp_path, figure):
    given = make_given(tmp_path)
    folders = [tmp_path / "one", tmp_path / "another Öl"]
    one, other = (
        run_all(folder, given, it) for folder, it in zip(folders, CIRCUMSTANCES, strict=True)
    )
    made = {Path(name).name for name in one}
    assert {"checkpoint.npz", "config.json", "history.jsonl", "test.json", "mnist.json"} <= made
    assert {"mnist_train.pickle", "mnist_test.pickle", "dataset.json", "own.npz"} <= made
    assert {"mnist_train.png", "on_test.png", "sheet.png", "wrong.png"} <= made
    different = [name for name in one.keys() | other.keys() if one.get(name) != other.get(name)]
    figure(SAME, artefacts=len(one), most_runs=2, different=len(different))
    assert not different


@pytest.mark.parametrize("python", SUPPORTED)
def test_the_pickles_are_the_same_on_every_python(python, tmp_path, figure):
    found = shutil.which(python)
    has_numpy = [found, "-c", "import numpy"]
    if not found or subprocess.run(has_numpy, capture_output=True, check=False).returncode:
        if python != f"python3.{sys.version_info.minor}":
            pytest.skip(f"there is no {python} with NumPy on the PATH")
        found = sys.executable
    shutil.copytree(RAW, tmp_path / "raw" / "mnist")
    done = subprocess.run(
        [found, "-c", BUILD, str(tmp_path)], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(REPOSITORY)}, cwd=tmp_path,
    )  # fmt: skip
    hashes = dict(line.split() for line in done.stdout.splitlines())
    figure(PYTHONS, pythons=1, different=int(hashes != MNIST_PICKLES))
    assert hashes == MNIST_PICKLES
