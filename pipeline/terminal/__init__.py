"""Command lines, console output and contact sheets, for both commands."""

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from pipeline.terminal.command import (
        Command as Command,
        Program as Program,
        accept_aliases as accept_aliases,
        with_parameters as with_parameters,
    )
    from pipeline.terminal.command_line import run_app as run_app
    from pipeline.terminal.console import (
        CacheDir as CacheDir,
        Colour as Colour,
        Console as Console,
        Json as Json,
        Marks as Marks,
        Overwrite as Overwrite,
        Quiet as Quiet,
        Span as Span,
        Verbose as Verbose,
        centre as centre,
        detect_marks as detect_marks,
        stop_requests as stop_requests,
        terminal_width as terminal_width,
    )
    from pipeline.terminal.preview import (
        GAP as GAP,
        GREY as GREY,
        INK as INK,
        PAPER as PAPER,
        RIGHT as RIGHT,
        Tile as Tile,
        WRONG as WRONG,
        draw_sheet as draw_sheet,
        save_picture as save_picture,
        show_picture as show_picture,
    )
    from pipeline.terminal.as_called import quote as quote
    from pipeline.terminal.fonts import name_for_drawing as name_for_drawing
    from pipeline.terminal.completion import (
        Complete as Complete,
        complete_among as complete_among,
        complete_names as complete_names,
    )
    from pipeline.terminal.counted import counted as counted
    from pipeline.terminal.interrupts import (
        shielded_start as shielded_start,
        silent_interrupts as silent_interrupts,
    )
    from pipeline.terminal.numbers import (
        number_option as number_option,
        whole_option as whole_option,
    )
    from pipeline.terminal.wrong_words import join_values as join_values
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
