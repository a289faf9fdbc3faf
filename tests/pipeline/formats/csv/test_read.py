"""CSV files are read exactly in any usual form, or refused with a hint."""

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

from pipeline.errors import CorruptError, UsageError
from pipeline.formats.csv.read import CSV, read_csv
from pipeline.formats.import_dataset import ImportOptions, import_dataset
from pipeline.formats.registry import find_format
from pipeline.formats.source import ReadOptions
from pipeline.storage.cache import Cache
from tests.support.csv_kinds import (
    ENCODINGS,
    HEADERS,
    INDEX_NAMES,
    NUMBERS,
    ORDERS,
    Kind,
    csv_bytes,
    small_images,
)
from tests.support.image_sources import images, save

COUNT = 24
NAMES = {
    "digits": [str(i % 5) for i in range(COUNT)],
    "letters": ["ABCDé"[i % 5] for i in range(COUNT)],
}
LABELS = "label", "Class", "DIGIT", "number", "character", "target", "y"


def read(path, **options):
    """Read a CSV file: pixels and class names, in order."""
    source = read_csv(path, ReadOptions(**options))
    (part,) = source.parts
    names = [source.classes[it] for it in part.labels]
    return np.concatenate(list(part.all_images())), names, source.notes


def check(path, pixels, names, **options):
    found, found_names, notes = read(path, **options)
    assert found_names == list(names)
    assert np.array_equal(found, pixels)
    return notes


@st.composite
def kinds(draw):
    """Draw a form of a file that is complete enough to be read."""
    header = draw(st.sampled_from([None, *HEADERS]))
    separator = draw(st.sampled_from(",;\t"))
    numbers = draw(st.sampled_from([it for it in NUMBERS if it != "truth"]))
    decimals = draw(st.sampled_from(".,")) if separator != "," else "."
    return Kind(
        header=header,
        order=draw(st.sampled_from(list(ORDERS))),
        label=draw(st.sampled_from(LABELS)),
        is_last=draw(st.booleans()),
        index=draw(st.none() | st.sampled_from(INDEX_NAMES)),
        numbers=numbers,
        separator=separator,
        decimals=decimals,
        encoding=draw(st.sampled_from(list(ENCODINGS))),
        newline=draw(st.sampled_from(["\n", "\r\n", "\r"])),
        end=draw(st.sampled_from(["", separator])),
        tail=draw(st.sampled_from(["", "\n\n", "  \r\n"])),
        quote=draw(st.sampled_from(["", "", '"'])) if decimals == "." else "",
    )


@settings(max_examples=25)
@given(kind=kinds(), named=st.sampled_from(list(NAMES)), seed=st.integers(0, 9))
def test_a_file_of_any_form_is_read_exactly(kind, named, seed, tmp_path_factory):
    pixels = small_images(seed, COUNT, strays=2)
    path = tmp_path_factory.mktemp("form") / "mine.csv"
    path.write_bytes(csv_bytes(kind, pixels, NAMES[named]))
    check(path, pixels, NAMES[named])


@settings(max_examples=20)
@given(
    is_last=st.booleans(),
    strays=st.integers(0, 6),
    paper=st.sampled_from([0, 255]),
    classes=st.integers(2, 12),
    seed=st.integers(0, 99),
)
def test_the_label_without_a_header_is_found_from_all_rows(
    is_last, strays, paper, classes, seed, tmp_path_factory
):
    pixels = small_images(seed, 60, strays, paper)
    names = [str(it) for it in np.random.default_rng(seed).integers(0, classes, 60)]
    path = tmp_path_factory.mktemp("label") / "mine.csv"
    path.write_bytes(csv_bytes(Kind(header=None, is_last=is_last), pixels, names))
    if len(set(names)) > 1:
        check(path, pixels, names)


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("header", [None, "pixel0"])  # of the training file
@pytest.mark.parametrize("paper", [0, 255])
def test_labels_at_other_ends_of_two_files_are_refused(is_last, header, paper, tmp_path):
    pixels = small_images(0, 60, paper=paper)
    names = [str(i % 10) for i in range(60)]
    ends = {"train": Kind(header=header, is_last=is_last)}
    ends["test"] = Kind(header=None, is_last=not is_last)
    for split, kind in ends.items():
        save(tmp_path / f"{split}.csv", csv_bytes(kind, pixels, names))
    first, last = ("test", "train") if is_last else ("train", "test")
    said = f"{last}.csv: the labels are the last column, but the first one in .*{first}.csv"
    with pytest.raises(CorruptError, match=said):
        read(tmp_path)


