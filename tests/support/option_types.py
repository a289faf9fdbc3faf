"""The types of options in Python, generated from them: `network/training/option_types.py`.

make generated
"""

from collections.abc import Iterable, Iterator

from network.training.configuration import OPTIONS
from network.training.option import Option
from network.training.option_values import Choice, LayersText, Number, Sizes, Strengths, Whole

HEAD = '''"""Types of options in Python, so that type checkers find a wrong name or value.

Generated from the options in `network/training/configuration.py`:

make generated
"""

from collections.abc import Mapping, Sequence
from typing import Literal, TypedDict

from network.core.layers import Layer


class OptionTypes(TypedDict, total=False):
    """Options by their keys, see docs/reference/options.md."""
'''
CONFIGURATION = """

class ConfigurationTypes(OptionTypes, total=False):
    \"\"\"Arguments of `Configuration`.\"\"\"

    dataset: str
    start: str | None
    rules: int
"""
ALIASES = """
class AliasTypes(TypedDict, total=False):
    \"\"\"Further keys of some options.\"\"\"
"""
ELSEWHERE = ("dataset", "start")  # `train` takes a run to start from


def render_types() -> str:
    """Return the module as text."""
    keys = [(key, one) for key, one in OPTIONS.items() if key not in ELSEWHERE]
    aliases = [(alias, one) for one in OPTIONS.values() for alias in one.aliases]
    return "\n".join([HEAD, *fields(keys), CONFIGURATION, ALIASES, *fields(aliases), ""])


def fields(options: Iterable[tuple[str, Option]]) -> Iterator[str]:
    """Yield a field for each option by its key."""
    return (f"    {key}: {type_of(option)}" for key, option in options)


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
        Sizes: "int | str | Sequence[int]",
        Strengths: "str | Mapping[str, float]",
    }
    found = plain[type(kind)]
    return found if option.default is not None else f"{found} | None"


if __name__ == "__main__":
    print(render_types(), end="")
