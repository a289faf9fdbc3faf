"""Class names: where they are stored, which mean one class, and their numbers."""

import re
import unicodedata
from collections.abc import Collection, Iterable, Mapping, Sequence
from decimal import Decimal
from pathlib import Path

from pipeline.datasets.user_datasets import MAX_CLASSES
from pipeline.errors import CorruptError, excerpt
from pipeline.formats.folders.litter import is_litter
from pipeline.formats.source import CLASSES, MARKER, File, Part
from pipeline.storage.cache import read_at_most
from pipeline.storage.file_names import is_device_name

MAX_LETTERS = 100  # of a class name
MAX_BYTES = 4 * (MAX_LETTERS + 2) * MAX_CLASSES  # of the file with all of them
SMALL_NUMBER = r"0|[1-9]\d{0,2}"
# An exponent has a sign or follows a point, as programs write it: 5e+00, 5.0E0. A name like 0E50,
# the code of a letter, is none.
NUMBER = re.compile(
    r"[+-]?(?:[0-9]{1,99}(?:[eE][+-][0-9]{1,2})?"
    r"|(?:[0-9]{1,99}\.[0-9]{0,99}|\.[0-9]{1,99})(?:[eE][+-]?[0-9]{1,2})?)"
)

SAFE_NAME = re.compile(r"[A-Za-z0-9_+=@#%&!~(){}\[\]^$',;-](?:[ -~]*[^ .])?")
UNSAFE_LETTERS = frozenset('<>:"/\\|?*')


def natural_key(name: str) -> tuple[list[tuple[int, int, str]], str]:
    """Return a sort key with runs of digits as numbers, so that 9 comes before 10."""
    pieces = re.findall(r"[0-9]{1,99}|[^0-9]+", name)
    return [(0, int(it), "") if it[0] in "0123456789" else (1, 0, it) for it in pieces], name


def plain_number(name: str) -> str | None:
    """Write a whole number plainly: `5` for `5.0`, `05` or `5.0e+00`; else None."""
    if not NUMBER.fullmatch(name):
        return None
    number = Decimal(name)
    return str(int(number)) if number == number.to_integral_value() else None


def plain_names(names: Iterable[str]) -> dict[str, str]:
    """Return the canonical form of each class name: NFC, without outer blanks.

    If all are whole numbers, they are written as such: `5.0` and `05` mean class 5, too.
    """
    plain = {name: unicodedata.normalize("NFC", name).strip() for name in names}
    numbers = {name: plain_number(text) for name, text in plain.items()}
    return (
        {name: numbers[name] or text for name, text in plain.items()}
        if all(numbers.values())
        else plain
    )


def check_classes(where: Path | str, names: Sequence[str]) -> tuple[str, ...]:
    """Check that class names are printable, distinct and not too many for a label.

    Raises: CorruptError.
    """
    if not 1 <= len(names) <= MAX_CLASSES:
        what = f"{where}: {len(names):,} classes; expected 1 to {MAX_CLASSES}"
        raise CorruptError(what, "Name each class once" if names else "Name them, or remove it")
    for number, name in enumerate(names):
        check_class(where, name)
        if name in names[:number]:
            raise CorruptError(f'{where}: two classes are named "{name}"', "Rename one of them")
    return tuple(names)


def check_class(where: Path | str, name: str) -> str:
    """Check the name of one class.

    Raises: CorruptError.
    """
    if not name or not name.isprintable() or name != name.strip() or len(name) > MAX_LETTERS:
        raise CorruptError(
            f'{where}: "{excerpt(name)}" is not a class name; expected 1 to '
            f"{MAX_LETTERS} printable letters without blanks around them",
            rename_hint(name),
        )
    return name


def rename_hint(name: str) -> str:
    """Return a hint for a name that cannot be a class; a folder's may be in an old encoding."""
    try:
        meant = name.encode("utf-8", "surrogateescape").decode("cp1252")
    except UnicodeError:
        meant = ""
    if meant.isprintable() and any("\udc80" <= letter <= "\udcff" for letter in name):
        return f'It is not UTF-8: rename it, perhaps to "{meant[:MAX_LETTERS]}"'
    return "Rename the class"


