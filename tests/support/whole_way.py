"""The whole way through an installed copy: fetch, train, test, predict, draw, export, search.

Each step uses the package that its extra installs, so that a version that does not work is noticed.
"""

import functools
import http.client
import re
import shlex
import threading
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer

from tests.support.checkout import RAW, REPOSITORY
from tests.support.installed_copy import InstalledCopy, StepError
from tests.support.programs import COMMANDS, PROGRAMS

LINES = """
pipeline list
pipeline where
pipeline build-pickles mnist-sample
pipeline verify mnist-sample
pipeline show mnist-sample --out sheet.png
pipeline export mnist-sample --to png --out pictures
pipeline inspect pictures
pipeline import pictures --name mine
network init --dataset mnist-sample --hidden 8 --name start
network train --dataset mnist-sample --preset fast-97 --name first
network train --dataset mine --layers "Conv2D(4, 5), ReLU, Flatten, Linear(10)" --epochs 1
network test first
network predict sheet.png --run first --steps steps.png
network show first --wrong --out wrong.png
network calibrate first
network check first --sample 5
network export first --html page.html
network runs
"""

LINES_WITH_EXTRAS = """
pipeline import digits.parquet --name parquet
network plot first --kind confusion --out plots
network export first --onnx run.onnx --safetensors run.safetensors
network train --dataset mnist-sample --preset fast-97 --epochs 1 --seeds 2 --workers 2
network sweep plan.toml --trials 2 --workers 1
"""

PLAN = """
[sweep]
objective = "accuracy"
[fixed]
dataset = "mnist-sample"
preset = "fast-97"
epochs = 1
[space.learning_rate]
low = 0.001
high = 0.1
log = true
"""

MAKE_PARQUET = """
import pyarrow
from pyarrow import parquet

from network import load_dataset

digits = load_dataset("mnist-sample").train
columns = {f"pixel{place}": column for place, column in enumerate(digits.images.reshape(-1, 784).T)}
parquet.write_table(pyarrow.table({"label": digits.labels, **columns}), "digits.parquet")
"""


def go_the_whole_way(copy: InstalledCopy) -> Iterator[str]:
    """Take every step that needs no extra, and yield the name of each.

    Raises: StepError when one fails.
    """
    yield "pipeline fetch, from a server"
    with raw_files_served() as address:
        copy.call(["pipeline", "fetch", "--mirror", address, "--force"])
    yield from run_lines(copy, LINES)
    yield "the Python of the README"
    run_document("README.md", copy)
    run = {tuple(line.split()[:2]) for line in (LINES + LINES_WITH_EXTRAS).splitlines() if line}
    helped = [program.name for program in PROGRAMS]  # and every command that is not run
    helped += [command for command in COMMANDS if tuple(command.split()) not in run]
    for words in helped:
        yield f"{words} --help"
        copy.call([*words.split(), "--help"])


def use_the_extras(copy: InstalledCopy) -> Iterator[str]:
    """Take the steps that need the extras, each at least once, and yield the name of each.

    Raises: StepError when one fails.
    """
    (copy.empty / "plan.toml").write_text(PLAN, "utf-8")
    yield "a parquet file"
    copy.call(["python", "-c", MAKE_PARQUET])
    yield from run_lines(copy, LINES_WITH_EXTRAS)
    yield "the Python of docs/reference/python.md"
    run_document("docs/reference/python.md", copy)
    yield "network lab, with its page, its runs and a map"
    use_the_lab(copy)
    yield "network train, on a cluster"
    use_a_cluster(copy)


def run_lines(copy: InstalledCopy, lines: str) -> Iterator[str]:
    """Run commands, and yield each."""
    for line in filter(None, lines.splitlines()):
        yield line
        copy.call(shlex.split(line))


def run_document(name: str, copy: InstalledCopy) -> None:
    """Run the Python of a page, each block in a process of its own."""
    text = (REPOSITORY / name).read_text("utf-8")
    for block in re.findall(r"```python run\n(.*?)```", text, re.DOTALL):
        copy.call(["python", "-c", block])


def use_the_lab(copy: InstalledCopy) -> None:
    """Ask the lab for its page, for the runs, and for a map that needs scikit-learn."""
    with copy.serving(["network", "lab", "--port", "0", "--no-browser"]) as lab:
        assert lab.stdout is not None
        address = urllib.parse.urlsplit(lab.stdout.readline().split()[-1])
        for path in ("/", "/api/runs", "/api/runs/first/map?layers=0&method=t-sne"):
            ask(f"{address.scheme}://{address.netloc}{path}", address.query.partition("=")[2])


def ask(address: str, token: str) -> bytes:
    """Return what a server answers.

    Raises: StepError when that is an error.
    """
    request = urllib.request.Request(address, headers={"Authorization": f"Bearer {token}"})
    try:
        with urllib.request.urlopen(request) as answer:
            return bytes(answer.read())
    except (OSError, http.client.HTTPException) as error:
        raise StepError(f"{address}: {error}") from error


def use_a_cluster(copy: InstalledCopy) -> None:
    """Train on a Dask cluster of one worker."""
    file, quiet = str(copy.empty / "scheduler.json"), ["--no-dashboard", "--scheduler-file"]
    scheduler = ["dask", "scheduler", "--host", "127.0.0.1", "--port", "0", *quiet, file]
    worker = ["dask", "worker", "--nthreads", "1", "--host", "127.0.0.1", *quiet, file]
    with copy.serving(scheduler), copy.serving(worker):
        address = f"import json; print(json.load(open({file!r}))['address'])"
        copy.call(["sh", "-c", 'until [ -s "$0" ]; do sleep 0.1; done', file])
        options = ["--dataset", "mnist-sample", "--preset", "fast-97", "--epochs", "1"]
        found = copy.call(["python", "-c", address]).strip()
        copy.call(["network", "train", *options, "--seeds", "2", "--scheduler", found])


@contextmanager
def raw_files_served() -> Iterator[str]:
    """Serve the published files from this machine, as a mirror does."""
    handler = functools.partial(QuietHandler, directory=str(RAW))
    with ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}/"
        server.shutdown()


class QuietHandler(SimpleHTTPRequestHandler):
    """A server of files that prints nothing."""

    def log_message(self, format: str, *arguments: object) -> None:
        pass
