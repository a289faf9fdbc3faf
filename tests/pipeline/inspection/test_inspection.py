"""Reports of `pipeline inspect` agree with the files and with our readers."""

import gzip
import io
import json
import pickle
import pickletools
import subprocess
import sys
import zipfile
from collections import Counter, OrderedDict

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from hypothesis.extra import numpy as npst

from network.runs.checkpoints import parse_npz
from pipeline.commands.inspect import inspect_path
from pipeline.errors import CorruptError, MissingError, StorageError
from pipeline.inspection.files import inspect_file
from pipeline.inspection.unknown import PICTURES
from pipeline.pickles.our_format import pickle_chunks
from pipeline.pickles.safe_load import load_untrusted
from pipeline.storage.idx import idx_bytes, read_idx
from pipeline.storage.pictures import read_picture
from tests.support.attacks import BYPASSES, CALLEES, DIFFERENTIALS, FILES, IMPORTS, PICKLES, PLAIN
from tests.support.image_sources import png

HOSTILE = {name: data for cases in PICKLES.values() for name, data in cases.items()}

# Harmless, though no images: in the corpus for the readers of images and of checkpoints alone.
HARMLESS = {
    *("frame of nothing", "one long text", "a fraction of 100,000 digits"),
    *("npy: version 2", "npz: version 2", "npz: the name '\\x1b[2J.npy'"),
    *("npz: the wrong content for meta", "npz: deep JSON", "npz: a layer of 10**15 outputs"),
    *("torch: a model with plain pickles", "gzip: 20,000 in a row", "IDX: very much times nothing"),
    "gzip: a plain pickle",
}

# Files that `inspect` examines further than the reader, which reads only the harmless part.
STRICTER = {
    *("deep lists with an array", "deep lists of a text", "deep dictionaries"),
    *("npz: a list of more members than there are", "npz: no member", "npz: its end alone"),
    *(f"npz: the name {name!r}" for name in ("../a.npy", "/etc/a.npy", "a/../../a.npy")),
    *(f"npz: the name {name!r}" for name in ("C:\\a.npy", "..\\a.npy")),
}


@pytest.fixture
def inspect(tmp_path):
    def write_and_inspect(data):
        (tmp_path / "file").write_bytes(data)
        return inspect_file(tmp_path / "file")

    return write_and_inspect


def is_read(reader, data, folder):
    (folder / "file").write_bytes(data)
    try:
        reader(folder / "file")
    except CorruptError:
        return False
    return True


def says(report):
    """The text of a report, as people see it."""
    lines = list(report.lines("file"))
    assert all(line.isprintable() for line in lines)  # one line each, without terminal codes
    assert json.loads(json.dumps(report.as_json("file")))["status"] == report.status
    return "\n".join(lines)


@pytest.mark.slow
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_pickle_is_called_so(name, inspect, tmp_path):
    report = inspect(HOSTILE[name])
    assert report.is_plain == (name in HARMLESS)
    assert says(report)
    is_accepted = is_read(load_untrusted, HOSTILE[name], tmp_path)
    assert report.is_plain == (is_accepted and name not in STRICTER)


@pytest.mark.parametrize("name", [*IMPORTS, *BYPASSES, *DIFFERENTIALS])
def test_what_it_would_run_is_named(name, inspect):
    report = inspect(HOSTILE[name])
    assert report.status == "hostile"
    callee = CALLEES.get(name, name.split(" by ")[0])
    assert any(callee in text for text in (*report.imports, *report.calls))


@pytest.mark.parametrize("name", FILES)
def test_a_hostile_file_of_another_format_is_called_so(name, inspect, tmp_path):
    data = FILES[name]()
    report = inspect(data)
    assert says(report)
    kind = name.split(":")[0]
    if kind.startswith("PNG"):
        assert report.is_plain == is_read(lambda path: read_picture(path, PICTURES), data, tmp_path)
        return
    assert report.is_plain == (name in HARMLESS)
    if kind == "npz":  # a file that the checkpoint reader refuses is never plain
        assert report.is_plain == (is_npz(data) and name not in STRICTER)
    if kind == "torch" and report.is_plain:
        assert not is_npz(data)
    if kind in ("gzip", "IDX") and name not in STRICTER and "pickle" not in report.format:
        assert report.is_plain == is_read(read_idx, data, tmp_path)


