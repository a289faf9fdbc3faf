"""Fonts with the letters of a text: Pillow's default, or a system font."""

import os
import sys
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from pathlib import Path
from typing import TypeAlias

from PIL import ImageFont

Font: TypeAlias = ImageFont.FreeTypeFont | ImageFont.ImageFont

SUFFIXES = (".ttf", ".otf", ".ttc")
# words in the names of fonts with many letters, the best first
RICH: tuple[str, ...] = (
    "cjk",
    "unifont",
    "arialuni",
    "droidsansfallback",
    "hiragino",
    "msgothic",
    "yugoth",
    "noto",
)
RICH += ("ipag", "takao", "vlgothic", "wqy", "malgun", "nanum", "dejavusans", "emoji", "symbola")
MAX_TRIED = 200  # fonts
NOWHERE = "\U0010ffff"  # a letter that no font has


def load_default(size: int) -> Font:
    """Load the font that comes with Pillow."""
    return ImageFont.load_default(size)


def find_font(texts: Sequence[str], size: int) -> Font | None:
    """Find a font with every letter of the texts; None if there is none."""
    letters = "".join(sorted({letter for text in texts for letter in text}))
    if has_letters(load_default(size), letters):
        return load_default(size)
    path = find_path(letters)
    return None if path is None else ImageFont.truetype(path, size)


def name_for_drawing(classes: Sequence[str]) -> tuple[str, ...]:
    """Return the caption of each class: its name, or its number without a font.

    One font must have the letters of all names that are drawn.
    """
    if find_font(classes, 15) is not None:
        return tuple(classes)
    return tuple(
        name if has_letters(load_default(15), name) else number_for_drawing(classes, number)
        for number, name in enumerate(classes)
    )


def number_for_drawing(classes: Sequence[str], number: int) -> str:
    """Return the number of a class, distinct from the names of the others."""
    return f"class {number}" if str(number) in classes else str(number)


@lru_cache(maxsize=64)
def find_path(letters: str) -> Path | None:
    """Find a font file on this system with all the letters."""
    for path in list_fonts()[:MAX_TRIED]:
        try:
            if has_letters(ImageFont.truetype(path, 15), letters):
                return path
        except (OSError, ValueError):  # the font is damaged or of another kind
            continue
    return None


def has_letters(font: Font, letters: str) -> bool:
    """Return whether a font has each letter, instead of the box for missing ones."""
    box = draw_letter(font, NOWHERE)
    return all(letter.isspace() or draw_letter(font, letter) != box for letter in letters)


def draw_letter(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    """Draw one letter, and return its size and pixels."""
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=1)
def list_fonts() -> list[Path]:
    """Return the font files of this system, those with many letters first."""
    found = [path for folder in font_folders() for path in fonts_in(folder)]
    return sorted(found, key=rank_font)


def rank_font(path: Path) -> tuple[int, bool, str]:
    """Return the sort key of a font: many letters first, then upright."""
    name = path.name.lower()
    rank = next((rank for rank, word in enumerate(RICH) if word in name), len(RICH))
    return rank, any(word in name for word in ("bold", "italic", "oblique")), name


def font_folders() -> Iterable[Path]:
    """Return the font folders of this system."""
    home = Path(os.environ.get("HOME", "/"))
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", "C:\\Windows")) / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    data = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    own = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
    return [own / "fonts", home / ".fonts", *(Path(it) / "fonts" for it in data if it)]


def fonts_in(folder: Path) -> Iterator[Path]:
    """Yield the font files below a folder; none if it does not exist."""
    for place, _, names in os.walk(folder):
        yield from (Path(place) / it for it in names if it.lower().endswith(SUFFIXES))
