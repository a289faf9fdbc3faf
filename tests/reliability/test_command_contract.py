"""R18: in whatever place a command runs, it ends with its code, its line and clean output."""

import contextlib
import dataclasses
import json
import os
import pickle
import re
import secrets
import select
import shlex
import shutil
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cache as once
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

import network.cli
import pipeline.cli
from network.core.params import map_params
from network.runs.checkpoints import Checkpoint, load_checkpoint, save_checkpoint
from network.runs.folder import Run, load_run
from network.runs.names import find_run
from pipeline.build import build_pickles
from pipeline.datasets.user_datasets import publish_record
from pipeline.storage.cache import Cache
from tests.reliability.warm_commands import Ended, WarmCommands
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE, ends_soon
from tests.support.tiny_dataset import fill, make_dataset

CONTRACT = "R18: {cases} cases of the command line's contract, {broken} broken"
APPS = {"pipeline": pipeline.cli.app, "network": network.cli.app}
COMMANDS = [f"{name} {it.name}" for name, app in APPS.items() for it in app.registered_commands]
CLASSES = ("Äpfel", "Birnen & Söhne", "柿")
LITTLE_MEMORY = 600_000  # KiB; the weights of 100,000 neurons do not fit into it

# What follows a command so that it succeeds. A new command needs a line here, and no more:
# the tests of every command take it up.
SUCCESSES = {
    "pipeline fetch": "obst",
    "pipeline build-pickles": "obst",
    "pipeline where": "",
    "pipeline list": "",
    "pipeline verify": "obst",
    "pipeline show": "obst --out {folder}/sheet.png",
    "pipeline inspect": "{weights}",
    "pipeline import": "{arrays} --name {new}",
    "pipeline export": "obst --to npz --out {folder}/{new}.npz",
    "network train": "--dataset obst --hidden 2 --epochs 1",
    "network init": "--dataset obst --hidden 2",
    "network test": "first",
    "network compare": "first second",
    "network ensemble": "first --presets fast-97 --dataset obst --name {new}",
    "network calibrate": "trained",
    "network predict": "{picture} --run first",
    "network export": "first --onnx {folder}/a.onnx --html {folder}/a.html",
    "network show": "first --out {folder}/answers.png",
    "network plot": "first --split train --kind weights --out {folder}",
    "network report": "first --split train --out {folder}/report.html",
    "network check": "first --sample 2",
    "network import-original": "{weights} {biases} --name {new}",
    "network import-seed": "{weights} {biases} --name {new}",
    "network replay": "first",
    "network sweep": "{plan} --name {new} --workers 1",
    "network presets": "",
    "network runs": "",
}
SERVERS = {"network lab": "--port 0 --no-browser"}  # these run until they are stopped

PLAN = """
sweep = { trials = 1 }
fixed = { dataset = "obst", hidden = [2], epochs = 1 }
space = { learning_rate = { low = 0.1, high = 1 } }
"""
DIVERGING = "--dataset obst --learning-rate 1e6 --weight-decay 1e3 -q"

