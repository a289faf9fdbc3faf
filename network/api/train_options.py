"""Types of the options of `train`, so that type checkers find a wrong name or value."""

from network.api.run import Run
from network.training.option_types import AliasTypes, OptionTypes


class TrainOptions(OptionTypes, AliasTypes, total=False):
    """Options of `train` and `create_training` by their keys, see docs/reference/options.md."""

    start: str | Run | None
