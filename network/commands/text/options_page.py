"""The page docs/reference/options.md, generated from the training options.

make generated
"""

from collections.abc import Iterator

from network.training.configuration import OPTIONS
from network.training.option import Group, Option

HEAD = """# Training options

Each option is declared once, in `network/training/configuration.py`. This page is generated from
there. The same options are used by `network train --help`, `--config` files, the form of the lab
and sweeps.

```sh
network train --optimizer adam --epochs 20      # on the command line
network train --config mine.toml                # in a TOML file, by its key
network presets mlp                             # such a file
```

Lists have another form in a file: `hidden = [128, 64]` means the same as `--hidden 128,64`, and
`augment = { shift = 2, rotate = 10 }` the same as `--augment shift=2,rotate=10`. Options on the
command line override the file, and the file overrides the preset."""
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
