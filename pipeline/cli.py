"""The `pipeline` command."""

import sys
from typing import NoReturn

from pipeline.terminal.interrupts import silent_interrupts

with silent_interrupts():
    from pipeline import commands
    from pipeline.terminal.command import Program
    from pipeline.terminal.command_line import run_app

program = Program(
    "pipeline",
    commands,
    "Download datasets and write them as pickles.",
    "Start with `pipeline fetch`, then `pipeline build-pickles`.",
    [
        f"network {name}"
        for name in [
            "train",
            "init",
            "sweep",
            "test",
            "compare",
            "ensemble",
            "calibrate",
            "predict",
            "lab",
            "plot",
            "report",
            "check",
            "import-original",
            "replay",
            "presets",
            "runs",
        ]
    ],
)
add = program.add
add("fetch", "pipeline fetch", "pipeline fetch kmnist --offline --mirror file:///mnt/usb")
add("build-pickles", "pipeline build-pickles")
add("where", "pipeline where")
add("list", "pipeline list", function="list_datasets")
add("verify", "pipeline verify", "pipeline verify mnist --repair")
add("show", "pipeline show", "pipeline show mnist --label 7 --count 100 --out sevens.png")
add("import", "pipeline import photos --name mine --resize --invert", function="import_dataset")
add("export", "pipeline export mnist --to npz --out mnist.npz")
add("inspect", "pipeline inspect weights.pickle")


def main() -> NoReturn:
    """Run the `pipeline` command."""
    with silent_interrupts():
        app = program.app(*sys.argv[1:])
    run_app(app, program.name)
