"""Compare how popular dataset loaders and this project handle known failures.

    pip install torch torchvision keras       # optional: missing ones are left out
    python benchmarks/known_faults.py

Every failure is real: a web server on this machine that misbehaves, damaged files, full disks,
processes that run at the same time. Each row has the observed behaviour of one loader.
"""

import functools
import gzip
import http.server
import json
import os
import pickle
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from pathlib import Path

REPOSITORY = next(
    folder for folder in Path(__file__).resolve().parents if (folder / "pyproject.toml").is_file()
)
RAW = REPOSITORY / "cache" / "raw" / "mnist"
TRAIN = "train-images-idx3-ubyte"
PATIENCE = 60.0  # seconds in which a loader must detect a silent server
WORKERS = 4

TORCHVISION = """
import json, sys, torch
for operator in ("nms", "qnms"):  # if the wheel was compiled for another version of torch
    try:
        torch.library.define(f"torchvision::{operator}", "(Tensor x) -> Tensor")
    except RuntimeError:
        pass
from torchvision.datasets import MNIST
MNIST.mirrors = json.loads(sys.argv[2])
data = MNIST(sys.argv[1], download=True).data
print("loaded", len(data), int(data.sum()))
"""
KERAS = """
import json, os, sys
os.environ.setdefault("KERAS_BACKEND", "torch")
import keras, numpy
path = keras.utils.get_file(
    "mnist.npz", json.loads(sys.argv[2])[0] + "mnist.npz", cache_dir=sys.argv[1],
    file_hash=sys.argv[3],
)
with numpy.load(path) as data:
    print("loaded", len(data["x_train"]), int(data["x_train"].sum()))
"""
OURS = """
import json, sys
from pathlib import Path
from pipeline.build import build_pickles
from pipeline.storage.cache import Cache
from pipeline.datasets.catalogue.mnist import MNIST
from pipeline.download.fetch import fetch_dataset
from pipeline.errors import ProjectError
from pipeline.pickles.manifest import read_split
cache = Cache(Path(sys.argv[1]), "benchmark")
try:
    fetch_dataset(cache, MNIST, tuple(json.loads(sys.argv[2])))
    build_pickles(cache, MNIST)
    pixels, _ = read_split(cache, MNIST, "train")
except ProjectError as error:
    sys.exit(str(error))
print("loaded", len(pixels), int(pixels.sum()))
"""
TORCH_SAVE = "import torch; torch.save({'weight': torch.zeros(10**6)}, PATH)"
KERAS_SAVE = """
import os
os.environ.setdefault("KERAS_BACKEND", "torch")
import keras
keras.Sequential([keras.Input((1000,)), keras.layers.Dense(1000)]).save(PATH)
"""
OUR_SAVE = """
import numpy as np
from network.runs.checkpoints import Checkpoint, save_checkpoint
from network.core.activations import Sigmoid
from network.core.layers import Flatten, Linear
from network.core.model import Model
from pathlib import Path
model = Model((Flatten(), Linear(1000), Sigmoid(), Linear(10), Sigmoid()))
params = model.init(np.random.default_rng(0), (28, 28))
save_checkpoint(Path(PATH), Checkpoint(model, params))
"""
LOADERS = {"torchvision": TORCHVISION, "keras": KERAS, "ours": OURS}


class Mirror(http.server.SimpleHTTPRequestHandler):
    """A server of a folder under `good/`, which misbehaves under the other names."""

    asked: list[str] = []  # noqa: RUF012 - one server at a time

    def do_GET(self) -> None:
        self.asked.append(self.path)
        behaviour, name = self.path.strip("/").split("/")
        if behaviour == "html":
            body = b"<html>This domain is for sale</html>"
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)
        elif behaviour == "silent":
            time.sleep(60)
        else:
            self.path = f"/{name}"
            super().do_GET()

    def log_message(self, *arguments: object) -> None:
        """Print nothing."""


