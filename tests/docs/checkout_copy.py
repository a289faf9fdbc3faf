"""A checkout after the README's start, with the files that the guides name, in a bare shell."""

import os
import pickle
import re
import shutil
import subprocess
import venv
from pathlib import Path

import matplotlib as mpl
import numpy as np
from PIL import Image

from network import load_dataset
from pipeline.storage.cache import Cache
from tests.support.checkout import REPOSITORY
from tests.support.installed_copy import BARE, share_packages
from tests.support.pace import PATIENCE

PARTS = ("pipeline", "network", "docs", "benchmarks")
PROGRAM = """#!{python}
import sys
from {name}.cli import main

if __name__ == "__main__":
    sys.exit(main())
"""
MATPLOTLIB = {"MPLBACKEND": "agg", "MPLCONFIGDIR": mpl.get_cachedir()}  # has the fonts
HOSTILE = b"\x80\x04cposix\nsystem\n(X\x04\x00\x00\x00truetR."


class CheckoutCopy:
    """A copy of the checkout in `folder`, with an environment, and runs if there are any."""

    def __init__(self, folder: Path, built: Cache, runs: Path | None = None) -> None:
        self.home, self.root = folder / "home", folder / "mnist"
        self.home.mkdir()
        for part in PARTS:
            shutil.copytree(REPOSITORY / part, self.root / part)
        for part in ("raw", "pickles"):  # whoever writes them puts another file in their place
            shutil.copytree(built.root / part, self.root / "cache" / part, copy_function=os.link)
        for file in filter(
            Path.is_file, [*REPOSITORY.glob("[!.]*"), REPOSITORY / "cache/README.md"]
        ):
            shutil.copy(file, self.root / file.relative_to(REPOSITORY))
        self.runs = self.root / "cache" / "runs"
        if runs is not None:
            shutil.copytree(runs, self.runs)
        self.make_environment()
        self.make_files()

    def make_environment(self) -> None:
        """Make .venv, as `make run` does, of the packages that the tests have."""
        environment = self.root / ".venv"
        venv.create(environment, with_pip=False, symlinks=True)
        share_packages(environment, self.root)
        for name in ("pipeline", "network"):
            program = environment / "bin" / name
            program.write_text(PROGRAM.format(python=environment / "bin" / "python", name=name))
            program.chmod(0o755)
        (environment / "installed").touch()

    def make_files(self) -> None:
        """Make the files of the reader: photos, a page, a table, a plan, options, a pickle."""
        digits = load_dataset("mnist-sample").test
        for name in ("photo.jpg", "page.jpg", "digit.png", "letter.png"):
            page = np.pad(255 - digits.images[len(name)], 20, constant_values=255)
            Image.fromarray(page).save(self.root / name)
        for place, (image, label) in enumerate(zip(digits.images, digits.labels, strict=True)):
            target = self.root / "photos" / str(label) / f"{place}.png"
            target.parent.mkdir(parents=True, exist_ok=True)
            Image.fromarray(image).save(target)
        rows = digits.images.reshape(len(digits.images), -1)
        named = np.column_stack([np.arange(len(rows)), rows])
        header = ",".join(["id", *(f"pixel{it}" for it in range(rows.shape[1]))])
        np.savetxt(self.root / "test.csv", named, "%d", ",", header=header, comments="")
        guide = (self.root / "docs" / "how-to" / "searching.md").read_text("utf-8")
        (plan,) = re.findall(r"```toml\n(\[sweep\].*?)```", guide, re.DOTALL)
        plan = plan.replace("epochs = 40", "epochs = 1\nlimit = 300")
        (self.root / "plan.toml").write_text(plan, "utf-8")
        (self.root / "mine.toml").write_text('optimizer = "adam"\n', "utf-8")
        (self.root / "weights.pickle").write_bytes(HOSTILE)
        rng, shapes = np.random.default_rng(0), [(30, 784), (10, 30)]
        weights, biases = ([rng.normal(size=shape[:n]) for shape in shapes] for n in (2, 1))
        (self.root / "trainedWeights.pickle").write_bytes(pickle.dumps(weights))
        (self.root / "trainedBiases.pickle").write_bytes(pickle.dumps(biases))

    def choose_preset(self, name: str) -> None:
        """Write the user's configuration: a preset for trainings, which is made to end soon."""
        folder = self.home / ".config" / "mnist-neural-net"
        folder.mkdir(parents=True)
        (folder / "config.toml").write_text(f'preset = "{name}"\n', "utf-8")
        preset = self.root / "network" / "training" / "presets" / f"{name}.toml"
        preset.write_text(f"limit = 1000\n{preset.read_text('utf-8')}", "utf-8")

    def type_lines(self, lines: list[str], active: bool = True) -> str:
        """Type lines into a bare shell at the root of the checkout; return all that they print.

        None may fail but one that is followed by `echo $?`.
        """
        script = "\n".join([". .venv/bin/activate"] * active + lines)
        script = script.replace("\necho $?", " || echo $?")
        done = subprocess.run(
            ["/bin/bash", "-e", "-c", script], cwd=self.root, text=True, check=False,
            env={"HOME": str(self.home), **BARE, **MATPLOTLIB},
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=PATIENCE,
        )  # fmt: skip
        assert done.returncode == 0, f"{script}\n{done.stdout}"
        assert "Traceback" not in done.stdout, f"{script}\n{done.stdout}"
        return done.stdout