# What goes wrong: its line, its exit code, and words that must be in the one line about it.
FAILURES = [
    ("pipeline fecth", 2, "Did you mean 'fetch'?"),
    ("network trian", 2, "Did you mean 'train'?"),
    ("pipeline where --cache-dri x", 2, "--cache-dir"),
    ("network train --epoch 1", 2, "--epochs"),
    ("pipeline fetch mnits", 2, "Did you mean mnist?"),
    ("network train --dataset obts", 2, "Did you mean obst?"),
    ("network train --activation sigmod", 2, "Did you mean sigmoid?"),
    ("network test frist", 3, "Did you mean first?"),
    ("pipeline fetch mnist more", 2, "more"),
    ("network predict", 2, "IMAGE"),
    ("network compare first", 2, "RUN"),
    ("network calibrate first", 2, "held 0 examples out of its training"),
    ("network calibrate frist", 3, "Did you mean first?"),
    ("network ensemble first", 2, "two runs or more"),
    ("network compare first first", 2, "named 2 times"),
    ("network test first --dataset mnist", 2, "mnist has others"),
    ("pipeline show obst --count 0", 2, "--count"),
    ("network show first --count 1001", 2, "--count"),
    ("pipeline fetch obst --timeout 0", 2, "--timeout"),
    ("pipeline fetch obst --timeout nan", 2, "--timeout"),
    ("network train --seed -1", 2, "--seed is -1"),
    ("network train --epochs 100001", 2, "--epochs is 100001; expected 0 to 100,000"),
    ("network train --learning-rate nan", 2, "--learning-rate is NaN"),
    ("network train --batch-size 1e3", 2, '--batch-size is "1e3"; expected a whole number'),
    ("network train --name 'two\nlines'", 2, r"two\nlines"),
    ("pipeline import {arrays} --name mnist", 2, "mnist"),
    ("pipeline export obst --to npy --out {folder}/obst.npy", 2, "'npy'"),
    ("network train --name first", 2, "never overwritten"),
    ("network train --from first --hidden 3", 2, "--hidden cannot be combined with --from"),
    ("network train --preset textbok", 2, "Did you mean textbook?"),
    ("network train --layers 'Conv2D(3), Linaer(2)'", 2, "Did you mean Linear?"),
    ("network train --augment shift", 2, "expected strengths such as shift=2,rotate=10"),
    ("network train --augment shift=99", 2, "expected 0 to 28 for shift"),
    ("network train --config {picture}", 2, "is not a TOML file"),
    ("network train --resume first", 2, "has ended after"),
    ("network train --resume first --epochs 3", 2, "--epochs cannot be combined with --resume"),
    ("network train first", 2, "which needs --resume"),
    ("network show first --augmented", 2, "Choose an --augment"),
    ("network export first", 2, "--onnx FILE or --safetensors FILE"),
    ("network export first --onnx {folder}/a --safetensors {folder}/a", 2, "a file for each"),
    ("network export first --html {picture}/a.html", 6, "picture.png/a.html"),
    ("network export frist --onnx {folder}/a", 3, "Did you mean first?"),
    ("network show first --terminal --out {folder}/a.png", 2, "does not go with --out"),
    ("network sweep", 2, "--preset defaults"),
    ("network sweep --preset defautls", 2, "Did you mean defaults?"),
    ("network sweep {plan} --workers 2 --scheduler tcp://127.0.0.1:9", 2, "of its own"),
    ("network sweep --resume --cache-dir {folder}", 3, "there is no sweep"),
    ("network sweep {picture}", 2, "is not a TOML file"),
    ("network sweep '{folder}/no\nsuch ü'", 3, "such ü is not there"),
    ("network ensemble --presets seed,textbok", 2, "Did you mean textbook?"),
    ("network ensemble first second --workers 2", 2, "Name their --presets"),
    ("network lab --port 70000", 2, "--port"),
    ("network lab --host 192.0.2.1 --port 0", 2, "cannot listen on port 0 of 192.0.2.1"),
    ("network lab --host no-such-host.invalid", 2, "no-such-host.invalid"),
    ("network presets textbok", 2, "Did you mean textbook?"),
    ("network predict '{folder}/no\nsuch ü.png' --run first", 3, "such ü.png is not there"),
    ("pipeline build-pickles --cache-dir '{folder}/new\nline ü'", 3, "line ü/raw/mnist/train-ima"),
    ("pipeline fetch kmnist --offline", 3, "--mirror file:///"),
    ("pipeline import '{folder}/no\nsuch ü' --name new", 3, "such ü is not there"),
    ("pipeline inspect '{folder}/no\nsuch ü'", 3, "such ü is not there"),
    ("network train --config '{folder}/no\nsuch ü'", 3, "such ü is not there"),
    ("network test --cache-dir {folder}", 3, "network train"),
    ("network train --workers 1 --cache-dir {folder}", 3, "pipeline build-pickles mnist"),
    ("network predict {weights} --run first", 4, "no image of type"),
    ("network predict {picture} --run first --steps {folder}/s.jpg", 2, "does not end in .png"),
    ("pipeline import {picture} --name new", 4, "picture.png"),
    ("network import-seed {picture} {picture} --name seed", 4, "picture.png"),
    ("network test cut", 4, "cut/checkpoint.npz"),
    ("network ensemble first cut", 4, "cut/checkpoint.npz"),
    ("pipeline fetch kmnist --mirror file:///no/such/ü", 5, "no mirror gave train-images"),
    ("pipeline fetch --cache-dir {picture}", 6, "picture.png/raw"),
    ("pipeline build-pickles obst --force --cache-dir {mixed}", 6, "pickles"),
    ("network init --dataset obst --cache-dir {mixed}", 6, "runs"),
    ("pipeline show obst --out {picture}/sheet.png", 6, "picture.png/sheet.png"),
    ("pipeline export obst --to npz --out {picture}/obst.npz", 6, "picture.png/obst.npz"),
    ("network export first --onnx {picture}/a.onnx", 6, "picture.png/a.onnx"),
    ("network predict {picture} --run first --steps {picture}/s.png", 6, "picture.png/s.png"),
    ("pipeline inspect {folder}", 6, "directory"),
    ("pipeline show obst --out {mixed}/folder.png", 6, "folder.png"),
    (f"network train {DIVERGING}", 7, "Try a lower --learning-rate"),
]
FIRST_OF_EACH_CODE = [*{code: (line, code) for line, code, _ in FAILURES[::-1]}.values()]

