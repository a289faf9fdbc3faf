"""Text that the commands print: tables, curves, images as characters."""

__all__: list[str] = []

from typing import TYPE_CHECKING

from pipeline.lazy import lazy_exports

if TYPE_CHECKING:
    from network.commands.text.run_text import format_epoch as format_epoch
else:
    __getattr__, __dir__, __all__ = lazy_exports(__name__, __file__)
