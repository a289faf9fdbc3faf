"""The commands that touch the cache, the cache each starts from, and a workshop to run them in."""

import gzip
import os
import pickle
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from PIL import Image

from network.runs.names import list_runs
from network.runs.training_run import create_training_run
from network.training.configuration import Configuration
from pipeline.build import build_pickles
from pipeline.datasets.registry import DATASETS
from pipeline.storage.cache import Cache
from pipeline.terminal.preview import save_picture
from tests.reliability.judgement import Known, artefacts, right_content
from tests.reliability.strace import Call, calls_on, inject, read_threads, was_hit, watch
from tests.reliability.warm_commands import Ended, WarmCommands
from tests.support.tiny_dataset import fill, make_dataset

LABELS = tuple(range(10)) * 52  # enough images for several chunks of each file
TRIES = 8  # to meet a call that threads make in another order each time
POSIX = pytest.mark.skipif(os.name != "posix", reason="fork, kill -9 and ulimit are POSIX")
TRAIN = "network train --dataset tiny --hidden 2 --epochs 1 --learning-rate 0.1 --quiet"
IMPORT = "pipeline import {arrays} --name mine --force --quiet"
EXPORT = "pipeline export tiny --force --quiet --out {cache}/exports"
PLAN = """
sweep = { trials = 1 }
fixed = { dataset = "tiny", hidden = [2], epochs = 1 }
space = { learning_rate = { low = 0.1, high = 1 } }
"""
SHOW = "--quiet --count 2 --out {cache}/pictures/answers.png"


@dataclass(frozen=True)
class Command:
    """A command line, and the state of the cache that it starts from."""

    line: str  # what stands in {} is told by Workshop.arguments
    start: str  # one of Workshop.states
    takes_folder: bool = True  # --cache-dir


# A command that touches the cache needs no more than a line here: every test takes it up.
COMMANDS = {
    "fetch": Command("pipeline fetch tiny --quiet --mirror {files}", "nothing"),
    "fetch by http": Command("pipeline fetch tiny --quiet --force --mirror {http}", "damaged"),
    "build-pickles": Command("pipeline build-pickles tiny --quiet", "raw files"),
    "build-pickles again": Command("pipeline build-pickles tiny --quiet", "older pickles"),
    "verify": Command("pipeline verify tiny --quiet", "pickles"),
    "pipeline show": Command(f"pipeline show tiny {SHOW}", "pickles"),
    "train": Command(TRAIN, "pickles"),
    "train with a film": Command(f"{TRAIN} --film", "pickles"),
    "train by name": Command(f"{TRAIN} --name chosen", "pickles"),
    "init": Command("network init --dataset tiny --hidden 2 --quiet", "pickles"),
    "resume": Command("network train --resume --quiet", "stopped run"),
    "replay": Command("network replay 784-2-10-1 --quiet", "run"),
    "test": Command("network test --quiet", "run"),
    "calibrate": Command("network calibrate --quiet", "run"),
    "compare": Command("network compare first second --quiet", "two runs"),
    "ensemble": Command("network ensemble first second --quiet", "two runs"),
    "network export": Command("network export --quiet --onnx {cache}/exports/run.onnx", "run"),
    "network show": Command(f"network show {SHOW}", "run"),
    "plot": Command(
        "network plot --split train --kind weights --quiet --out {cache}/pictures", "run"
    ),
    "report": Command("network report --split train --quiet --out {cache}/pictures/r.html", "run"),
    "import-original": Command("network import-original {seed}/w {seed}/b --quiet", "nothing"),
    "import": Command(IMPORT, "nothing"),
    "import again": Command(IMPORT, "imported"),
    "export": Command(f"{EXPORT}/tiny.npz --to npz", "pickles"),
    "export of a folder": Command(f"{EXPORT}/csv --to csv", "pickles"),
    "publish": Command("publish", "older files"),  # no command: the function under all of them
}
READERS = {"verify"}  # of these commands
WRITERS = [name for name in COMMANDS if name not in READERS]
# Every command writes by the function that "publish" calls, as R22 shows for each of them. So all
# system calls of that function are tried, and some of one command of each kind; with --soak all
# of every command.
KINDS = {
    "publish": "the function itself: every call",
    "fetch by http": "several threads, and files that are damaged",
    "build-pickles again": "large files, and a manifest about them",
    "pipeline show": "a single file",
    "train": "the folder of a run, and files added to it",
    "resume": "files of a run replaced",
    "test": "a log in JSON",
    "import again": "a folder replaced",
    "export of a folder": "a folder forced to disk by one sync",
}
# The other commands only print; a sweep starts processes of its own, and R15 kills those.
PRINTERS = {
    "sweep": Command("network sweep {plan} --workers 1 --quiet", "pickles"),
    "where": Command("pipeline where", "nothing"),
    "list": Command("pipeline list", "nothing", takes_folder=False),
    "inspect": Command("pipeline inspect {seed}/w", "nothing", takes_folder=False),
    "predict": Command("network predict {cache}/pictures/answers.png --quiet", "run"),
    "check": Command("network check 784-2-10-1 --examples 2 --quiet", "run"),
    "runs": Command("network runs", "run"),
    "presets": Command("network presets", "nothing", takes_folder=False),
    "help of pipeline": Command("pipeline --help", "nothing", takes_folder=False),
    "help of network train": Command("network train --help", "nothing", takes_folder=False),
    "help of network lab": Command("network lab --help", "nothing", takes_folder=False),
    "version": Command("network --version", "nothing", takes_folder=False),
}
EVERY_COMMAND = COMMANDS | PRINTERS