# An empty argument is an unset variable in a script, and never means the working directory.
EMPTY = [
    "pipeline where --cache-dir ''",
    "network runs --cache-dir=",
    "pipeline fetch --mirror ''",
    "pipeline fetch ''",
    "pipeline show obst --out ''",
    "pipeline import '' --name {new}",
    "pipeline import {arrays} --name ''",
    "pipeline export obst --to png --out ''",
    "pipeline inspect ''",
    "network train --name ''",
    "network train --from ''",
    "network ensemble --presets ''",
    "network test ''",
    "network predict '' --run first",
    "network predict {picture} --run first --steps ''",
]

# No escape codes go into a pipe, though everything here invites them, and ASCII is all it knows.
COLOURFUL = {
    "TERM": "xterm-256color",
    "COLORTERM": "truecolor",
    "CLICOLOR_FORCE": "1",
    "FORCE_COLOR": "1",
}
ASCII = {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}

WRONG_LAYER = """
import sys
import numpy as np
from network.cli import main
from network.core.activations import Sigmoid

def forward(self, params, x, rng=None):
    y = 1 / (1 + np.exp(-x))
    return y, lambda d_y, need_d_x=True: (d_y * y, {})

Sigmoid.forward = forward
sys.argv[0] = "network"
main()
"""

HIDE_CURSOR, SHOW_CURSOR = "\x1b[?25l", "\x1b[?25h"
COLOUR = re.compile(r"\x1b\[[\d;]*m")
CURSOR_UP = "\x1b[1A\x1b[2K"
POSIX = pytest.mark.skipif(os.name != "posix", reason="terminals, uids and signals are POSIX")

Call = Callable[..., Ended]
Case = Callable[[], AbstractContextManager[None]]


@pytest.fixture
def case(figure: Callable[..., None]) -> Case:
    """Count what is proved in a `with` block as a case of the contract."""

    @contextmanager
    def count() -> Iterator[None]:
        try:
            yield
        except (Exception, pytest.fail.Exception):
            figure(CONTRACT, cases=1, broken=1)
            raise
        figure(CONTRACT, cases=1, broken=0)

    return count


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """A cache with a data set of a few images and two runs, and what commands are given."""
    root = tmp_path_factory.mktemp("contract")
    cache = make_cache(root / "cache")
    rng = np.random.default_rng(0)
    shapes = [(2, 784), (10, 2)]
    for name, arrays in (
        ("weights", [rng.normal(size=shape) for shape in shapes]),
        ("biases", [rng.normal(size=shape[0]) for shape in shapes]),
    ):
        (root / name).write_bytes(pickle.dumps(arrays))
    images, labels = rng.integers(0, 256, (6, 28, 28), np.uint8), np.arange(6) % 3
    np.savez(root / "arrays.npz", x_train=images, y_train=labels, x_test=images, y_test=labels)
    Image.fromarray(images[0]).save(root / "picture.png")
    (root / "plan.toml").write_text(PLAN)
    mixed = make_mixed(root / "mixed", cache)
    named = {"weights": "weights", "biases": "biases", "arrays": "arrays.npz"}
    named |= {"picture": "picture.png", "plan": "plan.toml"}
    files = {name: root / file for name, file in named.items()}
    return {"cache": cache.root, "mixed": mixed, **files}


def make_cache(root: Path) -> Cache:
    """Make a cache with a small data set of one's own, a run, and a run that was cut short."""
    cache = Cache(root, "test")
    dataset, files = make_dataset(labels=(0, 1, 2) * 8)
    own = dataclasses.replace(
        dataset, name="obst", title="Obst & Gemüse", mirrors=(), classes=CLASSES
    )
    fill(cache, own, files)
    publish_record(cache, own)
    build_pickles(cache, own)
    run("network train --dataset obst --epochs 1 --validation 0.9 --name trained", cache=root)
    for name in ("second", "first"):
        run(f"network init --dataset obst --hidden 2 --name {name}", cache=root)
    checkpoint = Run(cache.runs() / "first").checkpoint
    (cache.runs() / "cut").mkdir()
    (cache.runs() / "cut" / "checkpoint.npz").write_bytes(checkpoint.read_bytes()[:-99])
    os.utime(cache.runs() / "cut" / "checkpoint.npz", (0, 0))  # the latest is the other one
    return cache


def make_mixed(root: Path, cache: Cache) -> Path:
    """Make a cache with files in the place of folders, and a folder in the place of a picture."""
    shutil.copytree(cache.root / "raw", root / "raw")
    (root / "folder.png").mkdir()
    for name in ("pickles", "runs"):
        (root / name).write_bytes(b"no folder")
    return root