def read_classes(folder: Path) -> tuple[str, ...] | None:
    """Read the class names in `classes.txt`, one per line; None without the file.

    Raises: CorruptError.
    """
    path = folder / CLASSES
    if not path.is_file():
        return None
    content = read_at_most(path, MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise CorruptError(
            f"{path}: more than {MAX_BYTES:,} bytes; expected one class name per line",
            f"Write one per line, or remove {CLASSES}",
        )
    try:
        lines = content.decode("utf-8-sig").replace("\r\n", "\n").split("\n")
    except UnicodeDecodeError as error:
        what = f"{path}: not UTF-8 text ({error.reason})"
        raise CorruptError(what, "Save it as UTF-8") from error
    while lines and not lines[-1].strip():
        lines.pop()
    return check_classes(path, [line.strip() for line in lines])


def classes_file(classes: Iterable[str]) -> File:
    """Write class names, one per line."""
    return CLASSES, ["".join(f"{name}\n" for name in classes).encode()]


def numbers_of_names(
    where: Path,
    names: Collection[str],
    listed: tuple[str, ...] | None,
    is_export: bool = False,
) -> tuple[tuple[str, ...], dict[str, int]]:
    """Return the number of each class name: by the list, or in natural order.

    Names that mean one class have one number.

    Raises: CorruptError.
    """
    if listed is not None:
        return listed, places_of_names(where, names, listed, CLASSES, is_export)
    plain = plain_names(names)
    classes = check_classes(where, sorted(set(plain.values()), key=natural_key))
    return classes, {name: classes.index(plain[name]) for name in names}


def places_of_names(
    where: Path | str,
    names: Collection[str],
    listed: tuple[str, ...],
    source: str,
    is_export: bool = False,
) -> dict[str, int]:
    """Return the place of each name in a list from `source`.

    If none of them is in the list, they may be numbers: places in the list, counted from 0.

    Raises: CorruptError.
    """
    plain = plain_names([*names, *listed])
    places = {plain[name]: number for number, name in reversed(list(enumerate(listed)))}
    strange = sorted((name for name in names if plain[name] not in places), key=natural_key)
    if not strange:
        return {name: places[plain[name]] for name in names}
    may_be_places = is_export or len(strange) == len(names)
    beyond = [it for it in strange if not is_small_number(it) or int(it) >= len(listed)]
    if may_be_places and not beyond and all(map(is_small_number, names)):
        return {name: int(name) for name in names}
    name = (beyond or strange)[0]
    raise CorruptError(
        f'{where}: the class "{name}" is not one of the {len(listed)} in {source}',
        f"Add it there, or remove {source}",
    )


def places_of_numbers(
    where: Path, names: Mapping[str, str], listed: tuple[str, ...] | None, is_export: bool
) -> dict[str, int]:
    """Return the class numbers of labels in a text: places in a list, or names in it.

    `names` gives the number that each label means, written plainly.

    Raises: CorruptError if they may be both.
    """
    plain = plain_names(listed or ())
    places = {plain[name]: number for number, name in enumerate(listed or ())}
    by_place = {name: int(text) for name, text in names.items()}
    if listed is None or is_export or any(text not in places for text in names.values()):
        return by_place
    by_name = {name: places[text] for name, text in names.items()}
    if by_name != by_place and max(by_place.values()) < len(listed):
        name = next(name for name, place in by_place.items() if by_name[name] != place)
        what = f'label {name} may be the class "{names[name]}" or the one with this number in'
        what = f'{where}: {what} {CLASSES}, "{listed[by_place[name]]}"'
        raise CorruptError(what, f"If the labels are names, remove {CLASSES}; else change them")
    return by_name


def is_exported(folder: Path) -> bool:
    """Return whether a folder is an export, whose numbers are places in its list of names."""
    return (folder / MARKER).exists()


def is_small_number(name: str) -> bool:
    """Return whether a label can be kept as a class number."""
    return re.fullmatch(SMALL_NUMBER, name) is not None and int(name) < MAX_CLASSES


def numbered_classes(
    where: Path, parts: Iterable[Part], listed: tuple[str, ...] | None
) -> tuple[str, ...]:
    """Name the classes of numeric labels: from the list, or by the numbers.

    Raises: CorruptError if a label is beyond the list.
    """
    highest = max((int(part.labels.max(initial=0)) for part in parts), default=0)
    if listed is None:
        return tuple(map(str, range(highest + 1)))
    if highest >= len(listed):
        raise CorruptError(
            f"{where}: label {highest} is beyond the {len(listed)} class names, counted from 0",
            "Name all classes, or none",
        )
    return listed


def folder_names(classes: Sequence[str]) -> list[str]:
    """Name a folder for each class: by its name if that is safe, or its number.

    Small and capital letters are the same on some systems, and some characters are reserved.
    """
    safe = all(
        SAFE_NAME.fullmatch(name)
        and not is_device_name(name)
        and not set(name) & UNSAFE_LETTERS
        and not is_litter(name)
        for name in classes
    )
    are_apart = len({name.lower() for name in classes}) == len(classes)
    return list(classes) if safe and are_apart else list(map(str, range(len(classes))))
