"""A copy of this project installed in an environment of its own, and commands run with it.

Commands run as a user types them: in a bare shell, from a folder that is no checkout.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

SOURCES = ("pyproject.toml", "MANIFEST.in", "LICENSE", "docs/package.md", "pipeline", "network")
BARE = {  # what a bare shell has; threads that wait for each other would keep both cores busy
    "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "OPENBLAS_NUM_THREADS": "1",
}  # fmt: skip
NO_NETWORK = "(from versions: none)"  # what pip says when it reaches no index


class StepError(Exception):
    """A command that failed, and what it printed."""


class NoNetworkError(Exception):
    """Packages cannot be had here."""


class InstalledCopy:
    """An environment in `folder`/environment, used from the empty `folder`/empty."""

    def __init__(self, folder: Path, python: str = sys.executable) -> None:
        self.folder, self.empty = folder, folder / "empty"
        self.bin = folder / "environment" / "bin"
        self.empty.mkdir(parents=True)
        self.call([python, "-m", "venv", "--without-pip", str(self.bin.parent)])

    def install(self, *arguments: str) -> None:
        """Install packages, with the uv of the tests: it takes a tenth of pip's time.

        Where there is none, or it fails, pip installs them or says why not.

        Raises: NoNetworkError where no package index is reached.
        """
        python = str(self.bin / "python")
        uv = [str(Path(sys.executable).with_name("uv")), "pip", "install", "--python", python]
        pip = [sys.executable, "-m", "pip", "--python", python, "install", "--no-compile"]
        for program in [uv, pip] if Path(uv[0]).is_file() else [pip]:
            done = subprocess.run(
                [*program, "--quiet", *arguments],
                capture_output=True, text=True, timeout=PATIENCE, check=False,
            )  # fmt: skip
            if done.returncode == 0:
                return
        if NO_NETWORK in done.stderr:
            raise NoNetworkError
        errors = [line for line in done.stderr.splitlines() if not line.startswith("WARN")]
        raise StepError("\n".join([f"pip install {' '.join(arguments)}", *errors]))

    def call(self, words: list[str], code: int = 0) -> str:
        """Run a program and return what it printed; its name may be one of the environment.

        Raises: StepError when it ends with another exit code.
        """
        done = subprocess.run(
            self.locate(words), cwd=self.empty, env=self.environment(), capture_output=True,
            text=True, timeout=PATIENCE, check=False,
        )  # fmt: skip
        if done.returncode != code or "Traceback" in done.stderr:
            raise StepError(f"{words} ended with {done.returncode}:\n{done.stdout}{done.stderr}")
        return done.stdout

    @contextmanager
    def serving(self, words: list[str]) -> Iterator[subprocess.Popen[str]]:
        """Run a server, and end it."""
        process = subprocess.Popen(
            self.locate(words), cwd=self.empty, env=self.environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        try:
            yield process
        finally:
            process.terminate()
            process.communicate(timeout=PATIENCE)

    def locate(self, words: list[str]) -> list[str]:
        """Find a program in the environment."""
        inside = self.bin / words[0]
        return [str(inside), *words[1:]] if inside.is_file() else words

    def environment(self) -> dict[str, str]:
        """Return the variables of a bare shell."""
        return {**BARE, "HOME": str(self.folder)}


def share_packages(environment: Path, *folders: Path) -> None:
    """Let an environment find what is in folders, then the packages that run the tests."""
    shared = [it for it in sys.path if it.endswith(("site-packages", "dist-packages"))]
    (packages,) = environment.glob("lib/python*/site-packages")
    (packages / "shared.pth").write_text("\n".join([*map(str, folders), *shared]), "utf-8")


def copy_sources(folder: Path, more: tuple[str, ...] = ()) -> Path:
    """Copy what the package is built from, so that building leaves nothing in the checkout."""
    leave_out = shutil.ignore_patterns("__pycache__", "node_modules")
    for name in (*SOURCES, *more):
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if (REPOSITORY / name).is_dir():
            shutil.copytree(REPOSITORY / name, target, ignore=leave_out, dirs_exist_ok=True)
        else:
            shutil.copy(REPOSITORY / name, target)
    return folder