def is_npz(data):
    try:
        parse_npz(data)
    except Exception:  # noqa: BLE001 - zip and NumPy have many ways to refuse damaged bytes
        return False
    return True


IMAGES = np.arange(2 * 784, dtype=np.uint64).reshape(2, 28, 28).astype(np.uint8)
OURS = b"".join(map(bytes, pickle_chunks([IMAGES], [np.array([3, 4])])))


def saved(save, *arrays, **named):
    buffer = io.BytesIO()
    save(buffer, *arrays, **named)
    return buffer.getvalue()


SOUND = {
    "our own pickle": (OURS, "2 images of 28x28 and 2 labels"),
    "lists of another protocol": (
        pickle.dumps([IMAGES.tolist(), [3, 4]], 4),
        "list of 2\n             list of 2 x 28 x 28 int\n             list of 2 int",
    ),
    "arrays": (pickle.dumps([np.zeros((784, 30)), np.arange(3)], 4), "array of float64 (784, 30)"),
    "arrays of protocol 2": (pickle.dumps(np.zeros((2, 3), "f4"), 2), "array of float32 (2, 3)"),
    "a dictionary": (PLAIN, "dict of 2\n             'weights': list of 2 float\n"),
    "bytes of protocol 2": (pickle.dumps(b"abc", 2), "bytes of 3"),
    "a number": (pickle.dumps(7), "int"),
    "nothing": (pickle.dumps(None), "None"),
    "an npz": (saved(np.savez, a=np.zeros(3)), "a.npy  152 bytes  array of float64 (3,)"),
    "an npy": (saved(np.save, np.zeros((3, 4), "f4")), "array of float32 (3, 4)"),
    "an IDX file": (idx_bytes(IMAGES), "array of uint8 (2, 28, 28)"),
    "a gzipped pickle": (
        gzip.compress(PLAIN),
        "dict of 2\n             'weights': list of 2 float\n",
    ),
    "a picture": (png(IMAGES[0]), "picture of 28x28 pixels"),
    "a gzipped IDX file": (gzip.compress(idx_bytes(IMAGES)), "array of uint8 (2, 28, 28)"),
}


@pytest.mark.parametrize("name", SOUND)
def test_a_sound_file_is_plain_and_what_it_holds_is_told(name, inspect):
    data, held = SOUND[name]
    report = inspect(data)
    assert says(report).startswith(f"file: {report.format}, {len(data):,} bytes\n  holds      ")
    assert held in says(report)
    assert "verdict    plain data: loading it runs nothing" in says(report)


UNREAD = {
    "a set": pickle.dumps({1, 2}),
    "shared lists": pickle.dumps([[1]] * 3),
    "an npz that is compressed": saved(np.savez_compressed, a=np.zeros(3)),
    "npy, gzipped": gzip.compress(saved(np.save, np.zeros(3))),
    "npy of records": saved(np.save, np.zeros(3, "u1,f4")),
    "npy of objects": saved(np.save, np.array([None, 1], object)),
}


@pytest.mark.parametrize("name", UNREAD)
def test_what_is_only_not_read_is_not_called_hostile(name, inspect):
    assert inspect(UNREAD[name]).status == "refused"


def test_our_pickle_of_all_test_images_is_recognised(built_cache):
    report = inspect_file(built_cache.pickle("mnist", "test"))
    assert (report.status, report.holds) == ("plain", ("10,000 images of 28x28 and 10,000 labels",))


UNKNOWN = {
    b"hello world\n": "text",
    b"1,2,3\n": "text",
    b"%PDF-1.7": "PDF document",
    b"\x89HDF\r\n\x1a\n": "HDF5 file",
    b"PAR1\x15\x04": "parquet file",
    b"<!DOCTYPE html>": "web page (HTML)",
    b"\xff": "unknown",
}


@pytest.mark.parametrize("data", UNKNOWN)
def test_what_is_not_looked_into_is_named_and_not_called_damaged(data, inspect):
    report = inspect(data)
    assert (report.format, report.status) == (UNKNOWN[data], "unknown")
    assert inspect(gzip.compress(data)).status == "unknown"


@pytest.mark.parametrize("data", [b"", png(IMAGES[0])[:60]])
def test_nothing_and_half_a_picture_are_damaged(data, inspect):
    assert inspect(data).status == "damaged"


