"""Column names of a table of any format: pixels, the label, or ids.

People write the label as label, Digit Name or Klasse, and pixels as pixel0, 1x1, r0c0 or x0_y0.
"""

import re
import unicodedata
from collections.abc import Sequence
from pathlib import Path

from pipeline.datasets.records import IMAGE_SHAPE
from pipeline.errors import CorruptError

HEIGHT, WIDTH = IMAGE_SHAPE
LABEL_WORDS = frozenset(
    [
        *("label", "labels", "class", "classes", "category", "categories", "target", "targets"),
        *("classlabel", "groundtruth", "gt", "answer", "answers", "output", "outputs"),
        *("digit", "digits", "number", "numbers", "character", "characters", "char", "letter"),
        *("letters", "symbol", "symbols", "numeral", "glyph", "y"),
        # German, Dutch, Swedish
        *("klasse", "klassen", "kategorie", "ziffer", "ziffern", "zahl", "zahlen", "buchstabe"),
        *("zeichen", "zielwert", "etikett", "bezeichnung", "cijfer", "klass", "siffra"),
        # Spanish, Portuguese, Italian, French
        *("etiqueta", "etiquetas", "clase", "clases", "classe", "categoria", "digito", "digitos"),
        *("numero", "numeros", "letra", "letras", "rotulo", "rotulos", "alvo", "objetivo"),
        *("etichetta", "etichette", "cifra", "cifre", "lettera", "etiquette", "etiquettes"),
        *("categorie", "chiffre", "chiffres", "lettre", "cible"),
        # Polish, Czech, Turkish, Indonesian
        *("etykieta", "klasa", "cyfra", "liczba", "trida", "cislice", "etiket", "sinif", "rakam"),
        *("kelas", "angka"),
        # Russian, Chinese, Japanese, Korean
        *("метка", "метки", "класс", "цифра", "число", "буква"),
        *("标签", "標籤", "类别", "類別", "数字", "ラベル", "クラス", "라벨", "레이블"),
    ]
)
MORE_WORDS = frozenset(  # with a word for the label, as in "Digit Name", class_id and y_train
    ["name", "names", "id", "true", "train", "test", "text", "value", "code", "num", "n", "of"]
)
MAX_OTHERS = 2  # columns; more may be one for each class
ONLY_ALONE = frozenset(["y", "number", "numbers"])  # labels, but not with any other word
ROLES = re.compile(r"(y)[-_. ]?(true|train|test|valid|val)")
IDS = re.compile(
    r"|(unnamed|column|x|\.\.\.)[:_. ]*[0-9]*(\.[0-9]+)?|(row|image|img|sample)?[-_. ]?(id|ids|idx|"
    r"index|name|names|no|nr|number)|rownames|row|level_0|imageid|(file|path)(_?name)?|filepath"
)
NAMELESS = re.compile(r"|(unnamed|column|x|\.\.\.)[:_. ]*[0-9]*(\.[0-9]+)?")  # an index of pandas
ONE = re.compile(r"(?P<word>.*?)[-_. \[(]*(?P<number>[0-9]{1,5})(?P<end>\.0|[^0-9]*)")
TWO = re.compile(
    r"(?P<word>.*?)[-_. \[(]*(?P<first>[0-9]{1,2})(?P<between>[^0-9]+)(?P<second>[0-9]{1,2})"
    r"(?P<end>[^0-9]*)"
)
ACROSS = re.compile(  # names of the horizontal position
    r"(.*[-_. ]|p|pos|pixel)?(x|c|col|cols|column|w|width|spalte|kolom|kolumn|colonne"
    r"|columna|coluna|colonna|kolumna|столбец|列)"
)
DOWN = re.compile(
    r"[-_., ]*(p|pos|pixel)?(y|r|row|rows|line|h|height|zeile|reihe|rij|rad|ligne|fila|linha|riga"
    r"|wiersz|строка|行)[-_. ]*"
)
OPTION = "--label-column first, last or its name"


def plain_name(name: str) -> str:
    """Return a name in the form for comparisons: lower case, without marks."""
    return unicodedata.normalize("NFC", name).strip("\ufeff# \t'\"").casefold()


def is_label(name: str) -> bool:
    """Return whether a plain name is usual for the label."""
    if is_label_word(name) or ROLES.fullmatch(name):
        return True
    bare = without_accents(name)
    words = [it for it in re.split(r"[\W_]+", bare) if it and not it.isdigit()]
    meant = [it for it in words if it in LABEL_WORDS - ONLY_ALONE]
    return bool(meant) and all(it in LABEL_WORDS | MORE_WORDS for it in words)


