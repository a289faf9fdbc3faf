"""The `network` command."""

from typing import Annotated, NoReturn

import typer

from network.commands import (
    calibrate,
    check,
    compare,
    ensemble,
    export,
    import_original,
    init,
    lab,
    plot,
    predict,
    presets,
    replay,
    report,
    runs,
    show,
    sweep,
    test,
    train,
)
from pipeline.terminal.command_line import run_app, version_option

app = typer.Typer(
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    epilog="Start with `network train`, then `network test`.",
)


def main() -> NoReturn:
    """Run the `network` command."""
    run_app(app, "network")


@app.callback()
def options(version: Annotated[bool, version_option("network")] = False) -> None:
    """Train a neural network in NumPy on handwritten digits, and test it."""


app.command("train")(train.train)
app.command("init")(init.init)
app.command("sweep")(sweep.sweep)
app.command("test")(test.measure)
app.command("compare")(compare.compare)
app.command("ensemble")(ensemble.ensemble)
app.command("calibrate")(calibrate.calibrate)
app.command("predict")(predict.predict)
app.command("show")(show.show)
app.command("export")(export.export)
app.command("lab")(lab.lab)
app.command("plot")(plot.plot)
app.command("report")(report.report)
app.command("check")(check.check)
app.command("import-seed")(import_original.import_original)
app.command("replay")(replay.replay)
app.command("presets")(presets.show_presets)
app.command("runs")(runs.show_runs)