def variables(cache: Path | None, changes: dict[str, str | None]) -> dict[str, str]:
    """Take the environment without what would decide for a command; None removes a variable."""
    kept = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    changes = {"MNIST_CACHE_DIR": cache and str(cache), "COLUMNS": None, **changes}
    changes = {"DISPLAY": None, "WAYLAND_DISPLAY": None, **changes}
    return {k: v for k, v in (kept | changes).items() if v is not None}


def words_of(line: str, places: dict[str, Any]) -> list[str]:
    """Split a line as a shell does, and fill in its places."""
    given = {"new": f"new-{secrets.token_hex(4)}", **places}
    return [word.format(**given) for word in shlex.split(line)]


def run(
    line: str,
    cache: Path | None = None,
    cwd: Path | None = None,
    through: tuple[str, ...] = (),
    places: dict[str, Any] | None = None,
    **changes: str | None,
) -> Ended:
    """Run a line as a process of its own, `through` another program if need be."""
    command = [*through, sys.executable, "-m", *words_of(line, places or {})]
    done = subprocess.run(
        command, capture_output=True, cwd=cwd, env=variables(cache, changes), timeout=PATIENCE,
        check=False, encoding="utf-8", errors="backslashreplace",
    )  # fmt: skip
    assert "Traceback" not in done.stderr, done.stderr
    assert "fault of ours" not in done.stdout + done.stderr
    return Ended(done.returncode, done.stdout, done.stderr)


@pytest.fixture
def call(places: dict[str, Path], tmp_path: Path) -> Call:
    """Run a line with the places filled in, on the small cache, from a folder of the test."""
    given = {"cache": places["cache"], "cwd": tmp_path, "places": {**places, "folder": tmp_path}}
    return lambda line, **options: run(line, **{**given, **options})


@pytest.fixture(scope="module")
def warm(places: dict[str, Path]) -> Iterator[WarmCommands]:
    """A process that has started already, in a place that invites colours."""
    environment = {"MNIST_CACHE_DIR": str(places["cache"]), "COLUMNS": "80", **COLOURFUL}
    commands = WarmCommands(places["cache"].parent / "warm", [], (), environment)
    yield commands
    commands.close()


@pytest.fixture
def quick(request: pytest.FixtureRequest, call: Call, tmp_path: Path) -> Call:
    """Run a line as `call` does, but without the time that a start takes, where there is fork."""
    if not hasattr(os, "fork"):
        return call
    warm, places = request.getfixturevalue("warm"), request.getfixturevalue("places")
    return lambda line: warm.run(*words_of(line, {**places, "folder": tmp_path}))


def parse(text: str) -> dict[str, Any]:
    """Read exactly one JSON object; a NaN, which NumPy has and JSON has not, is an error."""
    value = json.loads(text, parse_constant=lambda name: pytest.fail(f"{name} is no JSON"))
    assert isinstance(value, dict)
    return value


def check_line(ended: Ended, name: str, words: str) -> None:
    """A failure is one line on stderr; what mirrors answered follows, indented."""
    first, *others = ended.stderr.removesuffix("\n").split("\n")
    assert re.fullmatch(rf"{name}: .+[.?!]", first)
    assert words in first
    assert all(re.match(r"  (file|https?)://", other) for other in others), ended.stderr
    assert ended.stdout == ""


@pytest.mark.parametrize("command", ["pipeline", "network", *COMMANDS])
def test_help_fits_a_terminal_of_80_columns(command, quick, case):
    with case():
        ended = quick(f"{command} --help")
        assert (ended.code, ended.stderr) == (0, "")
        assert ended.stdout.startswith(f"Usage: {command} ")
        assert max(map(len, ended.stdout.splitlines())) <= 80
        assert "\x1b" not in ended.stdout
        assert not re.search(r"\n  .+\w\.\.\.\n", ended.stdout)  # a sentence that is cut off


@pytest.mark.parametrize("command", COMMANDS)
def test_an_unknown_option_is_one_line_or_one_json_object(command, quick, case):
    with case():
        ended = quick(f"{command} --no-such-option")
        check_line(ended, command.split()[0], f"--no-such-option. See `{command} --help`")
        answer = quick(f"{command} --json --no-such-option")
        assert (ended.code, answer.code, answer.stderr) == (2, 2, "")
        assert parse(answer.stdout)["error"]["code"] == 2


def test_every_command_has_a_line_with_which_it_succeeds():
    assert sorted([*SUCCESSES, *SERVERS]) == sorted(COMMANDS)