@pytest.mark.parametrize("words", [("True", "False"), ("TRUE", "FALSE"), ("true", "false")])
def test_pixels_may_be_truths_as_any_program_writes_them(words, tmp_path):
    pixels = (small_images(0, COUNT) > 0).astype(np.uint8)
    text = csv_bytes(Kind(numbers="truth"), pixels, NAMES["digits"]).decode()
    for word, other in zip(("True", "False"), words, strict=True):
        text = text.replace(word, other)
    check(save(tmp_path / "mine.csv", text.encode()), pixels, NAMES["digits"])


@pytest.mark.parametrize("is_last", [False, True])
def test_noise_in_every_pixel_is_no_label(is_last, tmp_path):
    rng = np.random.default_rng(0)
    for high in (4, 20, 256):
        pixels = rng.integers(0, high, (60, 28, 28)).astype(np.uint8)
        names = [str(i % 10) for i in range(60)]
        data = csv_bytes(Kind(header=None, is_last=is_last), pixels, names)
        check(save(tmp_path / f"{high}.csv", data), pixels, names)


@settings(max_examples=15)
@given(
    is_last=st.booleans(),
    values=st.integers(5, 20),
    seed=st.integers(0, 99),
    both=st.booleans(),
)
def test_dust_in_the_corners_of_clean_images_is_not_clear(
    is_last, values, seed, both, tmp_path_factory
):
    rng, pixels = np.random.default_rng(seed), small_images(seed, 60)
    pixels[:, :4] = pixels[:, -4:] = 0
    for row in (0, -1) if both else (0 if is_last else -1,):
        pixels[:, row, row] = rng.integers(0, values, 60)
    names = [str(it) for it in rng.integers(0, 10, 60)]
    path = tmp_path_factory.mktemp("dust") / "mine.csv"
    path.write_bytes(csv_bytes(Kind(header=None, is_last=is_last), pixels, names))
    place = "last" if is_last else "first"
    check(path, pixels, names, label_column=place)
    with pytest.raises(CorruptError, match="whether the labels are the first or the last column"):
        read(path)


@pytest.mark.parametrize("suffix", ["txt", "dat", "csv"])
@pytest.mark.parametrize("form", ["%.18e", "%d"])
def test_numbers_with_blanks_between_them_as_numpy_saves_them_are_read(suffix, form, tmp_path):
    pixels, names = small_images(0, COUNT), NAMES["digits"]
    rows = np.c_[np.array(names, int), pixels.reshape(COUNT, 784)]
    np.savetxt(tmp_path / f"mine.{suffix}", rows, fmt=form)
    assert find_format(tmp_path / f"mine.{suffix}") is CSV
    found, found_names, _ = read(tmp_path / f"mine.{suffix}", label_column="first")
    assert [float(it) for it in found_names] == [float(it) for it in names]
    assert np.array_equal(found, pixels)


