"""Where the checkout and the four published files are."""

from pathlib import Path

REPOSITORY = next(
    folder for folder in Path(__file__).resolve().parents if (folder / "pyproject.toml").is_file()
)
RAW = REPOSITORY / "cache" / "raw" / "mnist"
