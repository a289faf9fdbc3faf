"""The `pipeline` command."""

from typing import Annotated, NoReturn

import typer

from pipeline.commands.build_pickles import build_pickles
from pipeline.commands.export import export
from pipeline.commands.fetch import fetch
from pipeline.commands.import_dataset import import_dataset
from pipeline.commands.inspect import inspect
from pipeline.commands.list_datasets import list_datasets
from pipeline.commands.show import show
from pipeline.commands.verify import verify
from pipeline.commands.where import where
from pipeline.terminal.command_line import run_app, version_option

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Start with `pipeline fetch`, then `pipeline build-pickles`.",
)


def main() -> NoReturn:
    """Run the `pipeline` command."""
    run_app(app, "pipeline")


@app.callback()
def options(version: Annotated[bool, version_option("pipeline")] = False) -> None:
    """Download MNIST and turn it into pickles of parallel lists."""


app.command("fetch")(fetch)
app.command("build-pickles")(build_pickles)
app.command("where")(where)
app.command("list")(list_datasets)
app.command("verify")(verify)
app.command("show")(show)
app.command("import")(import_dataset)
app.command("export")(export)
app.command("inspect")(inspect)