def test_forms_of_lines_that_other_programs_have_are_understood(tmp_path):
    pixels = small_images(0, COUNT)
    header, *rows = csv_bytes(Kind(), pixels, NAMES["digits"]).decode().splitlines()
    numbered = [header, *(f"{i},{row}" for i, row in enumerate(rows, start=1))]
    check(save(tmp_path / "r.csv", "\n".join(numbered).encode()), pixels, NAMES["digits"])
    commented = "\n".join(["# " + header, *rows])
    check(save(tmp_path / "n.csv", commented.encode()), pixels, NAMES["digits"])
    others = {
        "blanks between": "\n".join(row.replace(",", " ") for row in rows),
        "bars between": "\n".join([header, *rows]).replace(",", "|"),
        "Excel's first line": "\n".join(["sep=;", header, *rows]).replace(",", ";"),
        "newlines made twice": "\r\r\n".join([header, *rows]),
        "blanks after commas": "\n".join([header, *rows]).replace(",", ", "),
        "empty lines first": "\n".join(["", "", header, *rows]),
    }
    for number, text in enumerate(others.values()):
        check(save(tmp_path / f"{number}.csv", text.encode()), pixels, NAMES["digits"])
    check(save(tmp_path / "u.csv", commented.encode("utf-16-le")), pixels, NAMES["digits"])


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("header", [None, "pixel0"])
def test_truths_are_pixels_of_0_and_1(header, is_last, tmp_path):
    pixels = small_images(0, COUNT, strays=2) // 128
    data = csv_bytes(Kind(header, is_last=is_last, numbers="truth"), pixels, NAMES["letters"])
    check(save(tmp_path / "a.csv", data), pixels, NAMES["letters"])


@pytest.mark.parametrize("is_last", [False, True])
@pytest.mark.parametrize("header", ["V1", "0"])
def test_columns_that_all_are_numbered_alike_hold_a_label_at_one_end(header, is_last, tmp_path):
    pixels = small_images(0, COUNT)
    lines = csv_bytes(Kind(None, is_last=is_last), pixels, NAMES["digits"]).decode()
    names = [f"V{i + 1}" if header == "V1" else str(i) for i in range(785)]
    path = save(tmp_path / "mine.csv", f"{','.join(names)}\n{lines}".encode())
    check(path, pixels, NAMES["digits"])


def test_what_is_not_clear_is_refused_and_settled_by_an_option(tmp_path):
    pixels = small_images(0, COUNT)
    pixels[:, 0, 0] = pixels[:, -1, -1] = np.arange(COUNT) % 3
    pixels[:, 0, 1:4] = pixels[:, -1, -4:-1] = 7
    lines = csv_bytes(Kind(header=None), pixels, [str(i % 3) for i in range(COUNT)])
    path = save(tmp_path / "mine.csv", lines)
    rows = np.array([line.split(b",") for line in lines.split()], int)
    path.write_bytes(lines.replace(b"\n0,", b"\n0,"))
    first, last = rows[:, 1:].reshape(-1, 28, 28), rows[:, :-1].reshape(-1, 28, 28)
    check(path, first, map(str, rows[:, 0]), label_column="first")
    check(path, last, map(str, rows[:, -1]), label_column="last")
    small = save(tmp_path / "small.csv", b"\n".join([b"0," * 784 + b"0"] * 30))
    with pytest.raises(CorruptError, match="--label-column first or --label-column last"):
        read(small)


def test_a_label_is_taken_by_its_name(tmp_path):
    pixels = small_images(0, COUNT)
    data = csv_bytes(Kind(label="kind of thing"), pixels, NAMES["letters"])
    path = save(tmp_path / "mine.csv", data)
    with pytest.raises(CorruptError, match='--label-column "kind of thing"'):
        read(path)
    check(path, pixels, NAMES["letters"], label_column="Kind of Thing")
    check(path, pixels, NAMES["letters"], label_column="first")
    with pytest.raises(CorruptError, match='"other" not found; other than pixels there is kind of'):
        read(path, label_column="other")


