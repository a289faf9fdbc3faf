"""The cache folder, and files that are written whole and checked when read."""
