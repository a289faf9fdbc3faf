"""Tables in ARFF and parquet: pixels in the order of their names, pictures in a column."""

import gzip
import io
import json
from decimal import Decimal

import numpy as np
import pytest
from PIL import Image

from pipeline.errors import CorruptError, MissingError, ProjectError
from pipeline.formats.arrays.unlabelled import read_array_images
from pipeline.formats.source import ReadOptions
from pipeline.formats.tables.columns import choose_columns
from tests.support.array_sources import read_all

pa = pytest.importorskip("pyarrow")
pq = pytest.importorskip("pyarrow.parquet")

RNG = np.random.default_rng(6)
X = RNG.integers(0, 256, (6, 28, 28), np.uint8)
Y = np.array([3, 1, 4, 1, 0, 2], np.uint8)
ROWS = X.reshape(6, 784)
NUMBERED = [f"pixel{i}" for i in range(784)]


def check(found, split=None, count=6, start=0):
    assert np.array_equal(found[split][0], X[start : start + count])
    assert np.array_equal(found[split][1], Y[start : start + count])


def arff(names, types, rows, head="% made by hand\n\n"):
    lines = [f"@attribute {name} {kind}" for name, kind in zip(names, types, strict=True)]
    data = [",".join(map(str, row)) for row in rows]
    return "\n".join([f"{head}@RELATION 'a b'", *lines, "@data", "% here", *data, ""]).encode()


REAL = ["REAL"] * 784
LAST = arff([*NUMBERED, "class"], [*REAL, "{0,1,2,3,4}"], np.c_[ROWS, Y])
ORDER = sorted(range(784), key=str)
ARFF_FILES = {
    "OpenML's": LAST,
    "label first": arff(["class", *NUMBERED], ["{0,1,2,3,4}", *REAL], np.c_[Y, ROWS]),
    "whole floats": arff([*NUMBERED, "'class'"], [*REAL, "numeric"], np.c_[ROWS, Y].astype(float)),
    "columns in the order of texts": arff(
        [*(NUMBERED[i] for i in ORDER), "class"], [*REAL, "{0,1,2,3,4}"], np.c_[ROWS[:, ORDER], Y]
    ),
    "quotes": LAST.replace(b"{0,1,2,3,4}", b"{'0','1', '2','3','4'}"),
    "a comment behind the classes": LAST.replace(b"{0,1,2,3,4}", b"{0,1,2,3,4} % of digits"),
    "Windows": LAST.replace(b"\n", b"\r\n"),
    "gzipped": gzip.compress(LAST),
}


@pytest.mark.parametrize("kind", ARFF_FILES)
def test_arff_is_read(kind, tmp_path):
    path = tmp_path / "mnist_784.arff"
    path.write_bytes(ARFF_FILES[kind])
    source, found = read_all(path)
    check(found)
    assert [float(name) for name in source.classes] == [0, 1, 2, 3, 4]


def test_arff_keeps_the_names_of_classes_in_their_order(tmp_path):
    names = ["it's", "T shirt", "bag", "a,b", "boot"]
    quoted = [f'"{name}"' for name in names]
    rows = [[*row, quoted[label]] for row, label in zip(ROWS.tolist(), Y, strict=True)]
    kinds = [*REAL, "{" + ", ".join(quoted) + "}"]
    (tmp_path / "a.arff").write_bytes(arff([*NUMBERED, "kind"], kinds, rows))
    source, found = read_all(tmp_path / "a.arff")
    check(found)
    assert source.classes == tuple(names)


ARFF_FAULTS = {
    "no data": (LAST[: LAST.index(b"@data")], "@DATA not found"),
    "sparse data": (LAST[: LAST.index(b"% here")] + b"{0 5, 3 7}\n", "line 790: sparse data"),
    "a value less": (LAST[:-3], "line 796: 784 values; expected 785"),
    "no number": (LAST[:-5].replace(b"@data\n% here\n", b"@data\n?,"), "line 790: 786 values"),
    "a missing value": (LAST[:-1] + b"\n" + b"?" + b",0" * 784, "a pixel is not a number"),
    "two labels": (
        arff([*NUMBERED, "class", "digit"], [*REAL, "{0}", "{0}"], np.c_[ROWS, Y, Y]),
        "columns other than pixels: class, digit; expected one named label",
    ),
}


@pytest.mark.parametrize("kind", ARFF_FAULTS)
def test_faults_of_arff_are_named_with_their_line(kind, tmp_path):
    data, message = ARFF_FAULTS[kind]
    (tmp_path / "a.arff").write_bytes(data)
    with pytest.raises(CorruptError, match=message):
        read_all(tmp_path / "a.arff")


