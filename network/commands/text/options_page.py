"""The page docs/reference/options.md, generated from the training options.

python -m network.commands.text.options_page > docs/reference/options.md
"""

from collections.abc import Iterator

from network.training.configuration import OPTIONS
from network.training.option import Group, Option

HEAD = """# Training options

This page is generated from `network/training/configuration.py`, where each option is declared once.
So are `network train --help`, the keys of a `--config` file, the form of the lab and the
hyperparameters of a sweep.

```sh
network train --optimizer adam --epochs 20      # on the command line
network train --config mine.toml                # in a TOML file, by the keys
network presets mlp                             # such a file
```

On the command line sizes are typed as in `--hidden 128,64`, strengths as in `--augment
shift=2,rotate=10`. In a file they are `hidden = [128, 64]` and `augment = { shift = 2, rotate = 10
}`. Command-line options override the file, and the file overrides the preset."""
COLUMNS = "| option | key in a file | default | values | meaning |\n|---|---|---|---|---|"


def render_options() -> str:
    """Return the page as Markdown."""
    return "\n".join(line.rstrip() for line in page_parts()) + "\n"


def page_parts() -> Iterator[str]:
    """Yield the head, and a table for each group."""
    yield HEAD
    for group in Group:
        yield f"\n## {group}\n\n{COLUMNS}"
        yield from (row(one) for one in OPTIONS.values() if one.group == group)


def row(option: Option) -> str:
    """Return an option as a row of a table."""
    flags = [option.flag, *(f"--{alias.replace('_', '-')}" for alias in option.aliases)]
    has_value = option.default_text and not option.default_words
    default = f"`{option.default_text}`" if has_value else option.default_text
    cells = (
        " or ".join(f"`{flag}`" for flag in flags),
        f"`{option.key}`",
        default,
        option.kind.describe(),
        option.help + (" (can change during training)" if option.is_live else ""),
    )
    return f"| {' | '.join(cells)} |"


if __name__ == "__main__":
    print(render_options(), end="")
