"""The program `network` and its commands."""

import sys
from typing import NoReturn

from pipeline.terminal.interrupts import silent_interrupts

with silent_interrupts():
    from network import commands
    from pipeline.terminal.command import Program
    from pipeline.terminal.command_line import run_app

program = Program(
    "network",
    commands,
    "Train and test neural networks that read digits.",
    "Start with `network train`, then `network test`.",
    [
        f"pipeline {it}"
        for it in ["fetch", "build-pickles", "where", "list", "verify", "import", "inspect"]
    ],
)
add = program.add
add("train", "network train", "network train --hidden 128,64 --optimizer adam")
add("init", "network init --hidden 128 --name start", "network train --from start")
add("sweep", "network sweep --preset defaults --workers 4", "network sweep --best")
add("test", "network test", "network test conv-1 conv-2 --split test", function="measure")
add("compare", "network compare mlp-1 conv-1")
add("ensemble", "network ensemble mlp-1 conv-1", "network ensemble --presets conv,vgg --workers 2")
add("calibrate", "network calibrate mlp-1")
add(
    "predict",
    "network predict page.jpg --steps",
    "network predict test.csv --out predictions.csv",
    default_values={"--steps": "steps.png"},
)
add("show", "network show --wrong", "network show --augmented --augment shift=2,rotate=10")
add("export", "network export --html digits.html", "network export mlp-1 --onnx mlp.onnx")
add("lab", "network lab", "network lab --port 8000 --no-browser")
add("plot", "network plot --kind confusion", "network plot mlp-1 conv-1 --kind learning")
add("report", "network report mlp-1 --out report.html")
add("check", "network check", 'network check --layers "Conv2D(4, 5), ReLU, Flatten"')
add("import-original", "network import-original weights.pickle biases.pickle")
add("import-seed", "network import-seed W.pickle B.pickle", hidden=True, function="import_original")
add("replay", "network replay mlp-1")
add("presets", "network presets", "network presets conv", function="show_presets")
add("runs", "network runs", function="show_runs")


def main() -> NoReturn:
    """Run the program `network`."""
    with silent_interrupts():
        app = program.app(*sys.argv[1:])
    run_app(app, program.name)