@pytest.mark.parametrize(
    ("kind", "change", "message"),
    [
        (Kind(), ("pixel100", "comment"), "others: comment; missing: pixel100"),
        (Kind(), ("pixel783", "pixel990"), "784 of them named like pixels"),
        (Kind(), ("label,", "label,class,"), "columns other than pixels: label, class"),
        (Kind(label="id"), ("", ""), "no column named label found; the columns are pixels and id"),
        (Kind(), ("\n1,0,", "\n1,0.5,"), 'line 3: column 2 is "0.5"; expected a whole number'),
        (Kind(), ("\n1,0,", "\n1,nan,"), 'line 3: column 2 is "nan"; expected a whole number'),
        (Kind(numbers="share"), ("\n1,0.0,", "\n1,2.0,"), 'line 3: column 2 is "2'),
        (Kind(), ("\n1,0,", "\n1,-1,"), 'line 3: column 2 is "-1"; .* Pixels from -1 to 1'),
        (Kind(None), (",0\n", ",0,0,0,0\n"), "788 values; .* A column for each class"),
        (Kind(separator=";"), ("\n0;", "\n0;x, y;"), "a comma in a text, where a semicolon"),
    ],
)
def test_what_cannot_be_read_is_refused_by_line_and_name(kind, change, message, tmp_path):
    data = csv_bytes(kind, small_images(0, COUNT), NAMES["digits"])
    path = save(tmp_path / "mine.csv", data.replace(change[0].encode(), change[1].encode(), 1))
    with pytest.raises(CorruptError, match=message) as refused:
        read(path)
    assert "no header" not in str(refused.value)


@pytest.mark.parametrize("label", ["", "label"])
def test_an_image_that_pandas_took_for_a_header_is_left_out_and_said(label, tmp_path):
    pixels, names = small_images(0, COUNT), NAMES["digits"]
    header, *rows = csv_bytes(Kind(header=None), pixels, names).splitlines()
    seen = {}
    mangled = []
    for value in header.decode().split(","):
        seen[value] = seen.get(value, -1) + 1
        mangled.append(f"{value}.{seen[value]}" if seen[value] else value)
    mangled[0] = label or mangled[0]
    path = save(tmp_path / "mine.csv", b"\n".join([",".join(mangled).encode(), *rows]))
    notes = check(path, pixels[1:], names[1:])
    assert "not used: line 1, an image that pandas used as column names" in notes[0]


@pytest.mark.parametrize("labels", ["digits", "ids"])
def test_ids_are_no_labels(labels, tmp_path):
    names = list(range(COUNT)) if labels == "ids" else NAMES["digits"]
    path = save(tmp_path / "mine.csv", csv_bytes(Kind(header=None), small_images(0, COUNT), names))
    if labels == "digits":
        check(path, small_images(0, COUNT), names)
        return
    with pytest.raises(CorruptError, match="the first column has a different value in each line"):
        read(path)


@pytest.mark.parametrize("header", [None, "pixel0"])
@pytest.mark.parametrize(
    ("one", "two"),
    [
        ("train_images.csv", "train_labels.csv"),
        ("X_train.csv", "y_train.csv"),
        ("xtrain.csv", "ytrain.csv"),
        ("csvTrainImages 60k x 784.csv", "csvTrainLabel 60k x 1.csv"),
        ("images.csv", "labels.csv"),
    ],
)
def test_images_and_labels_in_two_files_are_read_together(one, two, header, tmp_path):
    pixels, names = small_images(0, COUNT), NAMES["letters"]
    lines = csv_bytes(Kind(header=header), pixels, names).decode().splitlines()
    without = [line.split(",", 1)[1] for line in lines]
    path = save(tmp_path / one, "\n".join(without).encode())
    other = save(tmp_path / two, "\n".join([*(["label"] if header else []), *names]).encode())
    for it in (path, other, tmp_path):
        check(it, pixels, names)
    other.write_text("\n".join(names[:-3]))
    with pytest.raises(CorruptError, match=rf"{two}: 21 labels for the 24 images in .*{one}"):
        read(tmp_path)


