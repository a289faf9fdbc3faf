"""The `network` command."""

from typing import Annotated, NoReturn

import typer

from network.commands.calibrate import calibrate
from network.commands.check import check
from network.commands.compare import compare
from network.commands.ensemble import ensemble
from network.commands.export import export
from network.commands.import_original import import_original
from network.commands.init import init
from network.commands.lab import lab
from network.commands.plot import plot
from network.commands.predict import predict
from network.commands.presets import show_presets
from network.commands.replay import replay
from network.commands.report import report
from network.commands.runs import show_runs
from network.commands.show import show
from network.commands.sweep import sweep
from network.commands.test import measure
from network.commands.train import train
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


app.command("train")(train)
app.command("init")(init)
app.command("sweep")(sweep)
app.command("test")(measure)
app.command("compare")(compare)
app.command("ensemble")(ensemble)
app.command("calibrate")(calibrate)
app.command("predict")(predict)
app.command("show")(show)
app.command("export")(export)
app.command("lab")(lab)
app.command("plot")(plot)
app.command("report")(report)
app.command("check")(check)
app.command("import-seed")(import_original)
app.command("replay")(replay)
app.command("presets")(show_presets)
app.command("runs")(show_runs)