def every_kind(names: Iterable[str]) -> pytest.MarkDecorator:
    """Give a test one command of each kind as its `name`, and with --soak the others, too."""
    chosen = [
        name if name in KINDS else pytest.param(name, marks=pytest.mark.soak) for name in names
    ]
    return pytest.mark.parametrize("name", chosen)


class Workshop:
    """A tiny data set, its mirrors, the states a cache starts from, and a process to fork."""

    def __init__(self, folder: Path, *prefix: str, **environment: str) -> None:
        """Prepare everything; prefix and environment are for the process to fork."""
        self.disk, self.logs = folder / "disk", folder / "logs"
        self.mirror, self.seed = folder / "mirror", folder / "seed"
        self.dataset, self.files = make_dataset(LABELS)
        self.mirror.mkdir()
        self.disk.mkdir()
        for name, data in self.files.items():
            (self.mirror / name).write_bytes(data)
        write_seed(self.seed)
        self.arrays = folder / "arrays.npz"
        write_arrays(self.arrays, 60)
        self.plan = folder / "plan.toml"
        self.plan.write_text(PLAN)
        self.warm = WarmCommands(folder / "warm", [self.dataset], prefix, environment)
        self.place = self.disk / "cache"  # where the commands find the cache
        self.cache = Cache(self.warm.view(self.place), "test")  # where this process finds it
        self.server = QuietServer(("127.0.0.1", 0), partial(QuietHandler, directory=self.mirror))
        Thread(target=self.server.serve_forever, daemon=True).start()
        self.states = self.make_states(folder / "states")
        self.right = right_content(Cache(self.states["pickles"], "right"), self.dataset)
        self.known: dict[str, Known] = {}  # of commands that have been rehearsed
        self.watched: dict[str, list[Call]] = {}

    def make_states(self, folder: Path) -> dict[str, Path]:
        """Make every state that a command starts from."""
        states = {name: folder / name for name in {item.start for item in COMMANDS.values()}}
        caches = {name: Cache(path, name) for name, path in states.items()}
        older, older_files = make_dataset(LABELS[::-1])
        fill(caches["older pickles"], older, older_files)
        build_pickles(caches["older pickles"], older)
        fill(caches["damaged"], self.dataset, damage(self.files))
        with_pickles = "pickles", "run", "two runs", "stopped run"
        for name in ("raw files", "older pickles", *with_pickles):
            fill(caches[name], self.dataset, self.files)
        for name in with_pickles:
            build_pickles(caches[name], self.dataset)
            (states[name] / "pictures").mkdir()
            draw_line(states[name] / "pictures" / "answers.png")
        write_arrays(folder / "older.npz", 50)
        self.warm.run("publish", "--age", "1", "--cache-dir", str(states["older files"]))
        older_arrays = ["pipeline", "import", str(folder / "older.npz"), "--name", "mine"]
        self.warm.run(*older_arrays, "--cache-dir", str(states["imported"]))
        self.warm.run(*TRAIN.split(), "--cache-dir", str(states["run"]))
        (run,) = list_runs(caches["run"])
        run.result.write_text('{"count": 1, "correct": 1, "accuracy": 1.0}')
        for name in ("first", "second"):  # of one seed: they score the same
            line = f"{TRAIN} --name {name}"
            self.warm.run(*line.split(), "--cache-dir", str(states["two runs"]))
        DATASETS[self.dataset.name] = self.dataset
        choices = Configuration(dataset="tiny", hidden=(2,), epochs=1, learning_rate=0.1)
        create_training_run(caches["stopped run"], choices, "stopped")
        return states

    def reset(self, name: str) -> None:
        """Put the cache into the state that a command starts from."""
        DATASETS[self.dataset.name] = self.dataset  # for what judges the runs
        shutil.rmtree(self.cache.root, ignore_errors=True)
        state = self.states[EVERY_COMMAND[name].start]
        if state.exists():
            shutil.copytree(state, self.cache.root)

    def arguments(self, name: str) -> list[str]:
        """The arguments of a command that works on the cache of this workshop."""
        places = {
            "files": self.mirror.as_uri(),
            "http": f"http://127.0.0.1:{self.server.server_port}/",
            "cache": self.place,
            "seed": self.seed,
            "arrays": self.arrays,
            "plan": self.plan,
        }
        command = EVERY_COMMAND[name]
        folder = ["--cache-dir", str(self.place)] if command.takes_folder else []
        return [*command.line.format(**places).split(), *folder]

    def run(self, name: str, *more: str, **options: Any) -> Ended:
        """Run a command on the cache as it is, with more arguments if there are."""
        return self.warm.run(*self.arguments(name), *more, **options)

    def rehearse(self, name: str, strace: Sequence[str] = ()) -> Known:
        """Run a command undisturbed, and say which versions of each artefact are known."""
        self.reset(name)
        before = artefacts(self.cache)
        ended = self.run(name, strace=strace)
        assert ended.code == 0, ended
        self.known[name] = Known(self.dataset, before, artefacts(self.cache), self.right)
        return self.known[name]

    def known_of(self, name: str) -> Known:
        """Say which versions are known, from a rehearsal if there was one."""
        return self.known.get(name) or self.rehearse(name)

    def watch(self, name: str) -> tuple[list[Call], Known]:
        """Rehearse a command under strace, once for all, and list its calls on the cache, too."""
        if name not in self.watched:
            self.rehearse(name, watch(self.logs))
            self.watched[name] = calls_on(self.cache.root, self.logs)
        return self.watched[name], self.known[name]

    def disturb(self, name: str, call: Call, what: str, *more: str) -> Ended | None:
        """Run a command from its start, and let one of its calls on the cache meet `what`.

        Threads come in another order each time, so the call may be about something else than in
        the rehearsal: None when that happened at every try.
        """
        for _ in range(TRIES):
            self.reset(name)
            ended = self.run(name, strace=inject(self.logs, call, what, *more))
            if was_hit(self.cache.root, self.logs, call):
                return ended
        return None

    def injected(self) -> list[Call]:
        """List the calls that were made to fail in the last command that was disturbed."""
        threads = read_threads(self.logs) if self.logs.exists() else []
        return [call for thread in threads for call in thread if call.was_injected]

    def close(self) -> None:
        """End the process and the server, and forget the data set."""
        DATASETS.pop(self.dataset.name, None)
        self.warm.close()
        self.server.shutdown()
        self.server.server_close()