def pair_with_ids(folder, pixels, names, ids, order, columns=("id", "id")):
    """Save a file of images and one of labels, whose lines are in another order."""
    rows = [",".join(map(str, it.ravel())) for it in pixels]
    if columns[0] is not None:
        rows = [f"{number},{row}" for number, row in zip(ids, rows, strict=True)]
    names = [names[it] for it in order]
    if columns[1] is not None:
        names = [f"{ids[it]},{name}" for it, name in zip(order, names, strict=True)]
    heads = [[it] if it is not None else [] for it in columns]
    header = ",".join([*heads[0], *(f"pixel{it}" for it in range(784))])
    save(folder / "images.csv", "\n".join([header, *rows]).encode())
    save(folder / "labels.csv", "\n".join([",".join([*heads[1], "label"]), *names]).encode())
    return folder


@settings(max_examples=15)
@given(
    columns=st.sampled_from([("id", "id"), ("Id", "image_id"), ("", ""), ("file", "file")]),
    ids=st.sampled_from([list(range(COUNT)), [f"{it * 7:05}.png" for it in range(COUNT)]]),
    order=st.permutations(range(COUNT)),
)
def test_images_and_labels_with_ids_are_joined_by_them(columns, ids, order, tmp_path_factory):
    pixels, names = small_images(0, COUNT), NAMES["digits"]
    folder = pair_with_ids(tmp_path_factory.mktemp("ids"), pixels, names, ids, order, columns)
    check(folder, pixels, names)


def test_ids_that_differ_are_refused_and_ids_of_one_file_are_said(tmp_path):
    pixels, names, order = small_images(0, COUNT), NAMES["digits"], list(range(COUNT))
    for columns in (("id", None), (None, "id")):
        notes = check(pair_with_ids(tmp_path, pixels, names, order, order, columns), pixels, names)
        assert "the other file has no ids, so lines are paired in order" in notes[0]
    labels = pair_with_ids(tmp_path, pixels, names, order, order[::-1]) / "labels.csv"
    text = labels.read_text()
    labels.write_text(text.replace("\n7,", "\n70,"))
    with pytest.raises(
        CorruptError, match=r'images.csv: line 9: .* has no line with the id "7"; 1 '
    ):
        read(tmp_path)
    labels.write_text(text.replace("\n7,", "\n8,"))
    with pytest.raises(CorruptError, match=r'labels.csv: line 18: the id "8" is also in line 17'):
        read(tmp_path)
    labels.write_text(text + "\n70,1")
    with pytest.raises(CorruptError, match=r'labels.csv: line 26: .* no line with the id "70"'):
        read(tmp_path)


def test_a_label_too_many_is_no_header(tmp_path):
    folder = pair_with_ids(
        tmp_path, small_images(0, COUNT), NAMES["digits"], [], range(COUNT), (None, None)
    )
    (folder / "labels.csv").write_text("\n".join(["1", *NAMES["digits"]]))
    with pytest.raises(CorruptError, match="25 labels for the 24 images"):
        read(folder)


def test_files_of_two_datasets_are_not_joined(tmp_path):
    pixels, folder = small_images(0, COUNT), tmp_path / "a"
    train = save(folder / "train.csv", csv_bytes(Kind(), pixels, NAMES["digits"]))
    test = save(folder / "test.csv", csv_bytes(Kind(), pixels, NAMES["letters"]))
    cache = Cache(tmp_path / "cache", "test")
    for path in (train, folder):
        with pytest.raises(
            CorruptError, match=rf"{test}: 5 classes found only in test .* in {train}"
        ):
            import_dataset(cache, path, "mine", ImportOptions())
    wishes, pictures = ImportOptions(label_column="first"), images(tmp_path / "b")
    with pytest.raises(UsageError, match="label_column applies to tables"):
        import_dataset(cache, pictures, "mine", wishes)


def test_one_split_without_a_header_is_read_as_the_other(tmp_path):
    pixels = small_images(0, COUNT)
    save(tmp_path / "train.csv", csv_bytes(Kind(is_last=True), pixels, NAMES["digits"]))
    tiny = csv_bytes(Kind(header=None, is_last=True), pixels[:2], NAMES["digits"][:2])
    save(tmp_path / "test.csv", tiny)
    source = read_csv(tmp_path, ReadOptions())
    assert [it.labels.tolist() for it in source.parts if it.split == "test"] == [[0, 1]]
