"""Text that the commands print: tables, curves, images."""