def damage(files: dict[str, bytes]) -> dict[str, bytes]:
    """Cut the first file, put HTML into the second, zip the third otherwise."""
    names = list(files)
    otherwise = gzip.compress(gzip.decompress(files[names[2]]), 1)
    return files | {names[0]: files[names[0]][:-9], names[1]: b"<html>", names[2]: otherwise}


def draw_line(path: Path) -> None:
    """Draw a picture with something in it, as this project does, which may replace it."""
    picture = Image.new("L", (28, 28), 255)
    picture.paste(0, (12, 4, 15, 24))
    save_picture(picture, path)


def write_arrays(path: Path, count: int) -> None:
    """Write images and labels as other programs do."""
    rng = np.random.default_rng(count)
    images = rng.integers(0, 256, (count, 28, 28), np.uint8)
    labels = np.arange(count) % 10
    np.savez(path, x_train=images, y_train=labels, x_test=images[::2], y_test=labels[::2])


def write_seed(folder: Path) -> None:
    """Write parameter files in the seed's form: w of shape (n_out, n_in), b to be subtracted."""
    folder.mkdir()
    rng = np.random.default_rng(0)
    weights = [rng.normal(size=shape) for shape in [(2, 784), (10, 2)]]
    for name, arrays in (("w", weights), ("b", [rng.normal(size=len(w)) for w in weights])):
        (folder / name).write_bytes(pickle.dumps(arrays))


class QuietHandler(SimpleHTTPRequestHandler):
    """Serves files without a word."""

    def log_message(self, *arguments: object) -> None:
        pass


class QuietServer(ThreadingHTTPServer):
    """A server to whom a killed client is nothing to speak of."""

    def handle_error(self, *arguments: object) -> None:
        pass
