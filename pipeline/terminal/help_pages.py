"""Help pages that fit a terminal of any width, with nothing left out."""

import re
import shutil
import textwrap
from typing import Any

MARGIN = 2  # columns
WIDEST, NARROWEST = 82, 30  # columns of a terminal that a page is laid out for
MIN_TEXT = 24  # columns of a description; with fewer, it is below its name
NAME_BESIDE, NAME_ABOVE = 30, 4  # columns of the names


class FittingHelp:
    """A command or a program whose help fits the terminal."""

    epilog: str | None

    def get_help(self, ctx: Any) -> str:
        columns = shutil.get_terminal_size().columns
        ctx.terminal_width = max(NARROWEST, min(columns, WIDEST)) - MARGIN
        page: str = super().get_help(ctx)  # type: ignore[misc]  # of the class beside this
        return "\n".join(map(str.rstrip, page.split("\n")))

    def format_epilog(self, ctx: Any, formatter: Any) -> None:
        """Write the last lines: sentences are wrapped, and commands can be copied."""
        if self.epilog:
            lines = self.epilog.removeprefix("\b\n").split("\n")
            columns = formatter.width + MARGIN
            formatter.write("\n")
            formatter.write("".join(f"{part}\n" for it in lines for part in wrap(it, columns)))


def write_definitions(formatter: Any, rows: list[tuple[str, str]]) -> None:
    """Write names with their descriptions, in two columns or below each other."""
    widest = min(NAME_BESIDE, max(len(name) for name, _ in rows))
    is_wide = formatter.width - widest - 2 * MARGIN >= MIN_TEXT
    formatter.write_dl(rows, col_max=NAME_BESIDE if is_wide else NAME_ABOVE)


def wrap(line: str, columns: int) -> list[str]:
    """Wrap a line of an epilog; a command, which is indented, with a backslash at each break."""
    is_command = line.startswith(" ")
    joined = re.sub('"[^"]*"', lambda quoted: quoted[0].replace(" ", "\0"), line)
    parts = textwrap.wrap(
        joined if is_command else line,
        columns - 2 * is_command,  # for the backslash
        initial_indent="  ",
        subsequent_indent="      " if is_command else "  ",
        break_long_words=False,
        break_on_hyphens=False,
    )
    end = " \\" if is_command else ""
    return [part.replace("\0", " ") + end for part in parts[:-1]] + [parts[-1].replace("\0", " ")]