@POSIX
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.parametrize("options", ["", "--json"])
@pytest.mark.parametrize("command", SERVERS)
def test_a_server_tells_its_address_at_once_and_ends_with_0_when_stopped(
    command, options, number, places, case
):
    with case():
        line = f"{command} {SERVERS[command]} {options}"
        process = subprocess.Popen(
            [sys.executable, "-m", *line.split()], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE, env=variables(places["cache"], {**ASCII, **COLOURFUL}),
        )  # fmt: skip
        with process:
            first = process.stdout.readline()
            if options:
                while not first.endswith("\n}\n"):
                    first += process.stdout.readline()
                first = parse(first)["address"]
            is_soon, out, err = ends_soon(process, number)
        assert re.search(r"http://127\.0\.0\.1:\d+/$", first.strip())
        assert (process.returncode, out) == (0, "")
        assert err == ("" if options else "Ctrl-C ends it.\n")
        assert is_soon


@pytest.mark.parametrize("command", SUCCESSES)
def test_what_succeeds_prints_clean_text_or_one_json_object(command, call, quick, case):
    with case():
        line = f"{command} {SUCCESSES[command]}"
        ended, answer = call(line, **ASCII, **COLOURFUL), quick(f"{line} --json")
        assert (ended.code, answer.code, answer.stderr) == (0, 0, ""), (ended, answer)
        assert "error" not in parse(answer.stdout)
        assert ended.stdout
        assert (ended.stdout + ended.stderr).replace("\n", "").isprintable()
        assert ended.stdout.isascii()


@pytest.mark.parametrize(("line", "code", "words"), FAILURES)
def test_what_fails_is_one_line_with_its_code(line, code, words, quick, case):
    with case():
        ended = quick(line)
        assert ended.code == code, ended
        check_line(ended, line.split()[0], words)


@pytest.mark.parametrize("line", EMPTY)
def test_an_empty_argument_is_refused(line, quick, case, tmp_path):
    with case():
        ended = quick(line)
        assert ended.code in {2, 3}, ended
        check_line(ended, line.split()[0], "")
        assert not [*tmp_path.iterdir()]


@pytest.mark.parametrize(("line", "code"), FIRST_OF_EACH_CODE)
def test_every_failure_is_an_object_if_asked_for(line, code, quick, case):
    with case():
        answer = quick(f"{line} --json")
        assert (answer.code, answer.stderr) == (code, "")
        error = parse(answer.stdout)["error"]
        assert error.keys() == {"code", "message", "hint"}
        assert error["code"] == code