class Server(http.server.ThreadingHTTPServer):
    """A server that ignores clients that disconnect."""

    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Print nothing."""


class Ground:
    """A temporary folder, a server with the files, and the installed loaders."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.files = folder, folder / "files"
        self.files.mkdir()
        for path in RAW.glob("*.gz"):
            shutil.copy(path, self.files)
        self.npz_hash = write_npz(self.files / "mnist.npz")
        handler = functools.partial(Mirror, directory=str(self.files))
        self.server = Server(("127.0.0.1", 0), handler)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()
        self.loaders = [name for name in LOADERS if name == "ours" or is_installed(name)]

    def address(self, behaviour: str, scheme: str = "http") -> str:
        return f"{scheme}://127.0.0.1:{self.server.server_port}/{behaviour}/"

    def start(self, loader: str, root: Path, *mirrors: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", LOADERS[loader], str(root), json.dumps(mirrors)]
        environment = {**os.environ, "PYTHONPATH": str(REPOSITORY), "NO_PROXY": "127.0.0.1"}
        return subprocess.Popen(
            [*command, self.npz_hash], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env=environment, cwd=self.folder,
        )  # fmt: skip

    def load(self, loader: str, root: Path, *mirrors: str, seconds: float = 120) -> str:
        """Run a loader; return its result: "loaded COUNT SUM", or the end of its error."""
        root.mkdir(exist_ok=True)  # otherwise Keras uses a folder in /tmp
        process = self.start(loader, root, *mirrors)
        try:
            out, error = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            process.kill()
            process.communicate()
            return f"still waiting after {seconds:.0f} s"
        lines = [line for line in out.splitlines() if line.startswith("loaded")]
        if process.returncode == 0 and lines:
            return lines[-1]
        return "error: " + (error.strip().splitlines() or ["?"])[-1][:100]


def is_installed(name: str) -> bool:
    """Return whether this loader is installed."""
    code = LOADERS[name].split("MNIST.mirrors")[0].split("path =")[0]
    command = [sys.executable, "-c", code]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def write_npz(path: Path) -> str:
    """Write MNIST in the format of Keras, and return the hash of the file."""
    import hashlib

    import numpy as np

    arrays = {}
    for key, name, offset, shape in (
        ("x_train", TRAIN, 16, (-1, 28, 28)), ("y_train", "train-labels-idx1-ubyte", 8, (-1,)),
        ("x_test", "t10k-images-idx3-ubyte", 16, (-1, 28, 28)),
        ("y_test", "t10k-labels-idx1-ubyte", 8, (-1,)),
    ):  # fmt: skip
        content = gzip.decompress((RAW / f"{name}.gz").read_bytes())
        arrays[key] = np.frombuffer(content, np.uint8, offset=offset).reshape(shape)
    np.savez(path, **arrays)  # type: ignore[arg-type]
    return hashlib.sha256(path.read_bytes()).hexdigest()


def told(outcome: str, right: str) -> str:
    """Return the result of a loader, compared with the correct data."""
    return "correct data" if outcome == right else outcome.replace("loaded", "WRONG DATA, loaded")


def html_from_the_first_mirror(ground: Ground, loader: str, right: str) -> str:
    """Load from two mirrors; the first sends a web page with status 200."""
    root = ground.folder / f"html {loader}"
    outcome = ground.load(loader, root, ground.address("html"), ground.address("good"))
    return told(outcome, right)


def silent_mirror(ground: Ground, loader: str, right: str) -> str:
    """Load from two mirrors; the first accepts the connection and sends nothing."""
    root = ground.folder / f"silent {loader}"
    both = ground.address("silent"), ground.address("good")
    return told(ground.load(loader, root, *both, seconds=PATIENCE), right)


def from_https_to_http(ground: Ground, loader: str, right: str) -> str:
    """Load from an https address whose server does not use TLS."""
    root = ground.folder / f"tls {loader}"
    Mirror.asked.clear()
    outcome = ground.load(loader, root, ground.address("good", "https"), seconds=60)
    in_clear = f"{len(Mirror.asked)} files fetched unencrypted, " if Mirror.asked else ""
    return in_clear + told(outcome, right)


def damaged_cache(ground: Ground, loader: str, right: str, harm: Callable[[Path], None]) -> str:
    """Load from a cache with a damaged file and an intact mirror."""
    root = ground.folder / f"cache {loader}"
    ground.load(loader, root, ground.address("good"))
    path = max(root.rglob("*"), key=lambda path: path.stat().st_size * path.is_file())
    kept = path.read_bytes()
    harm(path)
    outcome = ground.load(loader, root, ground.address("good"))
    if not path.exists() or path.read_bytes() != kept:
        path.write_bytes(kept)
    return told(outcome, right)


def flip(path: Path) -> None:
    """Change one bit in the middle."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 4
    path.write_bytes(data)


def cut(path: Path) -> None:
    """Remove the second half."""
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def side_by_side(ground: Ground, loader: str, right: str) -> str:
    """Start several processes on the same empty cache."""
    root = ground.folder / f"parallel {loader}"
    root.mkdir()
    Mirror.asked.clear()
    processes = [ground.start(loader, root, ground.address("good")) for _ in range(WORKERS)]
    outcomes = [process.communicate()[0] for process in processes]
    failed = sum(right not in outcome for outcome in outcomes)
    return f"{failed} of {WORKERS} failed, {len(Mirror.asked)} downloads"


def full_disk(folder: Path, saver: str) -> str:
    """Save a model over an older one, on a disk that is full after 50 kB."""
    path = folder / ("model.keras" if "keras" in saver else "model.npz")
    path.write_bytes(b"the older model")
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, 50_000))\n"
    code = f"import signal; signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\nPATH = {str(path)!r}\n"
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    subprocess.run([sys.executable, "-c", code + limit + saver], capture_output=True,
                   env=environment, check=False)  # fmt: skip
    is_kept = path.exists() and path.read_bytes() == b"the older model"
    return "the older model is intact" if is_kept else "THE OLDER MODEL IS LOST"


class Bomb:
    """An object whose pickle makes a folder when it is loaded."""

    def __reduce__(self) -> tuple[Callable[[str], None], tuple[str]]:
        return os.mkdir, ("exploded",)


def code_in_a_pickle(folder: Path, reader: str) -> str:
    """Load a data file from an unknown sender that runs code when unpickled."""
    (folder / "data.pickle").write_bytes(pickle.dumps(Bomb()))
    environment = {**os.environ, "PYTHONPATH": str(REPOSITORY)}
    done = subprocess.run([sys.executable, "-c", reader], cwd=folder, capture_output=True,
                          text=True, env=environment, check=False)  # fmt: skip
    if (folder / "exploded").exists():
        (folder / "exploded").rmdir()
        return "THE CODE WAS RUN"
    return "refused: " + (done.stderr.strip().splitlines() or ["?"])[-1][:90]


READERS = {
    "pickle.load": "import pickle; pickle.load(open('data.pickle', 'rb'))",
    "numpy.load, allow_pickle": "import numpy; numpy.load('data.pickle', allow_pickle=True)",
    "torch.load, its default": "import torch; torch.load('data.pickle')",
    "ours": "from pathlib import Path\nfrom pipeline.pickles.our_format import read_pickle\n"
    "read_pickle(Path('data.pickle'))",
}
CASES: dict[str, Callable[[Ground, str, str], str]] = {
    "first mirror sends HTML with status 200": html_from_the_first_mirror,
    "first mirror is silent": silent_mirror,
    "https does not answer": from_https_to_http,
    "one bit of the cached file flipped": functools.partial(damaged_cache, harm=flip),
    "the cached file cut in half": functools.partial(damaged_cache, harm=cut),
    f"{WORKERS} processes on an empty cache": side_by_side,
}


def main() -> None:
    """Print a line for each case and loader."""
    with tempfile.TemporaryDirectory() as temporary:
        ground = Ground(Path(temporary))
        right = ground.load("ours", ground.folder / "reference", ground.address("good"))
        for case, run in CASES.items():
            print(f"\n{case}")
            for loader in ground.loaders:
                print(f"  {loader:26} {run(ground, loader, right)}", flush=True)
        print("\nthe disk is full while a model is saved over an older one")
        savers = {"torch.save": TORCH_SAVE, "keras model.save": KERAS_SAVE, "ours": OUR_SAVE}
        for name, saver in savers.items():
            print(f"  {name:26} {full_disk(ground.folder, saver)}", flush=True)
        print("\na data file runs code when loaded")
        for name, reader in READERS.items():
            print(f"  {name:26} {code_in_a_pickle(ground.folder, reader)}", flush=True)


if __name__ == "__main__":
    main()