@pytest.mark.parametrize(
    "names",
    [
        [f"V{i + 2}" for i in range(784)],
        [f"px.{i:03}" for i in range(784)],
        [f"{i // 28 + 1}x{i % 28 + 1}" for i in range(784)],
        [str(i) for i in range(784)],
    ],
    ids=lambda names: names[0],
)
def test_pixels_are_in_the_order_of_their_numbers(names, tmp_path):
    shuffled = RNG.permutation(784)
    columns = ["id", *(names[i] for i in shuffled), "label"]
    chosen = choose_columns(tmp_path, columns, [True] * 786)
    assert chosen.label == 785
    assert chosen.unused == (0,)
    assert [columns[it] for it in chosen.pixels] == names


def png(pixels):
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, "PNG")
    return buffer.getvalue()


def hugging_face(path, start, stop, names=None, pictures=None):
    pictures = pictures or [png(it) for it in X[start:stop]]
    entries = [{"bytes": it, "path": None} for it in pictures]
    table = pa.table({"image": entries, "label": Y[start:stop].astype(np.int64)})
    if names:
        features = {"image": {"_type": "Image"}, "label": {"names": names, "_type": "ClassLabel"}}
        note = json.dumps({"info": {"features": features}})
        table = table.replace_schema_metadata({"huggingface": note})
    pq.write_table(table, path)
    return path


def test_what_hugging_face_keeps_is_read_shard_by_shard(tmp_path):
    names = ["zero", "one", "two", "three", "four"]
    for number, start in enumerate((0, 2)):
        name = f"train-0000{number}-of-00002.parquet"
        train = hugging_face(tmp_path / name, start, start + 2, names)
    hugging_face(tmp_path / "test-00000-of-00001.parquet", 4, 6, names)
    for path in (tmp_path, train):
        source, found = read_all(path)
        check(found, "train", 4)
        check(found, "test", 2, 4)
        assert source.classes == tuple(names)


PARQUET_TABLES = {
    "pandas's": {"label": Y, **{name: ROWS[:, i] for i, name in enumerate(NUMBERED)}},
    "columns in disorder": {
        **{NUMBERED[i]: ROWS[:, i] / 255 for i in ORDER},
        "class": Y.astype(float),
    },
    "lists": {"image": ROWS.tolist(), "label": Y, "id": np.arange(0.5, 6)},
    "lists of lists": {"image": X.tolist(), "label": [str(it) for it in Y]},
    "bytes": {"image": [png(it) for it in X], "label": Y, "filename": ["a.png"] * 6},
}


@pytest.mark.parametrize("kind", PARQUET_TABLES)
def test_parquet_is_read(kind, tmp_path):
    path = tmp_path / "mnist.parquet"
    pq.write_table(pa.table(PARQUET_TABLES[kind]), path)
    _, found = read_all(path)
    check(found)


def test_pictures_of_other_sizes_are_resized_when_asked(tmp_path):
    large = [png(np.full((56, 56), 9 * i, np.uint8)) for i in range(6)]
    path = hugging_face(tmp_path / "a.parquet", 0, 6, pictures=large)
    with pytest.raises(CorruptError, match=r"row 1: 56x56 pixels; expected 28x28.*--resize"):
        read_all(path)
    _, found = read_all(path, ReadOptions(resize=True))
    assert [set(it.ravel()) for it in found[None][0]] == [{9 * i} for i in range(6)]


@pytest.mark.parametrize(("highest", "full"), [(None, 4080), (8000, 8000)])
def test_deep_pictures_of_all_tables_are_on_one_scale(highest, full, tmp_path):
    deep = X.astype(np.uint16) * 16
    deep[4:] = deep[4:] // 64 * 16  # the test images are fainter
    for name, start, stop in (("train", 0, 4), ("test", 4, 6)):
        files = [png(it) for it in deep[start:stop]]
        hugging_face(tmp_path / f"{name}.parquet", start, stop, pictures=files)
    source, found = read_all(tmp_path, ReadOptions(highest=highest))
    expected = np.rint(deep * (255 / full)).astype(np.uint8)
    assert np.array_equal(np.concatenate([found[it][0] for it in ("train", "test")]), expected)
    assert sum("4080 is taken as full ink" in it for it in source.notes) == (highest is None)
    unlabelled = read_array_images(tmp_path, "parquet", ReadOptions(highest=highest))
    assert np.array_equal(
        sorted(np.concatenate(list(unlabelled)).tolist()), sorted(expected.tolist())
    )


@pytest.mark.parametrize("kind", [pa.binary(), pa.large_binary(), pa.binary_view()], ids=str)
def test_images_are_chosen_among_columns_of_pictures_of_any_type(kind, tmp_path):
    pictures = [png(it.reshape(28, 28)) for it in ROWS[:6]]
    columns = {"mask": pa.array(pictures[::-1], kind), "image": pa.array(pictures, kind)}
    pq.write_table(pa.table({**columns, "label": Y[:6]}), tmp_path / "a.parquet")
    source, found = read_all(tmp_path / "a.parquet")
    check(found)
    assert f"{tmp_path / 'a.parquet'}: not used: mask" in source.notes