def test_a_wrong_gradient_ends_with_1_and_is_a_result(places, case):
    with case():
        done = subprocess.run(
            [sys.executable, "-c", WRONG_LAYER, "check", "first", "--sample", "2", "--json"],
            capture_output=True, check=False, env=variables(places["cache"], {}),
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (1, b"")
        assert parse(done.stdout.decode())["right"] is False


def test_parameters_that_are_no_numbers_give_no_answer(places, call, case):
    with case():
        cache = Cache(places["cache"], "test")
        first = load_checkpoint(find_run(cache, "first").checkpoint)
        params = map_params(lambda array: np.full_like(array, np.nan), first.params)
        kept = {"configuration": first.meta["configuration"], "epoch": 0, "step": 0}
        path = Run(cache.runs() / "nan").checkpoint
        path.parent.mkdir()
        save_checkpoint(path, Checkpoint(first.model, params, {}, kept))
        answer = call("network predict {picture} --run nan --json")
        shutil.rmtree(path.parent)
        assert parse(answer.stdout)["error"]["code"] == answer.code == 4


@POSIX
def test_memory_that_is_not_there_is_a_failure_like_others(call, case):
    with case():
        limited = ("sh", "-c", f'ulimit -v {LITTLE_MEMORY}; exec "$@"', "sh")
        line = "network init --dataset obst --hidden 100000"
        ended = call(line, through=limited, OPENBLAS_NUM_THREADS="1")
        assert ended.code == 6
        check_line(ended, "network", "not enough memory")


@POSIX
@pytest.mark.parametrize("line", ["pipeline list", "network runs --json", "network test first"])
def test_a_reader_that_has_gone_is_no_fault(line, places, case):
    with case():
        reading, writing = os.pipe()
        os.close(reading)
        done = subprocess.run(
            [sys.executable, "-m", *line.split()], stdout=writing, stderr=subprocess.PIPE,
            env=variables(places["cache"], {}), check=False, text=True,
        )  # fmt: skip
        os.close(writing)
        assert done.returncode == 141  # as if by SIGPIPE
        assert not re.search("Traceback|Exception|Errno|Broken", done.stderr)


@POSIX
@pytest.mark.parametrize("closed", ["<&-", ">&-", "<&- >&- 2>&-"])
def test_closed_streams_are_never_mistaken_for_artefacts(closed, places, call, case):
    with case():
        through = ("sh", "-c", f'exec "$@" {closed}', "sh")
        name = f"closed-{secrets.token_hex(4)}"
        line = f"network train --dataset obst --hidden 2 --epochs 2 --name {name} --json"
        ended = call(line, through=through)
        assert (ended.code, ended.stderr) == (0, "")
        assert (ended.stdout == "") == (" >&-" in f" {closed}")
        found = find_run(Cache(places["cache"], "test"), name)
        assert load_run(found)[0].meta["epoch"] == 2
        assert len(found.history.read_text().splitlines()) == 2


@POSIX
@pytest.mark.parametrize(
    ("name", "environment"),
    [("Öl und Äther", {}), ("Öl und Äther", ASCII), ("new\nline", {}), ("'\udcff\"", ASCII)],
)
def test_a_folder_may_have_any_name(name, environment, places, call, case, tmp_path):
    with case():
        cache = tmp_path / name
        shutil.copytree(places["cache"], cache)
        given = {"cache": cache, **environment}
        for line in ("pipeline build-pickles obst --force", "network test first --json"):
            ended = call(line, **given)
            assert ended.code == 0, ended
        ended = call("pipeline verify obst", **given)
        assert [text.split()[0] for text in ended.stdout.splitlines()] == ["intact"] * 7


def test_a_run_may_have_any_letters_in_its_name(places, call, case):
    with case():
        name = "Größe.+_-2"
        line = f"network init --dataset obst --hidden 2 --name {name}"
        assert call(line).stdout.startswith(f"run {name}: ")
        assert call(f"network test {name}").code == 0
        assert ascii(name)[1:-1] in call("network runs", PYTHONIOENCODING="ascii").stdout
        shutil.rmtree(places["cache"] / "runs" / name)


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The folder of a copy without a checkout around it."""
    folder = tmp_path_factory.mktemp("installed")
    for name in APPS:
        shutil.copytree(REPOSITORY / name, folder / name)
    return str(folder)


@POSIX
@pytest.mark.parametrize(
    "homes",
    [
        {"HOME": None},
        {"HOME": None, "XDG_CACHE_HOME": None},
        {"HOME": "", "XDG_CACHE_HOME": ""},
        {"XDG_CACHE_HOME": "not/absolute"},
    ],
    ids=str,
)
def test_without_a_home_in_the_environment_the_cache_is_still_the_users(
    homes, installed, call, case, tmp_path
):
    with case():
        answer = call("pipeline where --json", cache=None, PYTHONPATH=installed, **homes)
        found = parse(answer.stdout)
        assert found["rule"] == "the user's cache folder"
        path = Path(found["path"])
        assert path.is_absolute()
        assert not path.is_relative_to(tmp_path)  # the working directory decides nothing
        assert path.name == "mnist-neural-net"


def can(*command: str) -> bool:
    """Does this command work here?"""
    if shutil.which(command[0]) is None:
        return False
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


@once
def can_mount() -> bool:
    """Does this system let anybody mount folders that only he sees?"""
    return can("unshare", "-rm", "mount", "--bind", "/tmp", "/tmp")


@pytest.mark.parametrize("line", ["pipeline where", "network runs"])
def test_a_user_without_a_home_is_told_to_choose_a_folder(line, installed, call, case):
    nobody = ("unshare", "-U", "--map-user=54321")
    if not can(*nobody, "true"):
        pytest.skip("no user can be made up here")
    with case():
        homes = {"HOME": None, "XDG_CACHE_HOME": None}
        ended = call(line, cache=None, through=nobody, PYTHONPATH=installed, **homes)
        assert ended.code == 2
        check_line(ended, line.split()[0], "--cache-dir")


@POSIX
@pytest.mark.parametrize(
    ("line", "code", "words"),
    [
        ("pipeline list --json", 0, '"obst"'),
        ("network test first", 0, "accuracy"),
        ("pipeline where --cache-dir relative", 6, "relative"),
        ("pipeline show obst --out sheet.png", 6, "sheet.png"),
        ("network predict picture.png --run first", 3, "picture.png"),
    ],
)
def test_a_working_directory_that_is_gone_matters_only_to_relative_paths(
    line, code, words, call, case
):
    with case():
        gone = ("sh", "-c", 'mkdir gone && cd gone && rmdir ../gone && exec "$@"', "sh")
        ended = call(line, through=gone)
        assert ended.code == code, ended
        if code:
            check_line(ended, line.split()[0], words)
        assert words in ended.stdout + ended.stderr


@contextmanager
def read_only(folder: Path) -> Iterator[tuple[str, ...]]:
    """Yield what to run commands through, so that nothing can be written into a folder."""
    if os.geteuid():
        modes = {path: path.stat().st_mode for path in (folder, *folder.rglob("*"))}
        for path, mode in modes.items():
            path.chmod(mode & ~0o222)
        try:
            yield ()
        finally:
            for path, mode in modes.items():
                path.chmod(mode)
    elif can_mount():
        mount = f'mount --bind "{folder}" "{folder}" && mount -o remount,ro,bind "{folder}"'
        yield ("unshare", "-rm", "sh", "-c", f'{mount} && exec "$@"', "sh")
    else:
        pytest.skip("root may write everywhere, and can mount nothing read-only here")


@POSIX
@pytest.mark.parametrize(
    ("line", "code"),
    [
        ("pipeline build-pickles obst", 0),
        ("pipeline show obst --out {folder}/sheet.png", 0),
        ("network predict {picture} --run first", 0),
        ("network show first", 6),
        ("network test first", 6),
        ("network train --dataset obst", 6),
        ("pipeline fetch", 6),
    ],
)
def test_a_cache_that_is_read_only_can_be_read(line, code, places, call, case):
    with read_only(places["cache"]) as through, case():
        ended = call(line, through=through)
        assert ended.code == code, ended
        if code:
            check_line(ended, line.split()[0], "--cache-dir")


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
@pytest.mark.parametrize("line", ["network train --dataset obst --epochs 100000", "pipeline fetch"])
def test_a_signal_ends_with_its_code_and_without_a_word_of_python(
    line, number, code, places, case, tmp_path
):
    with case(), socket.create_server(("127.0.0.1", 0)) as silent_mirror:
        address = f"http://127.0.0.1:{silent_mirror.getsockname()[1]}/"
        silent = {"NO_PROXY": "127.0.0.1", "no_proxy": "127.0.0.1"}
        is_fetch = line == "pipeline fetch"
        options = ["--mirror", address, "--cache-dir", str(tmp_path)] if is_fetch else []
        process = subprocess.Popen(
            [sys.executable, "-m", *line.split(), *options], stdout=subprocess.PIPE, text=True,
            stderr=subprocess.PIPE, env=variables(places["cache"], silent),
        )  # fmt: skip
        with process:
            if is_fetch:
                assert select.select([silent_mirror], [], [], PATIENCE)[0]  # somebody calls
            else:
                while "epoch   2" not in process.stderr.readline():
                    assert process.poll() is None
            process.send_signal(number)
            out, err = process.communicate(timeout=PATIENCE)
        assert (process.returncode, out) == (code, "")
        assert "Traceback" not in err
        assert not [*tmp_path.rglob("*.part")]


@pytest.fixture
def on_terminal(places: dict[str, Path], tmp_path: Path) -> Call:
    """Run a line on a terminal; what goes apart, to `>` or `2>` a file, is `stderr`."""

    def start(
        line: str, columns: int = 80, apart: str = "", stop: int = 0, **changes: str
    ) -> Ended:
        import fcntl  # these two are on POSIX alone
        import termios

        master, terminal = os.openpty()
        size = struct.pack("HHHH", 24, columns, 0, 0)
        fcntl.ioctl(terminal, termios.TIOCSWINSZ, size)
        beside = tmp_path / "apart"
        beside.touch()
        process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" {apart} "{beside}"' if apart else 'exec "$@"', "sh",
             sys.executable, "-m", *line.split()],
            stdin=terminal, stdout=terminal, stderr=terminal,
            env=variables(places["cache"], {"TERM": "xterm-256color", **changes}),
        )  # fmt: skip
        os.close(terminal)
        screen = b""
        with process, contextlib.suppress(OSError):  # Linux: the other side is closed
            while shown := os.read(master, 1 << 16):
                screen += shown
                if stop and b"epoch   2" in screen:
                    process.send_signal(stop)
                    stop = 0
        os.close(master)
        return Ended(process.returncode, screen.decode(), beside.read_text())

    return start


DRAWN = "network show first --terminal --count 1"
BAR = "pipeline build-pickles obst --force"
SOME = "network train --dataset obst --hidden 2 --epochs 30"


@POSIX
@pytest.mark.parametrize(("line", "columns"), [(BAR, 10), (BAR, 40), (BAR, 100), (SOME, 40)])
def test_a_bar_keeps_to_the_width_of_its_terminal_and_goes_away(line, columns, on_terminal, case):
    with case():
        ended = on_terminal(line, columns)
        screen = COLOUR.sub("", ended.stdout).replace(CURSOR_UP, "")
        bars = re.findall(r"\r\x1b\[2K([^\r\n]*)", screen)
        assert ended.code == 0
        assert "0 of" in "".join(bars) or columns == 10
        assert max(map(len, bars)) <= columns
        assert ended.stdout.count(HIDE_CURSOR) == ended.stdout.count(SHOW_CURSOR) > 0
        assert "Next: network" in ended.stdout.split("\x1b")[-1]  # the last bar is wiped away


@POSIX
@pytest.mark.parametrize(("columns", "apart"), [(10, ""), (30, ""), (40, ">"), (100, "")])
def test_curves_of_a_training_keep_to_the_width_and_stay(columns, apart, on_terminal, case):
    with case():
        screen = on_terminal(SOME, columns, apart).stdout
        curve = r"^(loss|validation)(  +\S+ [^\r\n]*)"
        drawn = [a + b for a, b in re.findall(curve, screen, re.MULTILINE)]
        assert max(map(len, drawn), default=0) <= columns
        stay = re.findall(curve, screen.split("\x1b[2K")[-1], re.MULTILINE)
        if columns < 30:
            assert drawn == stay == []
        else:
            assert [name for name, _ in stay] == ["loss", "validation"]
            assert all(re.search("[▁▂▃▄▅▆▇]", line) for line in drawn)


@POSIX
def test_a_terminal_of_ascii_alone_gets_curves_of_signs(on_terminal, case):
    with case():
        last = on_terminal(SOME, LC_ALL="C").stdout.split("\x1b")[-1]
        assert re.search(r"loss +0\.\d{4}  [_.=+*#-]{50,}\r", last)
        assert last.isascii()


@POSIX
@pytest.mark.parametrize(
    ("changes", "colour", "mark"),
    [
        ({"COLORTERM": "truecolor"}, "\x1b[38;2;", "▀"),
        ({}, "\x1b[38;5;", "▀"),
        ({"TERM": "xterm"}, "", "▀"),
        ({"TERM": "dumb"}, "", "▀"),
        ({"NO_COLOR": "1", "COLORTERM": "truecolor"}, "", "▀"),
        ({"LC_ALL": "C", "COLORTERM": "truecolor"}, "", "@"),
        ({"LC_ALL": "POSIX"}, "", "@"),
        ({"PYTHONIOENCODING": "latin-1"}, "", "@"),
    ],
)
def test_digits_are_drawn_as_a_terminal_can(changes, colour, mark, on_terminal, case):
    with case():
        screen = on_terminal(DRAWN, **changes).stdout
        assert mark in screen
        assert colour in screen
        assert ("\x1b" in screen) == bool(colour)
        assert COLOUR.sub("", screen).replace("\r\n", "").isprintable()


@POSIX
def test_digits_are_drawn_without_colours_into_a_pipe(call, case):
    with case():
        ended = call(DRAWN, **COLOURFUL)
        assert ended.stdout.replace("\n", "").isprintable()
        assert "█" in ended.stdout
        assert call(DRAWN, **COLOURFUL, **ASCII).stdout.isascii()


@POSIX
def test_a_terminal_too_narrow_for_a_digit_is_told_so(on_terminal, case):
    with case():
        ended = on_terminal(DRAWN, 27, apart="2>")
        assert (ended.code, ended.stdout) == (2, "")
        assert "27 columns, a digit takes 28" in ended.stderr


@POSIX
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_bar_that_is_stopped_leaves_the_terminal_as_it_was(number, code, on_terminal, case):
    with case():
        ended = on_terminal(f"{SOME}000", stop=number)
        assert ended.code == code
        assert ended.stdout.count(HIDE_CURSOR) == ended.stdout.count(SHOW_CURSOR) > 0
        assert "stopped at step" in ended.stdout


@POSIX
def test_a_bar_without_colours_has_none(on_terminal, case):
    with case():
        screen = on_terminal(BAR, NO_COLOR="1").stdout
        assert "0 of 24 images" in screen
        assert not COLOUR.search(screen.replace("\x1b[0m", ""))


@POSIX
@pytest.mark.parametrize("line", [BAR, "network train --dataset obst --hidden 2 --epochs 2 -q"])
def test_a_terminal_that_obeys_no_codes_gets_the_lines_of_a_pipe(line, on_terminal, case):
    with case():
        screen = on_terminal(line, TERM="dumb").stdout.replace("\r\n", "\n")
        assert "\x1b" not in screen
        assert "\n\n" not in f"\n{screen}"


@POSIX
@pytest.mark.parametrize(
    ("options", "apart", "has_bar"),
    [("", ">", True), ("", "2>", False), ("--json", "", False), ("--quiet", "", False)],
)
def test_a_bar_is_drawn_on_stderr_and_only_where_somebody_looks(
    options, apart, has_bar, on_terminal, case
):
    with case():
        ended = on_terminal(f"{BAR} {options}", apart=apart)
        assert ("\x1b" in ended.stdout) == has_bar
        assert "\x1b" not in ended.stderr
        results = {">": ended.stderr, "2>": ended.stdout}.get(apart, ended.stdout)
        assert results.count("built") == 2
        beside = {"": "", ">": results, "2>": "Next: network train --dataset obst\n"}
        assert ended.stderr == beside[apart]
