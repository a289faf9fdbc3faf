"""The `pipeline` command."""

from typing import Annotated, NoReturn

import typer

from pipeline.commands import (
    build_pickles,
    export,
    fetch,
    import_dataset,
    inspect,
    list_datasets,
    show,
    verify,
    where,
)
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


app.command("fetch")(fetch.fetch)
app.command("build-pickles")(build_pickles.build_pickles)
app.command("where")(where.where)
app.command("list")(list_datasets.list_datasets)
app.command("verify")(verify.verify)
app.command("show")(show.show)
app.command("import")(import_dataset.import_dataset)
app.command("export")(export.export)
app.command("inspect")(inspect.inspect)
