"""Find a font that has the letters of a text: Pillow's own, or one of the system's."""

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
    """Find a font with every letter of some texts; None if there is none here."""
    letters = "".join(sorted({letter for text in texts for letter in text}))
    if has_letters(load_default(size), letters):
        return load_default(size)
    path = find_path(letters)
    return None if path is None else ImageFont.truetype(path, size)


def name_for_drawing(classes: Sequence[str]) -> tuple[str, ...]:
    """Return what to write for each class: its name, or its number if no font has its letters.

    One font has to have the letters of all that are drawn by name.
    """
    if find_font(classes, 15) is not None:
        return tuple(classes)
    return tuple(
        name if has_letters(load_default(15), name) else number_for_drawing(classes, number)
        for number, name in enumerate(classes)
    )


def number_for_drawing(classes: Sequence[str], number: int) -> str:
    """Write the number of a class, so that it is not taken for the name of another."""
    return f"class {number}" if str(number) in classes else str(number)


@lru_cache(maxsize=64)
def find_path(letters: str) -> Path | None:
    """Find the file of a font of this system that has all of the letters."""
    for path in list_fonts()[:MAX_TRIED]:
        try:
            if has_letters(ImageFont.truetype(path, 15), letters):
                return path
        except (OSError, ValueError):  # of a font that is damaged or of another kind
            continue
    return None


def has_letters(font: Font, letters: str) -> bool:
    """Return whether a font draws each letter, instead of the box that stands for a missing one."""
    box = draw_letter(font, NOWHERE)
    return all(letter.isspace() or draw_letter(font, letter) != box for letter in letters)


def draw_letter(font: Font, letter: str) -> tuple[tuple[int, int], bytes]:
    """Draw one letter: its size and its pixels."""
    mask = font.getmask(letter)
    return mask.size, bytes(mask)


@lru_cache(maxsize=1)
def list_fonts() -> list[Path]:
    """List the files of the fonts of this system, those with many letters first."""
    found = [path for folder in font_folders() for path in fonts_in(folder)]
    return sorted(found, key=rank_font)


def rank_font(path: Path) -> tuple[int, bool, str]:
    """Order fonts by how many letters they may have, upright ones first."""
    name = path.name.lower()
    rank = next((rank for rank, word in enumerate(RICH) if word in name), len(RICH))
    return rank, any(word in name for word in ("bold", "italic", "oblique")), name


def font_folders() -> Iterable[Path]:
    """List where this system keeps fonts."""
    home = Path(os.environ.get("HOME", "/"))
    if sys.platform == "win32":
        return [Path(os.environ.get("WINDIR", "C:\\Windows")) / "Fonts"]
    if sys.platform == "darwin":
        return [Path("/System/Library/Fonts"), Path("/Library/Fonts"), home / "Library/Fonts"]
    data = os.environ.get("XDG_DATA_DIRS", "/usr/local/share:/usr/share").split(":")
    own = Path(os.environ.get("XDG_DATA_HOME", home / ".local/share"))
    return [own / "fonts", home / ".fonts", *(Path(it) / "fonts" for it in data if it)]


def fonts_in(folder: Path) -> Iterator[Path]:
    """List the files of fonts below a folder; nothing for one that is not there."""
    for place, _, names in os.walk(folder):
        yield from (Path(place) / it for it in names if it.lower().endswith(SUFFIXES))
