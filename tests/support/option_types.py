"""The types of the options of `train`, generated from the options: `network/api/train_options.py`.

make generated
"""

from collections.abc import Iterator

from network.training.configuration import OPTIONS
from network.training.option import Option
from network.training.option_values import Choice, LayersText, Number, Sizes, Strengths, Whole

HEAD = '''"""Types of the options of `train`, so that type checkers find a wrong name or value.

Generated from the options in `network/training/configuration.py`:

make generated
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from network.api.run import Run
from network.core.layers import Layer


class TrainOptions(TypedDict, total=False):
    """Options of `train` and `create_training` by their keys, see docs/reference/options.md."""
'''


def render_types() -> str:
    """Return the module as text."""
    return "\n".join([HEAD, *fields(), ""])


def fields() -> Iterator[str]:
    """Yield a field for each key of each option; the dataset is an argument of its own."""
    for key, option in OPTIONS.items():
        if key != "dataset":
            yield f"    {key}: {type_of(option)}"
            yield from (f"    {alias}: {type_of(option)}" for alias in option.aliases)


def type_of(option: Option) -> str:
    """Return the type of an option's values in Python."""
    kind = option.kind
    if isinstance(kind, Choice):
        names = "\n".join(f'        "{name}",' for name in kind.choices())
        return f"Literal[\n{names}\n    ]"
    plain = {
        Number: "float",
        Whole: "int",
        LayersText: "str | Sequence[Layer]",
        Sizes: "int | Sequence[int]",
        Strengths: "Mapping[str, float]",
    }
    found = plain.get(type(kind), "str | Run" if option.key == "start" else "str")
    return found if option.default is not None else f"{found} | None"


if __name__ == "__main__":
    print(render_types(), end="")
