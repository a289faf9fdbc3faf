"""R17: all that needs no network works without one, and what needs it fails soon and cleanly."""

import json
import os
import shlex
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from PIL import Image

from pipeline.datasets.catalogue.kmnist import KMNIST
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

pytestmark = pytest.mark.slow

WORKS = "R17: {commands} commands work without a network, {failed} fail"
FAILS = "R17: without a network a download fails after {most_seconds:.1f} s, {left} files left"

# The main job, from the copy that the checkout carries to predictions.
COMMANDS = [
    "pipeline fetch",
    "pipeline build-pickles",
    "pipeline verify",
    "network train --hidden 2 --epochs 1 --limit 500",
    "network test --limit 500",
    "network predict {picture}",
    "network show --count 1 --out {folder}/answers.png",
    "pipeline show --count 1 --out {folder}/sheet.png",
    "pipeline list",
    "pipeline fetch --offline",
]

# Runs commands one after another in one process, and lets nobody in it touch a socket.
WITHOUT_SOCKETS = """
import json, sys
from importlib import import_module

touched = []

def refuse(event, arguments):
    if event.startswith("socket."):
        touched.append((event, arguments))
        raise RuntimeError(event)

sys.addaudithook(refuse)
for words in json.loads(sys.argv[1]):
    sys.argv = words
    try:
        import_module(f"{words[0]}.cli").main()
    except SystemExit as ended:
        assert ended.code == 0, words
assert not touched, touched
"""

NO_NETWORK = ("unshare", "-rn")  # a network of one's own, in which there is nobody else
CLOSED = "http://127.0.0.1:1"  # a port where nobody listens
PROXIES = {f"{kind}_proxy": CLOSED for kind in ("http", "https", "all", "HTTP", "HTTPS", "ALL")} | {
    "no_proxy": "",
    "NO_PROXY": "",
}
MOST_STARTS = 50  # of a process: as long may a download take to fail, 15 s where nothing else runs
WAYS = pytest.mark.parametrize("way", ["no network", "closed proxies"])


@pytest.fixture
def through(way: str) -> tuple[str, ...]:
    """What to run a command through, so that it has no network."""
    if way == "closed proxies":
        return ()
    works = shutil.which(NO_NETWORK[0]) and subprocess.run(
        [*NO_NETWORK, "true"], capture_output=True, check=False
    )
    if not works or works.returncode:
        pytest.skip("no network can be made up here")
    return NO_NETWORK


def environment(way: str, cache: Path) -> dict[str, str]:
    """The environment of a command; proxies that nobody answers for stand for no network, too."""
    ours = {"PYTHONPATH": str(REPOSITORY), "MNIST_CACHE_DIR": str(cache), "DISPLAY": ""}
    return {**os.environ, **ours, **(PROXIES if way == "closed proxies" else {})}


def lines(folder: Path) -> list[list[str]]:
    """The words of each command, with a picture to predict."""
    picture = folder / "picture.png"
    digit = Image.new("L", (28, 28))
    digit.paste(255, (12, 4, 16, 24))
    digit.save(picture)
    return [[it.format(folder=folder, picture=picture) for it in line.split()] for line in COMMANDS]


@WAYS
def test_the_main_job_needs_no_network(way, through, tmp_path, figure):
    script = " && ".join(shlex.join([sys.executable, "-m", *words]) for words in lines(tmp_path))
    if (
        way == "closed proxies"
    ):  # where no network can be taken away, let nobody open a socket either
        run = [sys.executable, "-c", WITHOUT_SOCKETS, json.dumps(lines(tmp_path))]
    else:
        run = [*through, "sh", "-c", script]
    cache = tmp_path / "cache"
    done = subprocess.run(
        run, env=environment(way, cache), cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert (cache / "runs" / "784-2-10-1" / "test.json").is_file()
    assert (tmp_path / "answers.png").is_file()
    assert f"{tmp_path}/picture.png: " in done.stdout
    figure(WORKS, commands=len(COMMANDS), failed=0)


@WAYS
@pytest.mark.parametrize(("options", "code"), [((), 5), (("--offline",), 3)])
def test_a_download_without_a_network_fails_soon_and_leaves_nothing(
    way, through, options, code, tmp_path, figure
):
    before = tmp_path / "raw" / "kmnist" / KMNIST.files[0].name
    before.parent.mkdir(parents=True)
    before.write_bytes(b"half a file")
    given = {"env": environment(way, tmp_path), "capture_output": True, "text": True}
    command, seconds = [*through, sys.executable, "-m", "pipeline"], []
    for line in (["where"], ["fetch", "kmnist", *options]):
        started = time.monotonic()
        done = subprocess.run([*command, *line], check=False, timeout=PATIENCE, **given)
        seconds.append(time.monotonic() - started)
    assert (done.returncode, done.stdout) == (code, ""), done.stderr
    first, *mirrors = done.stderr.splitlines()
    assert first.startswith("pipeline: ")
    assert len(mirrors) == (0 if options else len(KMNIST.mirrors))
    for line, mirror in zip(mirrors, KMNIST.mirrors, strict=False):
        assert line.startswith(f"  {mirror}: ")
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.suffix != ".lock"]
    assert files == [before]
    assert before.read_bytes() == b"half a file"
    assert seconds[1] < MOST_STARTS * seconds[0]  # as the machine is now
    figure(FAILS, most_seconds=seconds[1], left=len(files) - 1)