def is_label_word(name: str) -> bool:
    """Return whether a plain name is a single word for the label, accented or not."""
    bare = without_accents(name)
    return not {name, bare, re.sub(r"[-_. ]", "", bare)}.isdisjoint(LABEL_WORDS)


def without_accents(name: str) -> str:
    """Remove accents: é becomes e; other alphabets stay."""
    letters = unicodedata.normalize("NFKD", name)
    return "".join(it for it in letters if not unicodedata.combining(it))


def is_id(name: str) -> bool:
    """Return whether a plain name is usual for ids or row numbers, or is empty."""
    return IDS.fullmatch(name) is not None


def find_pixels(names: Sequence[str]) -> list[int]:
    """List the columns of the pixels in order: names that differ in numbers only.

    Names count from 0 or 1, through the whole image (`pixel0`) or by row and column (`1x1`).
    """
    groups: dict[tuple[str, ...], dict[tuple[int, ...], int]] = {}
    for column, name in enumerate(names):
        if match := TWO.fullmatch(name):
            key = int(match["first"]), int(match["second"])
            is_across = ACROSS.fullmatch(match["word"]) and DOWN.fullmatch(match["between"])
            group = match["word"], match["between"], match["end"]
            groups.setdefault(group, {}).setdefault(key[::-1] if is_across else key, column)
        if match := ONE.fullmatch(name):
            alone = int(match["number"])
            groups.setdefault((match["word"], match["end"]), {}).setdefault((alone,), column)
    largest = max(groups.values(), key=len, default={})
    return [column for _, column in sorted(largest.items())]


def have_gaps(names: Sequence[str], columns: Sequence[int]) -> bool:
    """Return whether the numbers in the names of pixels have gaps."""
    found = [ONE.fullmatch(names[it]) for it in columns]
    numbers = {int(it["number"]) for it in found if it}
    if len(numbers) == len(columns):
        if max(numbers) - min(numbers) == len(columns) - 1:
            return False
        pairs = [divmod(it, 100) for it in numbers]  # 0000 to 2727: row and column
    else:
        found = [TWO.fullmatch(names[it]) for it in columns]
        pairs = [(int(it["first"]), int(it["second"])) for it in found if it]
    rows, across = ({pair[axis] for pair in pairs} for axis in (0, 1))
    are_whole = all(max(side) - min(side) < len(side) for side in (rows, across))
    return not are_whole or len(rows) * len(across) != len(columns)


def find_label(
    path: Path, names: Sequence[str], columns: Sequence[int], asked: str | None = None
) -> int | None:
    """Find the label among the columns that are not pixels; None if none can be one.

    Raises: CorruptError if several may be, or none has a usual name.
    """
    if asked is not None:
        return find_asked(path, names, columns, asked)
    found = [it for it in columns if is_label(names[it])]
    plainly = [it for it in found if is_label_word(names[it])]
    for choice in (plainly, found):
        if len(choice) == 1:
            return choice[0]
    others = found or [it for it in columns if not is_id(names[it])]
    if not others:
        return None
    listed = ", ".join(describe(names, it) for it in others[:5])
    what = f"{path}: columns other than pixels: {listed}; expected one named label"
    hint = f"Name it with --label-column {quoted(names[others[0]])}"
    if len(others) > MAX_OTHERS and len(others) == len(columns):
        hint = one_hot_hint(len(others), is_first=others[0] == 0)
    raise CorruptError(what, hint)


def one_hot_hint(count: int, is_first: bool) -> str:
    """Return a hint for importing a table with a column per class."""
    x, y = (f":, {count}:", f":, :{count}") if is_first else (":, :784", ":, 784:")
    return (
        'A column for each class? In Python: a = pandas.read_csv("FILE").to_numpy(float); '
        f'np.savez("mine.npz", x=a[{x}], y=a[{y}]), and import that'
    )


def find_asked(path: Path, names: Sequence[str], columns: Sequence[int], asked: str) -> int:
    """Find the column that the user chose as the label.

    Raises: CorruptError.
    """
    if plain_name(asked) in names:
        return names.index(plain_name(asked))
    if asked in ("first", "last"):
        return 0 if asked == "first" else len(names) - 1
    others = ", ".join(names[it] for it in columns[:9])
    what = f'column "{asked}" not found; other than pixels there is {others or "no column"}'
    raise CorruptError(f"{path}: {what}", f"Give {OPTION}")


def quoted(name: str) -> str:
    """Quote a name for a shell."""
    return f'"{name}"' if re.search(r"[^\w.-]", name) or not name else name


def describe(names: Sequence[str], column: int) -> str:
    """Return a column's name for people, or its position."""
    return names[column][:30] or f"column {column + 1} without a name"
