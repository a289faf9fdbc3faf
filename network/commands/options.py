"""Options that several commands share, and the configuration that they add up to."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from network.training.configuration import Configuration

# The defaults are those of configuration.Configuration: reading them here would import NumPy,
# and `--help` could not answer at once. A test holds the texts to them.
Hidden = Annotated[
    str | None, typer.Option("--hidden", help="Hidden sizes: 30, 128,64 or none. [default: 30]")
]
Activation = Annotated[
    str | None,
    typer.Option("--activation", help="sigmoid, tanh, relu, leaky-relu, gelu. [default: sigmoid]"),
]
Initializer = Annotated[
    str | None,
    typer.Option("--initializer", help="First weights: uniform, glorot, he. [default: uniform]"),
]
Gain = Annotated[
    float | None, typer.Option("--gain", help="Times the first weights. [default: 1.0]")
]
LossName = Annotated[
    str | None,
    typer.Option(
        "--loss",
        help="squared-error, cross-entropy, binary-cross-entropy. [default: squared-error]",
    ),
]
Seed = Annotated[int | None, typer.Option("--seed", help="All that is random. [default: 0]")]
DatasetName = Annotated[
    str | None, typer.Option("--dataset", help="One of `pipeline list`. [default: mnist]")
]
RunName = Annotated[
    str | None, typer.Argument(metavar="RUN", help="A run's name. [default: the latest]")
]
SplitName = Annotated[str, typer.Option("--split", help="Which images of the data set.")]
OtherDataset = Annotated[
    str | None,
    typer.Option("--dataset", help="Another with the same classes. [default: the run's own]"),
]
WorkerCount = Annotated[
    int | None, typer.Option("--workers", min=1, help="Train in so many processes at once.")
]
SchedulerAddress = Annotated[
    str | None, typer.Option("--scheduler", metavar="ADDRESS", help="Train on a Dask cluster.")
]
NewName = Annotated[str | None, typer.Option("--name", help="What to call the run.")]
Limit = Annotated[
    int | None, typer.Option("--limit", min=1, help="Use only the first so many images.")
]


Layers = Annotated[
    str | None,
    typer.Option("--layers", help='Instead of hidden sizes: "Conv2D(16, 5), ReLU, Flatten", ...'),
]
PresetName = Annotated[
    str | None, typer.Option("--preset", help="A named recipe; `network presets` has them.")
]
ConfigFile = Annotated[
    Path | None, typer.Option("--config", metavar="FILE", help="A recipe of your own, as TOML.")
]


def configure(
    hidden: str | None = None,
    augment: str | None = None,
    preset: str | None = None,
    config: Path | None = None,
    **options: Any,
) -> "Configuration":
    """Make the configuration: of the preset, changed by the file, changed by the options.

    Raises: UsageError, MissingError.
    """
    from network.training.configuration import configuration_of, parse_augment, parse_hidden
    from network.training.find_preset import change_values, load_preset, read_configuration_file

    given = {name: value for name, value in options.items() if value is not None}
    if hidden is not None:
        given["hidden"] = parse_hidden(hidden)
    if augment is not None:
        given["augment"] = parse_augment(augment)
    values: dict[str, Any] = load_preset(preset).values if preset is not None else {}
    for changes in (read_configuration_file(config) if config else {}, given):
        changes.pop("about", None)
        values = change_values(values, changes)
    return configuration_of(values).with_suitable_rates()
