"""A checkout after the README's start, with the files that the guides name, and a bare shell in it."""

import re
import shutil
import subprocess
import sys
import venv
from pathlib import Path

import numpy as np
from PIL import Image

from network import load_dataset
from pipeline.storage.cache import Cache
from tests.support.checkout import REPOSITORY
from tests.support.pace import PATIENCE

LEFT_OUT = shutil.ignore_patterns(
    ".*", "__pycache__", "*.egg-info", "node_modules", "pickles", "runs", "sweeps", "pictures"
)
PACKAGES = [it for it in sys.path if it.endswith(("site-packages", "dist-packages"))]
PROGRAM = """#!{python}
import sys
from {name}.cli import main
sys.exit(main())
"""
HOSTILE = b"\x80\x04cposix\nsystem\n(X\x04\x00\x00\x00truetR."


class CheckoutCopy:
    """A copy of the checkout in `folder`, with an environment and a network that is trained."""

    def __init__(self, folder: Path, built: Cache) -> None:
        self.home, self.root = folder / "home", folder / "mnist"
        self.home.mkdir()
        shutil.copytree(REPOSITORY, self.root, ignore=LEFT_OUT)
        shutil.copytree(built.root / "pickles", self.root / "cache" / "pickles")
        self.make_environment()
        self.make_files()
        self.type_lines(["network train --epochs 1 --limit 1000"])

    def make_environment(self) -> None:
        """Make .venv, as `make run` does, of the packages that the tests have."""
        environment = self.root / ".venv"
        venv.create(environment, with_pip=False, symlinks=True)
        (packages,) = environment.glob("lib/python*/site-packages")
        (packages / "here.pth").write_text("\n".join([str(self.root), *PACKAGES]), "utf-8")
        for name in ("pipeline", "network"):
            program = environment / "bin" / name
            program.write_text(PROGRAM.format(python=environment / "bin" / "python", name=name))
            program.chmod(0o755)
        (environment / "installed").touch()

    def make_files(self) -> None:
        """Make what the guides take for their reader's: photos, a page, a plan, a pickle."""
        digits = load_dataset("mnist-sample").test
        for name in ("photo.jpg", "page.jpg", "digit.png", "letter.png"):
            page = np.pad(255 - digits.images[len(name)], 20, constant_values=255)
            Image.fromarray(page).save(self.root / name)
        for place, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
            target = self.root / "photos" / str(label) / f"{place}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(target)
        guide = (self.root / "docs" / "how-to" / "searching.md").read_text("utf-8")
        (plan,) = re.findall(r"```toml\n(\[sweep\].*?)```", guide, re.DOTALL)
        (self.root / "plan.toml").write_text(plan.replace("epochs = 40", "epochs = 1"), "utf-8")
        options = (self.root / "docs" / "how-to" / "training.md").read_text("utf-8")
        assert "mine.toml" in options
        (self.root / "mine.toml").write_text('optimizer = "adam"\n', "utf-8")
        (self.root / "weights.pickle").write_bytes(HOSTILE)

    def type_lines(self, lines: list[str], active: bool = True) -> str:
        """Type lines into a bare shell at the root of the checkout; return all that they print."""
        script = "\n".join([". .venv/bin/activate"] * active + lines)
        done = subprocess.run(
            ["/bin/bash", "-e", "-c", script], cwd=self.root, text=True, check=False,
            env={"HOME": str(self.home), "PATH": "/usr/bin:/bin", "MPLBACKEND": "agg"},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        assert "Traceback" not in done.stdout, f"{script}\n{done.stdout}"
        return done.stdout