def test_what_no_disassembler_reads_is_followed_all_the_same(inspect):
    name = "a number in another base, before"
    with pytest.raises(ValueError, match="invalid literal"):
        list(pickletools.genops(HOSTILE[name]))
    assert inspect(HOSTILE[name]).calls == ("os.system('touch ran')",)


def test_members_are_listed_with_sizes_and_ratios(inspect):
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.pickle", pickle.dumps([0] * 10_000))
        archive.writestr("readme.txt", "hello")
    report = inspect(buffer.getvalue())
    first, second = report.holds
    assert first.startswith("a.pickle  20,0")
    assert ":1  list of 10,000 int" in first
    assert second.startswith("readme.txt  5 bytes")
    assert (report.status, '"readme.txt": only' in report.verdict) == ("unknown", True)


plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False)
    | st.text()
    | st.binary(min_size=1),
    lambda inner: st.lists(inner) | st.lists(inner).map(tuple) | st.dictionaries(st.text(), inner),
    max_leaves=20,
) | npst.arrays(npst.integer_dtypes() | npst.floating_dtypes(sizes=(32, 64)), (2, 3))


@given(value=plain, protocol=st.integers(0, 5))
def test_plain_data_is_never_called_hostile(value, protocol, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "plain"
    path.write_bytes(pickle.dumps(value, protocol))
    report = inspect_file(path)
    assert report.status == "plain" if protocol >= 2 else report.status in ("plain", "refused")


@given(
    start=st.sampled_from(
        [b"", b"\x80\x04", b"PK\3\4", b"\x1f\x8b\x08\0", b"\0\0\x08\1", b"(cos\n"]
    ),
    rest=st.binary(max_size=200),
)
def test_any_bytes_at_all_are_inspected(start, rest, tmp_path_factory):
    path = tmp_path_factory.getbasetemp() / "any"
    path.write_bytes(start + rest)
    assert says(inspect_file(path))


MUTABLE = [
    [data for data, _ in SOUND.values() if len(data) < 1000],
    [data for data in HOSTILE.values() if len(data) < 1000],
]


def test_whatever_happens_to_a_file_plain_means_that_the_reader_reads_it(tmp_path, amount):
    rng = np.random.default_rng(0)
    counts = Counter()
    path = tmp_path / "file"
    for number in range(amount(1000, 300_000)):
        choice = MUTABLE[number % 2]
        data = bytearray(choice[rng.integers(len(choice))])
        for _ in range(rng.integers(1, 3)):
            position = int(rng.integers(len(data) + 1))
            data[position : position + rng.integers(0, 2)] = rng.bytes(1)
        path.write_bytes(data)
        report = inspect_file(path)
        counts[report.status] += 1
        if report.is_plain and report.format.startswith("pickle"):
            load_untrusted(path)
        assert says(report)
    assert min(counts[status] for status in ("plain", "damaged", "hostile")) > 10


# Loads pickles in every way that Python has, and stops each before it imports something.
ORACLE = """
import io, json, pickle, sys
asked, is_loading = set(), False
def stop(event, arguments):
    if is_loading and event == "pickle.find_class":
        asked.add(".".join(arguments))
        raise RuntimeError
sys.addaudithook(stop)
answers = []
for data in pickle.load(sys.stdin.buffer):
    asked.clear()
    for load, source in (
        (pickle.loads, data), (pickle._loads, data),
        (pickle.load, io.BytesIO(data)), (pickle._load, io.BytesIO(data)),
    ):
        is_loading = True
        try:
            load(source, encoding="latin-1")
        except Exception:
            pass
        is_loading = False
    answers.append(sorted(asked))
print(json.dumps(answers))
"""

OPCODES = [opcode.code.encode("latin-1") for opcode in pickletools.opcodes if opcode.arg is None]
ARGUMENTS = [
    *(
        b"K\1",
        b"J\1\0\0\0",
        b"I0x10\n",
        b"I01\n",
        b"L5L\n",
        b"F1.5\n",
        b"G\0\0\0\0\0\0\0\0",
        b"\x8a\1\5",
    ),
    *(b"S'os'\n", b"Vsystem\n", b"U\2os", b"\x8c\2os", b"X\6\0\0\0system", b"C\2os", b"Pid\n"),
    *(
        b"\x96\1\0\0\0\0\0\0\0a",
        b"q\0",
        b"q\1",
        b"h\0",
        b"h\1",
        b"p0\n",
        b"g0\n",
        b"j\0\0\0\0",
        b"\x82\1",
    ),
    *(b"cos\nsystem\n", b"ios\nsystem\n", b"cmod\xc3\xa8le\nx\n", b"\x80\2", b"\x80\4"),
    *(b"\x95\3\0\0\0\0\0\0\0", b"\x95\x14\0\0\0\0\0\0\0"),
]


def random_programs(count):
    """Build pickles of random opcodes, on a stack that is not empty at first."""
    rng = np.random.default_rng(0)
    opcodes = OPCODES + ARGUMENTS
    for number in range(count):
        chosen = rng.integers(len(opcodes), size=rng.integers(1, 25))
        opening = b"(((]}NN" if number % 2 else b""
        yield opening + b"".join(opcodes[i] for i in chosen) + b"." * (number % 3)


def test_whatever_the_standard_loader_would_import_is_called_hostile(tmp_path, inspect, amount):
    programs = list(random_programs(amount(3000, 300_000)))
    done = subprocess.run(
        [sys.executable, "-c", ORACLE], input=pickle.dumps(programs),
        capture_output=True, check=True, cwd=tmp_path,
    )  # fmt: skip
    asked = json.loads(done.stdout)
    missed = [
        program
        for program, names in zip(programs, asked, strict=True)
        if names and inspect(program).status != "hostile"
    ]
    assert missed == []
    assert sum(map(bool, asked)) > 200


def test_a_missing_file_and_a_folder_are_told_apart(tmp_path):
    with pytest.raises(MissingError, match="nothing not found"):
        inspect_file(tmp_path / "nothing")
    with pytest.raises(StorageError, match="cannot read"):
        inspect_file(tmp_path)


def test_a_large_file_is_not_taken_into_memory(tmp_path):
    with (tmp_path / "file").open("wb") as file:
        file.write(b"\x80\x04")
        file.truncate(1 << 40)  # of which nothing is on the disk
    report = inspect_file(tmp_path / "file")
    assert (report.size, report.status) == (1 << 40, "refused")


def test_the_command_prints_the_report_and_exits_by_it(run_command, run_json, tmp_path):
    path = tmp_path / "trained.pickle"
    inspect = ("pipeline", "inspect", str(path))
    path.write_bytes(b"\x80\x04cposix\nsystem\n\x8c\x0becho hacked\x85R.")
    assert run_command(*inspect, code=4).stdout == (
        f"{path}: pickle, protocol 4, 32 bytes\n"
        "  imports    posix.system\n"
        "  calls      posix.system('echo hacked')\n"
        "  verdict    HOSTILE: loading it with pickle.load would run posix.system('echo hacked'). "
        "This project refuses it.\n"
    )
    answer = run_json(*inspect, code=4)
    assert (answer["status"], answer["calls"]) == ("hostile", ["posix.system('echo hacked')"])
    path.write_bytes(PLAIN)
    assert "plain data" in run_command(*inspect).stdout
    assert run_json(*inspect)["format"] == "pickle, protocol 4"
    path.unlink()
    assert "not found" in run_command(*inspect, code=3).stderr
    assert run_json(*inspect, code=3)["error"]["code"] == 3


@pytest.mark.parametrize("protocol", [0, 2, 4])
def test_an_ordered_dictionary_is_plain_data(protocol, tmp_path):
    path = tmp_path / "a.pickle"
    path.write_bytes(pickle.dumps(OrderedDict(images=np.zeros(3), labels=[1, 2]), protocol))
    report = inspect_file(path)
    assert report.is_plain
    assert report.imports[0] == "collections.OrderedDict"
    path.write_bytes(pickle.dumps({"images": OrderedDict(), "run": print}, protocol))
    assert inspect_file(path).status == "hostile"


def test_plain_data_that_an_import_refuses_is_said_to_be_so(tmp_path):
    np.savez(tmp_path / "a.npz", x=np.full((3, 28, 28), -0.5), y=np.arange(3))
    report = inspect_path(tmp_path / "a.npz")
    assert report.is_plain
    assert report.reads.startswith("no: x: a pixel is -0.5")
    assert next(inspect_path(tmp_path).lines("mine")) == "mine: folder"