def test_pictures_that_are_only_named_are_refused(tmp_path):
    table = pa.table({"image": [{"bytes": None, "path": "a.png"}] * 6, "label": Y})
    schema = pa.schema(
        [
            ("image", pa.struct([("bytes", pa.binary()), ("path", pa.string())])),
            ("label", pa.uint8()),
        ]
    )
    pq.write_table(table.cast(schema), tmp_path / "a.parquet")
    with pytest.raises(CorruptError, match=r"row 1: no picture found, perhaps only its path"):
        read_all(tmp_path / "a.parquet")


def test_a_damaged_parquet_file_is_read_or_refused(tmp_path):
    data = hugging_face(tmp_path / "a.parquet", 0, 6).read_bytes()
    path = tmp_path / "b" / "a.parquet"
    path.parent.mkdir()
    for _ in range(60):
        damaged = bytearray(data)
        damaged[RNG.integers(4, len(data))] = RNG.integers(256)
        path.write_bytes(damaged[: RNG.integers(5, 2 * len(data))])
        try:
            read_all(path)
        except ProjectError:
            continue


def test_without_pyarrow_its_extra_is_named(tmp_path, monkeypatch):
    path = hugging_face(tmp_path / "a.parquet", 0, 6)
    monkeypatch.setitem(__import__("sys").modules, "pyarrow", None)
    with pytest.raises(MissingError, match=r"needs the package pyarrow.*parquet\]"):
        read_all(path)


@pytest.mark.parametrize("labels", [[3, 1, None, 1, None, 2], ["a", "b", None, "b", None, "a"]])
def test_a_label_that_is_null_is_named_by_its_row(labels, tmp_path):
    columns = {name: ROWS[:, i] for i, name in enumerate(NUMBERED)}
    pictures = [{"bytes": b"", "path": None}] * 6
    for i, table in enumerate(({"label": labels, **columns}, {"image": pictures, "label": labels})):
        pq.write_table(pa.table(table), tmp_path / f"{i}.parquet")
        with pytest.raises(CorruptError, match="row 3: label is null; 2 of 6 rows have no label"):
            read_all(tmp_path / f"{i}.parquet")


@pytest.mark.parametrize("kind", ["pictures", "columns", "arff"])
def test_a_label_of_an_unusual_name_is_taken_where_it_is_asked_for(kind, tmp_path):
    others = {"id": range(6), "worth": Y, "writer": [0, 0, 1, 1, 2, 2]}
    path = tmp_path / ("a.arff" if kind == "arff" else "a.parquet")
    if kind == "pictures":
        pictures = [{"bytes": png(it), "path": None} for it in X]
        pq.write_table(pa.table({"image": pictures, **others}), path)
    elif kind == "columns":
        columns = {name: ROWS[:, i] for i, name in enumerate(NUMBERED)}
        pq.write_table(pa.table({**columns, **others}), path)
    else:
        rows = np.c_[ROWS, np.array(list(others.values())).T]
        path.write_bytes(arff([*NUMBERED, *others], [*REAL, *["numeric"] * 3], rows))
    with pytest.raises(CorruptError, match=r"than pixels: worth, writer; .* --label-column worth"):
        read_all(path)
    _, found = read_all(path, ReadOptions(label_column="Worth"))
    check(found)


def test_pictures_without_a_label_are_predicted_next_to_others(tmp_path):
    pictures = [{"bytes": png(it), "path": None} for it in X]
    labels = pa.array([None, 1, 2, None, 3, 4])
    pq.write_table(pa.table({"image": pictures, "label": labels}), tmp_path / "a.parquet")
    found = read_array_images(tmp_path / "a.parquet", "parquet", ReadOptions())
    assert np.array_equal(np.concatenate(list(found)), X[[0, 3]])


UNREADABLE = {
    "a null among lists": (
        {"image": [None, *ROWS[1:].tolist()], "label": Y},
        "row 1: image is null",
    ),
    "decimal labels": (
        {"image": ROWS.tolist(), "label": [Decimal(int(it)) for it in Y]},
        "the column label holds decimal.*; expected a whole number or a text",
    ),
}


@pytest.mark.parametrize("kind", UNREADABLE)
def test_columns_that_cannot_be_read_are_named(kind, tmp_path):
    columns, message = UNREADABLE[kind]
    pq.write_table(pa.table(columns), tmp_path / "a.parquet")
    with pytest.raises(CorruptError, match=message):
        read_all(tmp_path / "a.parquet")
