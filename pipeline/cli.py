"""The `pipeline` command."""

from functools import partial
from typing import Annotated, NoReturn

from pipeline.commands.build_pickles import build_pickles
from pipeline.commands.export import export
from pipeline.commands.fetch import fetch
from pipeline.commands.import_dataset import import_dataset
from pipeline.commands.inspect import inspect
from pipeline.commands.list_datasets import list_datasets
from pipeline.commands.show import show
from pipeline.commands.verify import verify
from pipeline.commands.where import where
from pipeline.terminal.command import add_command, make_app
from pipeline.terminal.command_line import run_app, version_option

app = make_app("Start with `pipeline fetch`, then `pipeline build-pickles`.")


def main() -> NoReturn:
    """Run the `pipeline` command."""
    run_app(app, "pipeline")


@app.callback()
def options(version: Annotated[bool, version_option("pipeline")] = False) -> None:
    """Download datasets and write them as pickles."""


add = partial(add_command, app)
add(
    "fetch",
    fetch,
    "pipeline fetch",
    "pipeline fetch kmnist --offline --mirror file:///mnt/usb",
)
add("build-pickles", build_pickles, "pipeline build-pickles")
add("where", where, "pipeline where")
add("list", list_datasets, "pipeline list")
add("verify", verify, "pipeline verify", "pipeline verify mnist --repair")
add("show", show, "pipeline show", "pipeline show mnist --label 7 --count 100 --out sevens.png")
add("import", import_dataset, "pipeline import photos --name mine --resize --invert")
add("export", export, "pipeline export mnist --to npz --out mnist.npz")
add("inspect", inspect, "pipeline inspect weights.pickle")
