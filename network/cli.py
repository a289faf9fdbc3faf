"""The `network` command."""

from functools import partial
from typing import Annotated, NoReturn

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
from pipeline.terminal.command import add_command, make_app
from pipeline.terminal.command_line import run_app, version_option

app = make_app("Start with `network train`, then `network test`.")


def main() -> NoReturn:
    """Run the `network` command."""
    run_app(app, "network")


@app.callback()
def options(version: Annotated[bool, version_option("network")] = False) -> None:
    """Train and test a neural network for digits, in NumPy."""


add = partial(add_command, app)
add("train", train, "network train", "network train --hidden 128,64 --optimizer adam")
add("init", init, "network init --hidden 128 --name start", "network train --from start")
add("sweep", sweep, "network sweep --preset defaults --workers 4", "network sweep --best")
add("test", measure, "network test", "network test conv-1 conv-2 --split test")
add("compare", compare, "network compare mlp-1 conv-1")
add(
    "ensemble",
    ensemble,
    "network ensemble mlp-1 conv-1",
    "network ensemble --presets conv,vgg --workers 2",
)
add("calibrate", calibrate, "network calibrate mlp-1")
add(
    "predict",
    predict,
    "network predict page.jpg --steps",
    "network predict test.csv --out answers.csv",
    default_values={"--steps": "steps.png"},
)
add(
    "show",
    show,
    "network show --wrong",
    "network show --augmented --augment shift=2,rotate=10",
)
add(
    "export",
    export,
    "network export --html digits.html",
    "network export mlp-1 --onnx mlp.onnx",
)
add("lab", lab, "network lab", "network lab --port 8000 --no-browser")
add("plot", plot, "network plot --kind confusion", "network plot mlp-1 conv-1 --kind learning")
add("report", report, "network report mlp-1 --out report.html")
add("check", check, "network check", 'network check --layers "Conv2D(4, 5), ReLU, Flatten"')
add(
    "import-original",
    import_original,
    "network import-original weights.pickle biases.pickle",
)
add(
    "import-seed",
    import_original,
    "network import-seed W.pickle B.pickle",
    hidden=True,
)
add("replay", replay, "network replay mlp-1")
add("presets", show_presets, "network presets", "network presets conv")
add("runs", show_runs, "network runs")
