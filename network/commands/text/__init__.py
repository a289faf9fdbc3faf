"""Text that the commands print: tables, curves, images as characters."""

__all__: list[str] = []
